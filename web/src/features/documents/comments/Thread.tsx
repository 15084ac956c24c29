import { Check, Ellipsis, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import {
  changeComment,
  deleteComment,
  replyToComment,
  type DocumentComment,
  type DocumentReply,
} from '@/api/document-talk';
import { Ago } from '@/components/Ago';
import { classes } from '@/components/classes';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { toastError } from '@/components/toasts';
import { CommentForm } from '@/features/documents/comments/CommentForm';
import { parts } from '@/features/documents/comments/mentions';
import type { DocumentPlace } from '@/features/documents/editor/EditorPage';
import { colorOf } from '@/features/documents/editor/people';

function Words({ comment }: { comment: DocumentReply }) {
  return (
    <p className="whitespace-pre-wrap wrap-anywhere">
      {parts(comment.text, comment.mentions).map((part, index) => (
        <span key={index} className={classes(part.mention && 'font-medium text-accent')}>
          {part.text}
        </span>
      ))}
    </p>
  );
}

interface Props {
  comment: DocumentComment;
  place: DocumentPlace;
  /** Whether its place in the text is still there. */
  placed: boolean;
  open: boolean;
  talks: boolean;
  onOpen(): void;
  onChanged(): Promise<unknown>;
}

/** A comment with what was answered. */
export function Thread({ comment, place, placed, open, talks, onOpen, onChanged }: Props) {
  const { info, share, reader } = place;
  const [editing, setEditing] = useState<string>();
  const run = (problem: string, action: () => Promise<unknown>) =>
    void action()
      .then(onChanged)
      .catch((error: unknown) => toastError(problem, error));
  const resolve = (resolved: boolean) =>
    run('Could not change it', () => changeComment(info.id, comment.id, { resolved }, share));
  const entry = (one: DocumentReply) => {
    const own = one.author?.id === reader.id;
    const name = one.author?.name || 'Guest';
    return (
      <div key={one.id} className="flex flex-col gap-1">
        <div className="flex items-center gap-2">
          <span
            aria-hidden
            style={{ backgroundColor: colorOf(one.author?.id ?? '') }}
            className="flex size-5 shrink-0 items-center justify-center rounded-full text-xs font-semibold text-on-accent uppercase"
          >
            {[...name][0]}
          </span>
          <span className="min-w-0 truncate font-medium">{name}</span>
          <span className="flex-1 text-sm text-muted">
            <Ago time={one.created_at} />
            {one.edited_at && ', edited'}
          </span>
          {talks && (own || info.access === 'owner') && (
            <Menu
              items={[
                { label: 'Edit', disabled: !own, onSelect: () => setEditing(one.id) },
                {
                  label: 'Delete',
                  danger: true,
                  onSelect: () =>
                    run('Could not delete it', () => deleteComment(info.id, one.id, share)),
                },
              ]}
            >
              <IconButton small label={`Actions for the comment of ${name}`}>
                <Ellipsis size={14} />
              </IconButton>
            </Menu>
          )}
        </div>
        {editing === one.id ? (
          <CommentForm
            label="Comment"
            submit="Save"
            text={one.text}
            people={false}
            onCancel={() => setEditing(undefined)}
            onSend={async ({ text }) => {
              await changeComment(info.id, one.id, { text }, share);
              await onChanged();
              setEditing(undefined);
            }}
          />
        ) : (
          <Words comment={one} />
        )}
      </div>
    );
  };
  return (
    <li
      aria-label={`Comment of ${comment.author?.name || 'a guest'}`}
      onClick={onOpen}
      className={classes(
        'flex flex-col gap-2 rounded-lg border bg-raised p-3',
        open ? 'border-accent shadow-pop' : 'border-line hover:border-line-strong',
        comment.resolved_at && 'opacity-80',
      )}
    >
      <div className="flex items-start gap-2">
        <blockquote className="line-clamp-2 min-w-0 flex-1 border-l-2 border-warning-fill pl-2 text-sm text-muted">
          {comment.quote ?? 'On the whole document'}
          {comment.quote && !placed && <em className="block">This part was deleted.</em>}
        </blockquote>
        {talks && (
          <IconButton
            small
            label={comment.resolved_at ? 'Open again' : 'Resolve'}
            onClick={() => resolve(!comment.resolved_at)}
          >
            {comment.resolved_at ? <RotateCcw size={14} /> : <Check size={14} />}
          </IconButton>
        )}
      </div>
      {entry(comment)}
      {comment.replies.map(entry)}
      {comment.resolved_at && (
        <p className="text-sm text-muted">
          Resolved by {comment.resolved_by?.name || 'a guest'} <Ago time={comment.resolved_at} />
        </p>
      )}
      {open && talks && !comment.resolved_at && (
        <CommentForm
          label="Reply"
          submit="Reply"
          people={reader.signedIn}
          onSend={async (values) => {
            await replyToComment(info.id, comment.id, values, share);
            await onChanged();
          }}
        />
      )}
    </li>
  );
}
