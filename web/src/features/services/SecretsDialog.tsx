import { useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { clientSecrets, createClientSecret, deleteClientSecret } from '@/api/services';
import type { ClientSecret, ServiceAccount } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { CopyButton } from '@/components/CopyButton';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Select } from '@/components/Field';
import { IconButton } from '@/components/IconButton';
import { Modal } from '@/components/Modal';
import { SkeletonRows } from '@/components/Skeleton';
import { toast, toastError } from '@/components/toasts';

const DAY = 24 * 60 * 60 * 1000; // milliseconds

function Copied({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-panel py-1 pr-1 pl-3">
      <span className="w-24 shrink-0 text-sm text-muted">{label}</span>
      <code className="min-w-0 flex-1 font-mono text-sm break-all">{text}</code>
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
    </div>
  );
}

function SecretRow({ secret, onDelete }: { secret: ClientSecret; onDelete(): void }) {
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-1.5 last:border-0">
      <code className="font-mono text-sm">{secret.prefix}…</code>
      <span className="flex min-w-0 flex-1 flex-wrap gap-x-2 text-sm text-muted">
        <span>
          created <Ago time={secret.created_at} />
        </span>
        {secret.expires_at && (
          <span>
            expires <Ago time={secret.expires_at} />
          </span>
        )}
        <span>
          {secret.last_used_at ? (
            <>
              used <Ago time={secret.last_used_at} />
            </>
          ) : (
            'never used'
          )}
        </span>
      </span>
      <IconButton label={`Delete the secret ${secret.prefix}`} onClick={onDelete}>
        <Trash2 size={14} />
      </IconButton>
    </li>
  );
}

/** The secrets of a service account; a new one is shown once. */
export function SecretsDialog({ account, onClose }: { account: ServiceAccount; onClose(): void }) {
  const list = useQuery(clientSecrets(account.id));
  const [days, setDays] = useState('365');
  const [made, setMade] = useState<string>();
  const [busy, setBusy] = useState(false);
  const create = () => {
    setBusy(true);
    const expires = days && new Date(Date.now() + Number(days) * DAY).toISOString();
    createClientSecret(account.id, expires || undefined)
      .then(({ client_secret }) => {
        setMade(client_secret);
        return list.refetch();
      })
      .catch((error: unknown) => toastError('Could not make a secret', error))
      .finally(() => setBusy(false));
  };
  const remove = (secret: ClientSecret) => {
    deleteClientSecret(account.id, secret.id)
      .then(() => {
        toast({ title: 'Secret deleted, its tokens ended', tone: 'success' });
        return list.refetch();
      })
      .catch((error: unknown) => toastError('Could not delete the secret', error));
  };
  return (
    <Modal
      title={`Secrets of ${account.name}`}
      onClose={onClose}
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Copied label="Client id" text={account.client_id} />
      {made && (
        <>
          <p className="rounded-md bg-warning-soft px-3 py-2 text-warning">
            Copy the secret now: it is not shown again.
          </p>
          <Copied label="Secret" text={made} />
        </>
      )}
      {list.isPending && <SkeletonRows rows={2} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Secrets" className="rounded-lg border border-line">
          {list.data.map((secret) => (
            <SecretRow key={secret.id} secret={secret} onDelete={() => remove(secret)} />
          ))}
        </ul>
      )}
      <div className="flex items-center gap-2">
        <Select
          aria-label="Expires"
          className="w-auto!"
          value={days}
          onChange={(event) => setDays(event.target.value)}
        >
          <option value="90">Expires in 90 days</option>
          <option value="365">Expires in a year</option>
          <option value="">Never expires</option>
        </Select>
        <Button busy={busy} onClick={create}>
          New secret
        </Button>
      </div>
    </Modal>
  );
}
