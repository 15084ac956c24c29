import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { documentComments, type DocumentComment } from '@/api/document-talk';
import { watchTopic } from '@/api/events';
import { spanOf } from '@/features/documents/comments/anchors';
import type { DocumentPlace } from '@/features/documents/editor/EditorPage';
import type { EditorHandle, View } from '@/features/documents/editor/handle';
import { paint, unpaint, type Span } from '@/features/documents/editor/highlights';
import { createStore, useStore } from '@/lib/store';

const GUESTS_LOOK = 20_000; // milliseconds between two looks of those who get no events

export interface Placed {
  comment: DocumentComment;
  span: Span | undefined;
}

/** The comments of a document with where they stand now, kept up to date and drawn in the text. */
export function useComments(
  { info, share, reader }: DocumentPlace,
  editor: EditorHandle | undefined,
  open: string | undefined,
) {
  const list = useQuery({
    ...documentComments(info.id, share),
    refetchInterval: reader.signedIn ? false : GUESTS_LOOK,
  });
  const { refetch } = list;
  const signedIn = reader.signedIn;
  useEffect(() => {
    if (!signedIn) return undefined;
    return watchTopic(`document:${info.id}`, (data) => {
      const type = (data as { type?: string } | undefined)?.type;
      if (type === undefined || type === 'comments') void refetch();
    });
  }, [info.id, signedIn, refetch]);
  return { list, placed: usePlaced(list.data, editor, open) };
}

function usePlaced(
  comments: DocumentComment[] | undefined,
  editor: EditorHandle | undefined,
  open: string | undefined,
): Placed[] {
  const version = useVersion(editor);
  const placed = useMemo(
    () =>
      (version < 0 ? [] : (comments ?? [])).map((comment) => ({
        comment,
        span: editor && comment.anchor ? spanOf(comment.anchor, editor.live.text) : undefined,
      })),
    [comments, editor, version],
  );
  useEffect(() => {
    if (!editor) return undefined;
    const shown = placed.filter(({ comment, span }) => span && !comment.resolved_at);
    const spans = (one: boolean) =>
      shown.filter(({ comment }) => (comment.id === open) === one).map(({ span }) => span!);
    paint(editor.quill, 'ob-comment', spans(false));
    paint(editor.quill, 'ob-comment-open', spans(true));
    return () => unpaint('ob-comment', 'ob-comment-open');
  }, [editor, placed, open]);
  return placed;
}

const NOTHING = createStore<View>({ range: undefined, formats: {}, focused: false, version: 0 });
/** Grows with each change of the text. */
const useVersion = (editor: EditorHandle | undefined): number =>
  useStore(editor?.view ?? NOTHING, (view) => view.version);
