import Delta, { type Op } from 'quill-delta';
import type Quill from 'quill/core';
import {
  createRelativePositionFromTypeIndex,
  createAbsolutePositionFromRelativePosition,
} from 'yjs';
import { attachFile, type Attachment } from '@/api/documents';
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

/** A file on its way into the text. */
export interface Arriving {
  file: File;
  index: number;
  /** How an image looks in the text. */
  attributes?: Op['attributes'];
  /** Whether the cursor goes behind it. */
  leads?: boolean;
}

export const arriving = (index: number, files: readonly File[]): Arriving[] =>
  files.map((file) => ({ file, index, leads: files.length === 1 }));

const AT_ONCE = 3; // files that are sent
const IMAGES = /^image\/(png|jpeg|gif|webp)$/;

function insert(quill: Quill, { file, index, attributes, leads }: Arriving, made: Attachment) {
  const at = Math.min(index, quill.getLength() - 1);
  const change = new Delta().retain(at);
  if (IMAGES.test(file.type)) change.insert({ image: made.url }, { alt: made.name, ...attributes });
  else change.insert({ file: { url: made.url, name: made.name, bytes: made.bytes } });
  quill.updateContents(change, 'user');
  if (leads) quill.setSelection(at + 1, 0, 'silent');
}

/** Sends files and puts them into the text in their order, where their places have gone meanwhile. */
export async function attach(
  editor: EditorHandle,
  sendings: Sendings,
  document: { id: string; share: string | undefined },
  files: readonly Arriving[],
): Promise<void> {
  const { live, quill } = editor;
  const placed = files.map((one) => {
    const index = Math.min(one.index, live.text.length);
    const place = createRelativePositionFromTypeIndex(live.text, index);
    const now = () => createAbsolutePositionFromRelativePosition(place, live.doc)?.index ?? index;
    return () => ({ ...one, index: now() });
  });
  const send = async (now: () => Arriving): Promise<Attachment | undefined> => {
    const { file } = now();
    const stop = new AbortController();
    const id = uuid();
    const name = file.name || 'file';
    sendings.set((all) => [
      ...all,
      { id, name, bytes: file.size, sent: 0, stop: () => stop.abort() },
    ]);
    try {
      return await attachFile(document.id, file, {
        share: document.share,
        signal: stop.signal,
        onProgress: (sent) =>
          sendings.set((all) => all.map((one) => (one.id === id ? { ...one, sent } : one))),
      });
    } catch (error) {
      if (stop.signal.aborted) return undefined;
      toast({
        title: `Could not attach ${name}`,
        detail: messageOf(error),
        tone: 'danger',
        action: { label: 'Try again', run: () => void attach(editor, sendings, document, [now()]) },
      });
      return undefined;
    } finally {
      sendings.set((all) => all.filter((one) => one.id !== id));
    }
  };
  const sent: Promise<Attachment | undefined>[] = [];
  for (const [n, now] of placed.entries())
    sent.push(Promise.resolve(sent[n - AT_ONCE]).then(() => send(now)));
  for (const [n, now] of placed.entries()) {
    const made = await sent[n];
    if (made) insert(quill, now(), made);
  }
}
