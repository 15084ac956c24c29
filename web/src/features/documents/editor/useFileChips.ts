import { useEffect } from 'react';
import { request } from '@/api/documents';
import { toastError } from '@/components/toasts';
import { FileChip } from '@/features/documents/editor/blots';
import type { EditorHandle } from '@/features/documents/editor/handle';
import { isAttachment } from '@/features/documents/editor/image-urls';
import { saveResponse } from '@/lib/download';

async function download(node: HTMLElement, share: string | undefined): Promise<void> {
  const { url, name } = FileChip.value(node) as { url: string; name: string };
  // Only files of documents are asked for with the session's token.
  if (!isAttachment(url)) throw new Error('This is no file of a document.');
  await saveResponse(await request('GET', url, { share }), name);
}

/** A click on a file in the text, or Enter, downloads it. */
export function useFileChips(editor: EditorHandle | undefined, share: string | undefined): void {
  useEffect(() => {
    const root = editor?.quill.root;
    const chosen = (event: MouseEvent | KeyboardEvent) => {
      const node = (event.target as Element).closest<HTMLElement>('.ob-file');
      if (!node || (event instanceof KeyboardEvent && event.key !== 'Enter')) return;
      event.preventDefault();
      download(node, share).catch((error: unknown) => toastError('Could not download it', error));
    };
    root?.addEventListener('click', chosen);
    root?.addEventListener('keydown', chosen);
    return () => {
      root?.removeEventListener('click', chosen);
      root?.removeEventListener('keydown', chosen);
    };
  }, [editor, share]);
}
