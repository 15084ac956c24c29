import { MessageSquarePlus } from 'lucide-react';
import { useState } from 'react';
import { addComment } from '@/api/document-talk';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Select } from '@/components/Field';
import { SkeletonRows } from '@/components/Skeleton';
import { CommentForm } from '@/features/documents/comments/CommentForm';
import { Thread } from '@/features/documents/comments/Thread';
import type { Placed, useComments } from '@/features/documents/comments/useComments';
import type { DocumentPlace } from '@/features/documents/editor/EditorPage';
import { SidePanel } from '@/features/documents/SidePanel';

export interface Draft {
  anchor?: string;
  quote?: string;
}

interface Props {
  place: DocumentPlace;
  comments: ReturnType<typeof useComments>;
  /** What the next comment is about. */
  draft: Draft | undefined;
  onDraft(draft: Draft | undefined): void;
  open: string | undefined;
  onOpen(placed: Placed): void;
  onClose(): void;
}

const order = (a: Placed, b: Placed): number =>
  (a.span?.index ?? Infinity) - (b.span?.index ?? Infinity) ||
  a.comment.created_at.localeCompare(b.comment.created_at);

/** The comments beside the text, in the order of their places. */
export function CommentsPanel(props: Props) {
  const { place, comments, draft, onDraft, open, onOpen, onClose } = props;
  const { info, share, reader } = place;
  const [shown, setShown] = useState<'open' | 'resolved'>('open');
  const { list, placed } = comments;
  const talks = info.access !== 'viewer';
  const threads = placed
    .filter(({ comment }) => (shown === 'resolved') === !!comment.resolved_at)
    .sort(order);
  return (
    <SidePanel
      title="Comments"
      onClose={onClose}
      actions={
        <Select
          aria-label="Which comments"
          className="w-auto!"
          value={shown}
          onChange={(event) => setShown(event.target.value as typeof shown)}
        >
          <option value="open">Open</option>
          <option value="resolved">Resolved</option>
        </Select>
      }
    >
      <div className="flex flex-col gap-3">
        {talks && (
          <div className="flex flex-col gap-2">
            {draft?.quote && (
              <blockquote className="line-clamp-2 border-l-2 border-warning-fill pl-2 text-sm text-muted">
                {draft.quote}
              </blockquote>
            )}
            <CommentForm
              key={draft?.anchor ?? ''}
              label="Comment"
              submit="Comment"
              people={reader.signedIn}
              autoFocus={draft !== undefined}
              {...(draft && { onCancel: () => onDraft(undefined) })}
              onSend={async (values) => {
                await addComment(info.id, { ...values, ...draft }, share);
                onDraft(undefined);
                await list.refetch();
              }}
            />
          </div>
        )}
        {list.isPending && <SkeletonRows rows={3} />}
        {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
        {list.data && threads.length === 0 && (
          <EmptyState
            icon={<MessageSquarePlus size={24} />}
            title={shown === 'open' ? 'No open comments' : 'Nothing was resolved yet'}
          >
            {talks && shown === 'open' && 'Select words in the text to comment on them.'}
          </EmptyState>
        )}
        <ul aria-label="Comments" className="flex flex-col gap-2">
          {threads.map((one) => (
            <Thread
              key={one.comment.id}
              comment={one.comment}
              place={place}
              placed={one.span !== undefined}
              open={one.comment.id === open}
              talks={talks}
              onOpen={() => onOpen(one)}
              onChanged={list.refetch}
            />
          ))}
        </ul>
      </div>
    </SidePanel>
  );
}
