import { useQuery } from '@tanstack/react-query';
import { Mail, UserPlus, Users, X } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useNavigate } from '@tanstack/react-router';
import {
  inviteToWorkspace,
  removeMember,
  revokeWorkspaceInvitation,
  roles,
  setMember,
  workspaceInvitations,
  workspaceMembers,
  type Workspace,
  type WorkspaceMember,
} from '@/api/workspaces';
import { session } from '@/api/session';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Input, Select } from '@/components/Field';
import { FormError } from '@/components/FormError';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshWorkspaces } from '@/features/workspaces/refresh';
import { useStore } from '@/lib/store';

function RoleSelect(props: { label: string; value: string; onChange(role: string): void }) {
  const list = useQuery(roles());
  return (
    <Select
      aria-label={props.label}
      className="w-32!"
      value={props.value}
      onChange={(event) => props.onChange(event.target.value)}
    >
      {list.data
        ?.filter(({ id }) => id !== 'owner')
        .map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
    </Select>
  );
}

/** Adds whoever is known at once, and invites an address that is not. */
function AddForm({ workspace }: { workspace: string }) {
  const [who, setWho] = useState('');
  const [role, setRole] = useState('editor');
  const add = useAction(async () => {
    const text = who.trim();
    if (text.includes('@')) {
      await inviteToWorkspace(workspace, { email: text, role });
      toast({ title: `Invited ${text}`, tone: 'success' });
    } else {
      await setMember(workspace, text, role);
    }
    setWho('');
    await refreshWorkspaces();
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (who.trim()) add.run();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-1">
      <div className="flex flex-wrap items-end gap-2">
        <Field
          label="Add people or a group"
          hint="By email they get an invitation; a group is added by its name."
          className="min-w-52 flex-1"
        >
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              placeholder="ann@example.org"
              value={who}
              onChange={(event) => setWho(event.target.value)}
            />
          )}
        </Field>
        <div className="flex gap-2 pb-6">
          <RoleSelect label="Role" value={role} onChange={setRole} />
          <Button
            type="submit"
            icon={<UserPlus size={14} />}
            busy={add.busy}
            disabled={!who.trim()}
          >
            Add
          </Button>
        </div>
      </div>
      <FormError error={add.error} />
    </form>
  );
}

function Row(props: { workspace: Workspace; member: WorkspaceMember; onRemove(): void }) {
  const { workspace, member, onRemove } = props;
  const current = useStore(session);
  const self = current.status === 'signed-in' && current.user.id === member.id;
  const manages = workspace.own.includes('manage') && !workspace.archived_at;
  const change = (role: string) => {
    setMember(workspace.id, member.id, role)
      .then(refreshWorkspaces)
      .catch((error: unknown) => toastError('Could not change the role', error));
  };
  const fixed = member.role === 'owner' && member.id === workspace.owner_id;
  return (
    <li className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 last:border-0">
      {member.kind === 'user' ? (
        <span
          aria-hidden
          className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-sm font-medium text-accent uppercase"
        >
          {member.name.slice(0, 1)}
        </span>
      ) : (
        <Users size={16} className="mx-1.5 shrink-0 text-faint" aria-hidden />
      )}
      <span className="min-w-0 flex-1 basis-36">
        <span className="block truncate font-medium">
          {member.name}
          {self && <span className="text-muted"> (you)</span>}
        </span>
        {member.email && <span className="block truncate text-sm text-muted">{member.email}</span>}
      </span>
      {manages && !fixed ? (
        <RoleSelect label={`Role of ${member.name}`} value={member.role} onChange={change} />
      ) : (
        <span className="text-muted">{member.role_name}</span>
      )}
      {!fixed && (manages || self) && (
        <IconButton label={self ? 'Leave' : `Remove ${member.name}`} onClick={onRemove}>
          <X size={14} />
        </IconButton>
      )}
    </li>
  );
}

function Waiting({ workspace }: { workspace: Workspace }) {
  const list = useQuery(workspaceInvitations(workspace.id));
  const revoke = (id: string) => {
    revokeWorkspaceInvitation(id)
      .then(refreshWorkspaces)
      .catch((error: unknown) => toastError('Could not revoke the invitation', error));
  };
  if (!list.data?.length) return null;
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-lg">Invited</h2>
      <ul aria-label="Invitations" className="rounded-lg border border-line">
        {list.data.map((item) => (
          <li
            key={item.id}
            className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 last:border-0"
          >
            <Mail size={16} className="shrink-0 text-faint" aria-hidden />
            <span className="min-w-0 flex-1 basis-36 truncate">{item.email}</span>
            <span className="text-sm text-muted">
              {item.role} · expires <Ago time={item.expires_at} />
            </span>
            <IconButton label={`Revoke ${item.email}`} onClick={() => revoke(item.id)}>
              <X size={14} />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Who works here, and as what. */
export function MembersTab({ workspace }: { workspace: Workspace }) {
  const list = useQuery(workspaceMembers(workspace.id));
  const [removing, setRemoving] = useState<WorkspaceMember>();
  const navigate = useNavigate();
  const current = useStore(session);
  const manages = workspace.own.includes('manage') && !workspace.archived_at;
  const leaves = removing && current.status === 'signed-in' && current.user.id === removing.id;
  return (
    <div className="flex max-w-[860px] flex-col gap-4 p-4 md:p-6">
      {manages && <AddForm workspace={workspace.id} />}
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data && (
        <ul aria-label="Members" className="rounded-lg border border-line">
          {list.data.map((member) => (
            <Row
              key={member.id}
              workspace={workspace}
              member={member}
              onRemove={() => setRemoving(member)}
            />
          ))}
        </ul>
      )}
      {manages && <Waiting workspace={workspace} />}
      {removing && (
        <ConfirmModal
          title={leaves ? `Leave ${workspace.name}?` : `Remove ${removing.name}?`}
          action={leaves ? 'Leave' : 'Remove'}
          onClose={() => setRemoving(undefined)}
          onConfirm={async () => {
            await removeMember(workspace.id, removing.id);
            await refreshWorkspaces();
            if (leaves) await navigate({ to: '/workspaces' });
          }}
        >
          <p className="text-muted">
            {leaves ? 'You see' : 'They see'} nothing in it any more, but what is shared in other
            ways.
          </p>
        </ConfirmModal>
      )}
    </div>
  );
}
