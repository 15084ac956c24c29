import { useState } from 'react';
import type { NewComment } from '@/api/document-talk';
import type { Person } from '@/api/documents';
import { Button } from '@/components/Button';
import { FormError } from '@/components/FormError';
import { useAction } from '@/components/useAction';
import { MentionField } from '@/features/documents/comments/MentionField';
import { mentioned } from '@/features/documents/comments/mentions';

interface Props {
  label: string;
  submit: string;
  text?: string;
  people: boolean;
  autoFocus?: boolean;
  onSend(values: NewComment): Promise<unknown>;
  onCancel?(): void;
}

/** Writes a comment, an answer or the change of one. */
export function CommentForm({
  label,
  submit,
  people,
  autoFocus,
  onSend,
  onCancel,
  ...given
}: Props) {
  const [text, setText] = useState(given.text ?? '');
  const [picked, setPicked] = useState<readonly Person[]>([]);
  const send = useAction(async () => {
    const mentions = mentioned(text, picked).map(({ id }) => id);
    await onSend({ text: text.trim(), ...(mentions.length > 0 && { mentions }) });
    setText('');
    setPicked([]);
  });
  const submitText = () => text.trim() && send.run();
  return (
    <form
      className="flex flex-col gap-2"
      onClick={(event) => event.stopPropagation()}
      onSubmit={(event) => {
        event.preventDefault();
        submitText();
      }}
    >
      <MentionField
        label={label}
        placeholder={people ? `${label}… @ mentions people` : `${label}…`}
        people={people}
        autoFocus={autoFocus ?? false}
        value={text}
        picked={picked}
        onChange={(value, chosen) => {
          setText(value);
          setPicked(chosen);
        }}
        onSubmit={submitText}
        {...(onCancel && { onCancel })}
      />
      <FormError error={send.error} />
      {(text || onCancel) && (
        <div className="flex justify-end gap-2">
          {onCancel && (
            <Button variant="ghost" onClick={onCancel}>
              Cancel
            </Button>
          )}
          <Button type="submit" variant="primary" busy={send.busy} disabled={!text.trim()}>
            {submit}
          </Button>
        </div>
      )}
    </form>
  );
}
