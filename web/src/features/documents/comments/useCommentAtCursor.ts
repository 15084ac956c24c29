import { useEffect, useEffectEvent } from 'react';
import type { Placed } from '@/features/documents/comments/useComments';
import type { EditorHandle } from '@/features/documents/editor/handle';

/** Opens the comment on the words that are clicked. */
export function useCommentAtCursor(
  editor: EditorHandle | undefined,
  placed: readonly Placed[],
  open: (comment: string) => void,
): void {
  const clicked = useEffectEvent(() => {
    const range = editor?.quill.selection.lastRange;
    if (!range || range.length > 0) return;
    const at = range.index;
    const found = placed.findLast(
      ({ comment, span }) =>
        span && !comment.resolved_at && span.index <= at && at < span.index + span.length,
    );
    if (found) open(found.comment.id);
  });
  useEffect(() => {
    const root = editor?.quill.root;
    // The editor notices where the cursor went only after this event.
    const listener = () => setTimeout(clicked);
    root?.addEventListener('click', listener);
    return () => root?.removeEventListener('click', listener);
  }, [editor]);
}
