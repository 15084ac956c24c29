import Delta from 'quill-delta';
import type Quill from 'quill/core';
import {
  createRelativePositionFromTypeIndex,
  createAbsolutePositionFromRelativePosition,
} from 'yjs';
import { attachFile } from '@/api/documents';
import { messageOf } from '@/api/errors';
import { toast } from '@/components/toasts';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { uuid } from '@/lib/ids';
import { createStore, type Store } from '@/lib/store';

export interface Sending {
  id: string;
  name: string;
  bytes: number;
  sent: number;
  stop(): void;
}
export type Sendings = Store<readonly Sending[]>;
export const createSendings = (): Sendings => createStore<readonly Sending[]>([]);

const IMAGES = /^image\/(png|jpeg|gif|webp)$/;

function insertAt(
  quill: Quill,
  index: number,
  file: File,
  made: Awaited<ReturnType<typeof attachFile>>,
) {
  const at = Math.min(index, quill.getLength() - 1);
  const image = IMAGES.test(file.type);
  const insert = image
    ? { image: made.url }
    : { file: { url: made.url, name: made.name, bytes: made.bytes } };
  const attributes = image ? { alt: made.name } : undefined;
  quill.updateContents(new Delta().retain(at).insert(insert, attributes), 'user');
  quill.setSelection(at + 1, 0, 'silent');
}

/** Sends files and puts them into the text, where the place has gone meanwhile. */
export async function attach(
  editor: EditorHandle,
  sendings: Sendings,
  document: { id: string; share: string | undefined },
  index: number,
  files: readonly File[],
): Promise<void> {
  const { live, quill } = editor;
  const place = createRelativePositionFromTypeIndex(live.text, Math.min(index, live.text.length));
  for (const file of files) {
    const stop = new AbortController();
    const id = uuid();
    const name = file.name || 'file';
    sendings.set((all) => [
      ...all,
      { id, name, bytes: file.size, sent: 0, stop: () => stop.abort() },
    ]);
    try {
      const made = await attachFile(document.id, file, {
        share: document.share,
        signal: stop.signal,
        onProgress: (sent) =>
          sendings.set((all) => all.map((one) => (one.id === id ? { ...one, sent } : one))),
      });
      const at = createAbsolutePositionFromRelativePosition(place, live.doc)?.index ?? index;
      insertAt(quill, at, file, made);
    } catch (error) {
      if (stop.signal.aborted) continue;
      const again = () => void attach(editor, sendings, document, index, [file]);
      toast({
        title: `Could not attach ${name}`,
        detail: messageOf(error),
        tone: 'danger',
        action: { label: 'Try again', run: again },
      });
    } finally {
      sendings.set((all) => all.filter((one) => one.id !== id));
    }
  }
}
