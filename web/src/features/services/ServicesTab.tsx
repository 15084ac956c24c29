import { useQuery } from '@tanstack/react-query';
import { Bot, Ellipsis, Plus } from 'lucide-react';
import { useState } from 'react';
import {
  changeServiceAccount,
  createServiceAccount,
  deleteServiceAccount,
  serviceAccounts,
} from '@/api/services';
import type { ServiceAccount } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { SecretsDialog } from '@/features/services/SecretsDialog';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['service-accounts'] });

function CreateDialog({
  onClose,
  onCreated,
}: {
  onClose(): void;
  onCreated(account: ServiceAccount): void;
}) {
  const [name, setName] = useState('');
  const create = useAction(async () => {
    const made = await createServiceAccount(name.trim());
    await refresh();
    onCreated(made);
  });
  return (
    <FormModal
      title="Create service account"
      onClose={onClose}
      onSubmit={() => name.trim() && create.run()}
      submit="Create"
      busy={create.busy}
      disabled={!name.trim()}
      error={create.error}
    >
      <Field label="Name" hint="What it does, for example “nightly load”.">
        {(control) => (
          <Input
            {...control}
            autoFocus
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}

interface RowProps {
  account: ServiceAccount;
  onSecrets(): void;
  onDelete(): void;
}

function ServiceRow({ account, onSecrets, onDelete }: RowProps) {
  const toggle = () => {
    changeServiceAccount(account.id, { disabled: !account.disabled })
      .then(refresh)
      .catch((error: unknown) => toastError('That did not work', error));
  };
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <Bot size={16} className="shrink-0 text-faint" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{account.name}</span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          <code className="font-mono">{account.client_id}</code>
          <span>
            created <Ago time={account.created_at} />
          </span>
        </span>
      </span>
      {account.disabled && <Badge tone="warning">disabled</Badge>}
      <Button onClick={onSecrets}>Secrets</Button>
      <Menu
        items={[
          { label: account.disabled ? 'Enable' : 'Disable', onSelect: toggle },
          { label: 'Delete…', danger: true, separated: true, onSelect: onDelete },
        ]}
      >
        <IconButton label={`Actions on ${account.name}`}>
          <Ellipsis size={14} />
        </IconButton>
      </Menu>
    </li>
  );
}

/** For administrators: accounts of programs. */
export function ServicesTab() {
  const list = useQuery(serviceAccounts());
  const [creating, setCreating] = useState(false);
  const [secrets, setSecrets] = useState<ServiceAccount>();
  const [deleting, setDeleting] = useState<ServiceAccount>();
  const create = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setCreating(true)}>
      Create service account
    </Button>
  );
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          Programs that act on nobody’s behalf sign in with a client id and a secret, and hold
          rights of their own.
        </p>
        {list.data && list.data.length > 0 && create}
      </div>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data?.length === 0 && (
        <EmptyState icon={<Bot size={28} />} title="No service accounts yet" actions={create} />
      )}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Service accounts" className="rounded-lg border border-line">
          {list.data.map((account) => (
            <ServiceRow
              key={account.id}
              account={account}
              onSecrets={() => setSecrets(account)}
              onDelete={() => setDeleting(account)}
            />
          ))}
        </ul>
      )}
      {creating && (
        <CreateDialog
          onClose={() => setCreating(false)}
          onCreated={(account) => {
            setCreating(false);
            setSecrets(account);
          }}
        />
      )}
      {secrets && <SecretsDialog account={secrets} onClose={() => setSecrets(undefined)} />}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteServiceAccount(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">Its tokens end at once, and its rights are gone.</p>
        </ConfirmModal>
      )}
    </section>
  );
}
