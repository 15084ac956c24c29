import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { deleteUser, users } from '@/api/account';
import type { User } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { CreateUserDialog } from '@/features/keys/CreateUserDialog';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['users'] });

/** For administrators: who may sign in. */
export function UsersTab({ self }: { self: string }) {
  const list = useQuery(users());
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<User>();
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorPanel error={list.error} retry={list.refetch} />;
  return (
    <section className="flex flex-col gap-4">
      <Button
        variant="primary"
        icon={<Plus size={14} />}
        onClick={() => setCreating(true)}
        className="self-start"
      >
        Add user
      </Button>
      <ul className="rounded-lg border border-line">
        {list.data.map((user) => (
          <li
            key={user.id}
            className="flex items-center gap-3 border-b border-line px-3 py-2 last:border-0"
          >
            <span className="min-w-0 flex-1">
              <span className="flex items-center gap-2 font-medium">
                <span className="truncate">{user.name || user.email}</span>
                {user.admin && <Badge tone="accent">administrator</Badge>}
              </span>
              <span className="block truncate text-sm text-muted">{user.email}</span>
            </span>
            <span className="text-sm text-muted max-sm:hidden">
              <Ago time={user.created_at} />
            </span>
            <IconButton
              label={`Remove ${user.email}`}
              disabled={user.id === self}
              onClick={() => setDeleting(user)}
            >
              <Trash2 size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      {creating && <CreateUserDialog onClose={() => setCreating(false)} onCreated={refresh} />}
      {deleting && (
        <ConfirmModal
          title={`Remove ${deleting.email}?`}
          action="Remove"
          onConfirm={() => deleteUser(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">They can no longer sign in, and their API keys end.</p>
        </ConfirmModal>
      )}
    </section>
  );
}
