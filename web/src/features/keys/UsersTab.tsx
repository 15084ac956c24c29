import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { users } from '@/api/account';
import { queryClient } from '@/app/query-client';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { CreateUserDialog } from '@/features/keys/CreateUserDialog';
import { InvitationsSection } from '@/features/keys/InvitationsSection';
import { UserRow } from '@/features/keys/UserRow';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['users'] });

/** For administrators: who may sign in. */
export function UsersTab({ self }: { self: string }) {
  const list = useQuery(users());
  const [creating, setCreating] = useState(false);
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
          <UserRow key={user.id} user={user} self={user.id === self} refresh={refresh} />
        ))}
      </ul>
      {creating && <CreateUserDialog onClose={() => setCreating(false)} onCreated={refresh} />}
      <InvitationsSection />
    </section>
  );
}
