import { request } from '@/api/documents';
import { isInlineImage } from '@/features/documents/editor/image-urls';

// Attachments are read with the session's token, which an <img> does not send.
const loaded = new Map<string, Promise<string>>();
let share: string | undefined;

/** From here on images are read with what a share link gave. */
export function showImagesWith(pass: string | undefined): void {
  share = pass;
}

/** An address at which the page may show it. */
export function imageSource(url: string): Promise<string> {
  if (isInlineImage(url)) return Promise.resolve(url);
  let source = loaded.get(url);
  if (!source) {
    source = request('GET', url, { share })
      .then((response) => response.blob())
      .then((blob) => URL.createObjectURL(blob));
    source.catch(() => loaded.delete(url));
    loaded.set(url, source);
  }
  return source;
}

export function forgetImages(): void {
  for (const source of loaded.values()) source.then(URL.revokeObjectURL).catch(() => undefined);
  loaded.clear();
}
