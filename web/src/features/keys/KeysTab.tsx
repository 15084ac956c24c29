import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { apiKeys, deleteKey } from '@/api/account';
import type { ApiKey } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { CreateKeyDialog } from '@/features/keys/CreateKeyDialog';
import { scopesText } from '@/features/keys/scopes';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['keys'] });

function KeyRow({ item, now, onDelete }: { item: ApiKey; now: number; onDelete(): void }) {
  const expired = item.expires_at !== undefined && Date.parse(item.expires_at) < now;
  return (
    <li className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0">
      <KeyRound size={16} className="shrink-0 text-faint" />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{item.name}</span>
        <span className="flex flex-wrap gap-x-2 text-sm text-muted">
          <code className="font-mono">{item.prefix}…</code>
          <span>
            created <Ago time={item.created_at} />
          </span>
          {item.scopes.length > 0 && <span>limited to {scopesText(item.scopes)}</span>}
          {item.expires_at && !expired && (
            <span>
              expires <Ago time={item.expires_at} />
            </span>
          )}
        </span>
      </span>
      {expired && <Badge tone="warning">expired</Badge>}
      <IconButton label={`Delete ${item.name}`} onClick={onDelete}>
        <Trash2 size={14} />
      </IconButton>
    </li>
  );
}

export function KeysTab() {
  const keys = useQuery(apiKeys());
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<ApiKey>();
  const [now] = useState(() => Date.now());
  const create = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setCreating(true)}>
      Create API key
    </Button>
  );
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          A key lets scripts, the command line and other tools act as you. Keep it as secret as a
          password.
        </p>
        {keys.data && keys.data.length > 0 && create}
      </div>
      {keys.isPending && <SkeletonRows rows={3} />}
      {keys.isError && <ErrorPanel error={keys.error} retry={keys.refetch} />}
      {keys.data?.length === 0 && (
        <EmptyState icon={<KeyRound size={28} />} title="No API keys yet" actions={create} />
      )}
      {keys.data && keys.data.length > 0 && (
        <ul className="rounded-lg border border-line">
          {keys.data.map((item) => (
            <KeyRow key={item.id} item={item} now={now} onDelete={() => setDeleting(item)} />
          ))}
        </ul>
      )}
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} onCreated={refresh} />}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteKey(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">What uses this key stops working at once.</p>
        </ConfirmModal>
      )}
    </section>
  );
}
