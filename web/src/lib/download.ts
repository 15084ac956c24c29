import { saveBlob } from '@/lib/browser';

interface FileHandle {
  createWritable(): Promise<WritableStream<Uint8Array>>;
}
type SavePicker = (options: { suggestedName: string }) => Promise<FileHandle>;

const DIRECT_TO_DISK = 64 * 1024 * 1024; // bytes

/**
 * Saves an answer's body as a file. Large ones go straight to disk where the browser can do that;
 * otherwise the browser gathers them first. Resolves to false when the user cancels.
 */
export async function saveResponse(response: Response, name: string): Promise<boolean> {
  const size = Number(response.headers.get('content-length') ?? 0);
  const picker = (window as unknown as { showSaveFilePicker?: SavePicker }).showSaveFilePicker;
  if (size > DIRECT_TO_DISK && picker && response.body) {
    try {
      const handle = await picker({ suggestedName: name });
      await response.body.pipeTo(await handle.createWritable());
      return true;
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') {
        await response.body.cancel().catch(() => undefined);
        return false;
      }
      throw error;
    }
  }
  saveBlob(await response.blob(), name);
  return true;
}
