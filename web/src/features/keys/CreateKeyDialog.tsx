import { useState } from 'react';
import { createKey } from '@/api/account';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { Field, Input, Select } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { Modal } from '@/components/Modal';
import { useAction } from '@/components/useAction';
import { ScopePicker } from '@/features/keys/ScopePicker';
import { type Choice, scopesOf } from '@/features/keys/scopes';

const DAY = 24 * 60 * 60 * 1000; // milliseconds

interface Props {
  onClose(): void;
  onCreated(): Promise<unknown>;
}

function ShownOnce({ secret, onClose }: { secret: string; onClose(): void }) {
  return (
    <Modal
      title="Your new API key"
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <p className="rounded-md bg-warning-soft px-3 py-2 text-warning">
        Copy it now: it is not shown again.
      </p>
      <div className="flex items-center gap-1 rounded-md border border-line bg-panel py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 font-mono text-sm break-all">{secret}</code>
        <CopyButton text={secret} label="Copy key" />
      </div>
    </Modal>
  );
}

export function CreateKeyDialog({ onClose, onCreated }: Props) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [limited, setLimited] = useState(false);
  const [choice, setChoice] = useState<Choice>({ sql: 'read' });
  const [tried, setTried] = useState(false);
  const scopes = limited ? scopesOf(choice) : [];
  const nothing = limited && scopes.length === 0;
  const [secret, setSecret] = useState<string>();
  const create = useAction(async () => {
    const expires = days && new Date(Date.now() + Number(days) * DAY).toISOString();
    const made = await createKey({
      name: name.trim(),
      ...(expires && { expires_at: expires }),
      ...(limited && { scopes }),
    });
    setSecret(made.key);
    await onCreated();
  });
  if (secret) return <ShownOnce secret={secret} onClose={onClose} />;
  return (
    <FormModal
      title="Create API key"
      onClose={onClose}
      onSubmit={() => {
        setTried(true);
        if (name.trim() && !nothing) create.run();
      }}
      submit="Create"
      busy={create.busy}
      error={create.error}
    >
      <Field
        label="Name"
        hint="What will use it, for example “nightly import”."
        error={tried && !name.trim() ? 'Enter a name.' : undefined}
      >
        {(control) => (
          <Input
            {...control}
            autoFocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label="Expires">
        {(control) => (
          <Select {...control} value={days} onChange={(event) => setDays(event.target.value)}>
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="365">In a year</option>
            <option value="">Never</option>
          </Select>
        )}
      </Field>
      <Field
        label="May do"
        error={tried && nothing ? 'Give access to at least one area.' : undefined}
      >
        {(control) => (
          <Select
            {...control}
            value={limited ? 'limited' : 'all'}
            onChange={(event) => setLimited(event.target.value === 'limited')}
          >
            <option value="all">Everything that you may do</option>
            <option value="limited">Only what you choose</option>
          </Select>
        )}
      </Field>
      {limited && <ScopePicker value={choice} onChange={setChoice} />}
    </FormModal>
  );
}
