import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { addMember, groupMembers, removeMember, type Group } from '@/api/permissions';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { nameOf } from '@/features/sharing/privileges';
import { PrincipalLabel } from '@/features/sharing/PrincipalLabel';
import { PrincipalPicker } from '@/features/sharing/PrincipalPicker';

interface Props {
  group: Group;
  refresh(): Promise<unknown>;
}

/** Members of a group, to add and to remove. */
export function GroupMembers({ group, refresh }: Props) {
  const list = useQuery(groupMembers(group.id));
  const change = useAction(async (action: () => Promise<unknown>) => {
    await action();
    await refresh();
  });
  if (list.isPending) return <SkeletonRows rows={2} />;
  if (list.isError) {
    return (
      <div className="px-3 pb-3">
        <FormError error={list.error} />
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-3 px-3 pb-3 md:pl-11">
      {list.data.length === 0 && <p className="text-muted">Nobody is in it yet.</p>}
      <ul aria-label={`Members of ${group.name}`} className="flex flex-col gap-1.5 empty:hidden">
        {list.data.map((member) => (
          <li key={member.id} className="flex items-center justify-between gap-2">
            <PrincipalLabel principal={member} />
            <IconButton
              label={`Take ${nameOf(member)} out of ${group.name}`}
              disabled={change.busy}
              onClick={() => change.run(() => removeMember(group.id, member.id))}
            >
              <X size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
      <PrincipalPicker
        label={`Add to ${group.name}`}
        placeholder="Name, email or group"
        kinds={['user', 'service', 'group']}
        exclude={[group.id, ...list.data.map(({ id }) => id)]}
        onPick={(principal) => change.run(() => addMember(group.id, principal.id))}
      />
      <FormError error={change.error} />
    </div>
  );
}
