import { useState } from 'react';
import { ApiError } from '@/api/errors';
import { createApplication, replaceApplication, type Application } from '@/api/oauth';
import { Checkbox, Field, Input, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

interface Props {
  /** The one that is changed; a new one without. */
  application?: Application | undefined;
  onClose(): void;
  onSaved(saved: Application): Promise<unknown>;
}

/** Registers or changes an application that signs people in here. */
export function ApplicationDialog({ application, onClose, onSaved }: Props) {
  const [name, setName] = useState(application?.name ?? '');
  const [uris, setUris] = useState(application?.redirect_uris.join('\n') ?? '');
  const [trusted, setTrusted] = useState(application?.trusted ?? false);
  const [confidential, setConfidential] = useState(application?.confidential ?? true);
  const [tried, setTried] = useState(false);
  const lines = linesOf(uris);
  const save = useAction(async () => {
    const values = { name: name.trim(), redirect_uris: lines, trusted };
    const saved = application
      ? await replaceApplication(application.id, values)
      : await createApplication({ ...values, confidential });
    await onSaved(saved);
    onClose();
    toast({ title: `${application ? 'Changed' : 'Registered'} ${name}`, tone: 'success' });
  });
  const refused = save.error instanceof ApiError ? save.error.field('redirect_uris') : undefined;
  return (
    <FormModal
      title={application ? `Change ${application.name}` : 'Register application'}
      submit={application ? 'Save' : 'Register'}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setTried(true);
        if (name.trim() && lines.length > 0) save.run();
      }}
      onClose={onClose}
    >
      <Field
        label="Name"
        hint="People see it when they decide."
        error={tried && !name.trim() ? 'Enter a name.' : undefined}
      >
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Redirect addresses"
        hint="One a line, compared exactly."
        error={refused ?? (tried && lines.length === 0 ? 'Enter an address.' : undefined)}
      >
        {(control) => (
          <TextArea
            {...control}
            spellCheck={false}
            className="font-mono"
            placeholder="https://hub.example.org/hub/oauth_callback"
            value={uris}
            onChange={(event) => setUris(event.target.value)}
          />
        )}
      </Field>
      {!application && (
        <Checkbox
          checked={confidential}
          onChange={(event) => setConfidential(event.target.checked)}
        >
          It runs on a server and keeps a secret
        </Checkbox>
      )}
      <Checkbox checked={trusted} onChange={(event) => setTrusted(event.target.checked)}>
        It is ours: nobody is asked
      </Checkbox>
    </FormModal>
  );
}
