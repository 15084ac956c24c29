import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { deleteProvider, signInProviders, type SignInProvider } from '@/api/sso';
import { queryClient } from '@/app/query-client';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { ProviderDialog } from '@/features/sso/ProviderDialog';
import { ProviderRow } from '@/features/sso/ProviderRow';
import { ScimDialog } from '@/features/sso/ScimDialog';

const refresh = () =>
  Promise.all(
    ['sign-in-providers', 'offered-providers', 'identities'].map((key) =>
      queryClient.invalidateQueries({ queryKey: [key] }),
    ),
  );

/** For administrators: who vouches for people beside passwords. */
export function SignOnTab() {
  const list = useQuery(signInProviders());
  const [editing, setEditing] = useState<{ provider?: SignInProvider }>();
  const [deleting, setDeleting] = useState<SignInProvider>();
  const [provisioning, setProvisioning] = useState<string>();
  const provisioned = list.data?.find(({ id }) => id === provisioning);
  const add = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setEditing({})}>
      Add provider
    </Button>
  );
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          People can sign in at a provider that you trust instead of with a password.
        </p>
        {list.data && list.data.length > 0 && add}
      </div>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data?.length === 0 && (
        <EmptyState icon={<KeyRound size={28} />} title="No providers yet" actions={add}>
          Add the one where your people have their accounts already.
        </EmptyState>
      )}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Providers" className="rounded-lg border border-line">
          {list.data.map((item) => (
            <ProviderRow
              key={item.id}
              item={item}
              onEdit={() => setEditing({ provider: item })}
              onProvision={() => setProvisioning(item.id)}
              onDelete={() => setDeleting(item)}
            />
          ))}
        </ul>
      )}
      {editing && (
        <ProviderDialog
          provider={editing.provider}
          onClose={() => setEditing(undefined)}
          onSaved={refresh}
        />
      )}
      {provisioned && (
        <ScimDialog
          provider={provisioned}
          onClose={() => setProvisioning(undefined)}
          onChanged={refresh}
        />
      )}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteProvider(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">
            Accounts stay. Whoever signed in with nothing else needs a new password first.
          </p>
        </ConfirmModal>
      )}
    </section>
  );
}
