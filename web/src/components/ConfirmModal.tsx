import { useState, type ReactNode } from 'react';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';

interface Props {
  title: string;
  children?: ReactNode;
  action: string;
  /** When set, the name has to be typed before the action can be taken. */
  typed?: string | undefined;
  onConfirm(): Promise<unknown>;
  onClose(): void;
}

export function ConfirmModal({ title, children, action, typed, onConfirm, onClose }: Props) {
  const [text, setText] = useState('');
  const confirm = useAction(async () => {
    await onConfirm();
    onClose();
  });
  const ready = typed === undefined || text === typed;
  return (
    <FormModal
      title={title}
      onClose={onClose}
      onSubmit={() => ready && confirm.run()}
      submit={action}
      busy={confirm.busy}
      error={confirm.error}
      danger
      disabled={!ready}
    >
      {children}
      {typed !== undefined && (
        <Field
          label={
            <>
              Type <code className="font-mono text-sm">{typed}</code> to confirm
            </>
          }
        >
          {(control) => (
            <Input
              {...control}
              autoFocus
              autoComplete="off"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      )}
    </FormModal>
  );
}
