import { useState, type ReactNode } from 'react';
import { Field, Input, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { useAction } from '@/components/useAction';

interface Props {
  title: string;
  submit: string;
  name?: string;
  /** When given, a description is asked for, too. */
  text?: string;
  hint?: ReactNode;
  onSave(name: string, text: string): Promise<unknown>;
  onClose(): void;
}

/** Asks for a name, and for a description where there is one. */
export function NameDialog({ title, submit, hint, onSave, onClose, ...given }: Props) {
  const [name, setName] = useState(given.name ?? '');
  const [text, setText] = useState(given.text ?? '');
  const [tried, setTried] = useState(false);
  const save = useAction(async () => {
    await onSave(name.trim(), text.trim());
    onClose();
  });
  return (
    <FormModal
      title={title}
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (name.trim()) save.run();
      }}
      submit={submit}
      busy={save.busy}
      error={save.error}
    >
      <Field label="Name" hint={hint} error={tried && !name.trim() ? 'Enter a name.' : undefined}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {given.text !== undefined && (
        <Field label="Description">
          {(control) => (
            <TextArea
              {...control}
              maxLength={4000}
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          )}
        </Field>
      )}
    </FormModal>
  );
}
