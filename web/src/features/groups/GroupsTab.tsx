import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Trash2, UsersRound } from 'lucide-react';
import { useState } from 'react';
import { createGroup, deleteGroup, groups, renameGroup, type Group } from '@/api/permissions';
import { queryClient } from '@/app/query-client';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { DisclosureButton } from '@/components/DisclosureButton';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Input } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { IconButton } from '@/components/IconButton';
import { SkeletonRows } from '@/components/Skeleton';
import { toast } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { GroupMembers } from '@/features/groups/GroupMembers';
import { formatMany } from '@/lib/format';

/** Who is in what also decides on permissions, and is found by search. */
const refresh = () =>
  Promise.all(
    ['groups', 'principals', 'permissions'].map((key) =>
      queryClient.invalidateQueries({ queryKey: [key] }),
    ),
  );

function NameDialog({ group, onClose }: { group?: Group | undefined; onClose(): void }) {
  const [name, setName] = useState(group?.name ?? '');
  const [tried, setTried] = useState(false);
  const save = useAction(async () => {
    if (group) await renameGroup(group.id, name.trim());
    else await createGroup(name.trim());
    await refresh();
    toast({ title: `${group ? 'Renamed' : 'Created'} ${name.trim()}`, tone: 'success' });
    onClose();
  });
  return (
    <FormModal
      title={group ? `Rename ${group.name}` : 'Create group'}
      description={group ? undefined : 'What is granted to a group holds for all its members.'}
      submit={group ? 'Rename' : 'Create'}
      busy={save.busy}
      error={save.error}
      onSubmit={() => {
        setTried(true);
        if (name.trim()) save.run();
      }}
      onClose={onClose}
    >
      <Field label="Name" error={tried && !name.trim() ? 'Enter a name.' : undefined}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
    </FormModal>
  );
}

interface RowProps {
  group: Group;
  onRename(): void;
  onDelete(): void;
}

function GroupRow({ group, onRename, onDelete }: RowProps) {
  const [open, setOpen] = useState(false);
  return (
    <li className="border-b border-line last:border-0">
      <div className="flex items-center gap-2 px-3 py-2">
        <DisclosureButton
          small
          open={open}
          label={open ? `Hide the members of ${group.name}` : `Show the members of ${group.name}`}
          onToggle={() => setOpen(!open)}
        />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{group.name}</span>
          <span className="block text-sm text-muted">
            {formatMany(group.members, 'member')} · created <Ago time={group.created_at} />
          </span>
        </span>
        <IconButton label={`Rename ${group.name}`} onClick={onRename}>
          <Pencil size={14} />
        </IconButton>
        <IconButton label={`Delete ${group.name}`} onClick={onDelete}>
          <Trash2 size={14} />
        </IconButton>
      </div>
      {open && <GroupMembers group={group} refresh={refresh} />}
    </li>
  );
}

/** For administrators: groups of people, service accounts and groups. */
export function GroupsTab() {
  const list = useQuery(groups());
  const [search, setSearch] = useState('');
  const [naming, setNaming] = useState<{ group?: Group }>();
  const [deleting, setDeleting] = useState<Group>();
  const words = search.trim().toLowerCase();
  const shown = (list.data ?? []).filter(({ name }) => name.toLowerCase().includes(words));
  const create = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setNaming({})}>
      Create group
    </Button>
  );
  return (
    <section className="flex flex-col gap-4">
      {list.isPending && <SkeletonRows rows={3} />}
      {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {list.data?.length === 0 && (
        <EmptyState icon={<UsersRound size={28} />} title="No groups yet" actions={create}>
          Share with a group, and its members have access as long as they are in it.
        </EmptyState>
      )}
      {list.data && list.data.length > 0 && (
        <>
          <div className="flex flex-wrap items-center gap-2">
            <Input
              type="search"
              aria-label="Search groups"
              placeholder="Search groups"
              className="flex-1 md:max-w-80"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
            {create}
          </div>
          {shown.length === 0 ? (
            <EmptyState title="No such groups">None has “{search.trim()}” in its name.</EmptyState>
          ) : (
            <ul aria-label="Groups" className="rounded-lg border border-line">
              {shown.map((group) => (
                <GroupRow
                  key={group.id}
                  group={group}
                  onRename={() => setNaming({ group })}
                  onDelete={() => setDeleting(group)}
                />
              ))}
            </ul>
          )}
        </>
      )}
      {naming && <NameDialog group={naming.group} onClose={() => setNaming(undefined)} />}
      {deleting && (
        <ConfirmModal
          title={`Delete ${deleting.name}?`}
          action="Delete"
          onConfirm={() => deleteGroup(deleting.id).then(refresh)}
          onClose={() => setDeleting(undefined)}
        >
          <p className="text-muted">
            What was granted to it goes with it: its members lose the access that they have only
            through it. This cannot be undone.
          </p>
        </ConfirmModal>
      )}
    </section>
  );
}
