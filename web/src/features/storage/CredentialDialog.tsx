import { useState } from 'react';
import { ApiError } from '@/api/errors';
import {
  changeStorageCredential,
  createStorageCredential,
  type StorageCredential,
} from '@/api/storage';
import { Field, Input, Select, TextArea } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import {
  givenSecrets,
  linesOf,
  missingSecrets,
  providerOf,
  PROVIDERS,
  type Provider,
  type Secret,
  type Secrets,
} from '@/features/storage/providers';

interface SecretsProps {
  provider: Provider;
  values: Secrets;
  /** There are secrets already, which stay unless new ones are entered. */
  kept: boolean;
  missing: Secret[];
  onChange(values: Secrets): void;
}

function SecretFields({ provider, values, kept, missing, onChange }: SecretsProps) {
  return provider.secrets.map(({ name, label, optional, long }) => {
    const Control = long ? TextArea : Input;
    return (
      <Field
        key={name}
        label={label}
        hint={optional ? 'Optional.' : undefined}
        error={missing.includes(name) ? `Enter the ${label.toLowerCase()}.` : undefined}
      >
        {(control) => (
          <Control
            {...control}
            {...(!long && { type: 'password' })}
            autoComplete="off"
            spellCheck={false}
            placeholder={kept ? 'Empty: as it is' : undefined}
            value={values[name] ?? ''}
            onChange={(event: { target: { value: string } }) =>
              onChange({ ...values, [name]: event.target.value })
            }
          />
        )}
      </Field>
    );
  });
}

interface Props {
  /** The one that is changed; a new one without. */
  credential?: StorageCredential | undefined;
  onClose(): void;
  onSaved(): Promise<unknown>;
}

/** Makes or changes a storage credential; the server asks the stores before it takes it. */
export function CredentialDialog({ credential, onClose, onSaved }: Props) {
  const [name, setName] = useState(credential?.name ?? '');
  const [urls, setUrls] = useState(credential?.urls.join('\n') ?? '');
  const [provider, setProvider] = useState(() => providerOf(credential?.urls[0] ?? ''));
  const [values, setValues] = useState<Secrets>({});
  const [tried, setTried] = useState(false);
  const lines = linesOf(urls);
  const given = givenSecrets(provider, values);
  const missing =
    credential && Object.keys(given).length === 0 ? [] : missingSecrets(provider, given);
  const save = useAction(async () => {
    if (credential) await changeStorageCredential(name, { urls: lines, ...given });
    else await createStorageCredential({ name: name.trim(), urls: lines, ...given });
    await onSaved();
    onClose();
    toast({ title: `${credential ? 'Changed' : 'Created'} ${name}`, tone: 'success' });
  });
  const api = save.error instanceof ApiError ? save.error : undefined;
  const problems = {
    name: api?.field('name') ?? (tried && !name.trim() ? 'Enter a name.' : undefined),
    urls: api?.field('urls') ?? (tried && lines.length === 0 ? 'Enter a URL.' : undefined),
  };
  const submit = () => {
    setTried(true);
    if (name.trim() && lines.length > 0 && missing.length === 0) save.run();
  };
  return (
    <FormModal
      title={credential ? `Change ${credential.name}` : 'Create storage credential'}
      description="External tables may live below its URLs. The store is asked before it is saved."
      submit={credential ? 'Save' : 'Create'}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {!credential && (
        <Field label="Name" error={problems.name}>
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
      )}
      <Field label="Provider">
        {(control) => (
          <Select
            {...control}
            value={provider.id}
            onChange={(event) =>
              setProvider(PROVIDERS.find(({ id }) => id === event.target.value) ?? provider)
            }
          >
            {PROVIDERS.map(({ id, label }) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field
        label="URLs"
        hint={`One a line, such as ${provider.example}. Also with &endpoint= and &path_style=true.`}
        error={problems.urls}
      >
        {(control) => (
          <TextArea
            {...control}
            spellCheck={false}
            className="font-mono"
            value={urls}
            onChange={(event) => setUrls(event.target.value)}
          />
        )}
      </Field>
      <SecretFields
        provider={provider}
        values={values}
        kept={credential !== undefined}
        missing={tried ? missing : []}
        onChange={setValues}
      />
    </FormModal>
  );
}
