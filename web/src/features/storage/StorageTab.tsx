import { useQuery } from '@tanstack/react-query';
import { Cloud, Plus } from 'lucide-react';
import { useState } from 'react';
import { deleteStorageCredential, storageCredentials, type StorageCredential } from '@/api/storage';
import { queryClient } from '@/app/query-client';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { CredentialDialog } from '@/features/storage/CredentialDialog';
import { CredentialRow } from '@/features/storage/CredentialRow';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['storage-credentials'] });

/** For administrators: where in the cloud external tables may live. */
export function StorageTab() {
  const list = useQuery(storageCredentials());
  const [editing, setEditing] = useState<{ credential?: StorageCredential }>();
  const [deleting, setDeleting] = useState<StorageCredential>();
  const create = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setEditing({})}>
      Create credential
    </Button>
  );
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          External tables may live below the URLs of a storage credential. Its secrets are kept
          encrypted and never shown again.
        </p>
        {list.data && list.data.length > 0 && create}
      </div>
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data?.length === 0 && (
        <EmptyState icon={<Cloud size={28} />} title="No storage credentials yet" actions={create}>
          With one, CREATE TABLE … LOCATION 's3://bucket/prefix/table' works below its URLs.
        </EmptyState>
      )}
      {list.data && list.data.length > 0 && (
        <ul aria-label="Storage credentials" className="rounded-lg border border-line">
          {list.data.map((item) => (
            <CredentialRow
              key={item.id}
              item={item}
              onEdit={() => setEditing({ credential: item })}
              onDelete={() => setDeleting(item)}
            />
          ))}
        </ul>
      )}
      {editing && (
        <CredentialDialog
          credential={editing.credential}
          onClose={() => setEditing(undefined)}
          onSaved={refresh}
        />
      )}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteStorageCredential(deleting.name).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">
            No table may lie at its URLs. The objects in the store are not touched.
          </p>
        </ConfirmModal>
      )}
    </section>
  );
}
