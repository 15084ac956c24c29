import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Archive, Boxes, Mail, Plus, Users } from 'lucide-react';
import { useState } from 'react';
import {
  answerInvitation,
  createWorkspace,
  ownInvitations,
  sharedItems,
  workspaces,
  type Workspace,
} from '@/api/workspaces';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { Checkbox } from '@/components/Field';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { FormError } from '@/components/FormError';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { useAction } from '@/components/useAction';
import { ItemTable } from '@/features/workspaces/ItemTable';
import { NameDialog } from '@/features/workspaces/NameDialog';
import { refreshWorkspaces } from '@/features/workspaces/refresh';
import { useTitle } from '@/lib/hooks';

function Invitations() {
  const list = useQuery(ownInvitations());
  const answer = useAction(async (id: string, accept: boolean) => {
    await answerInvitation(id, accept);
    await refreshWorkspaces();
  });
  if (!list.data?.length) return null;
  return (
    <section
      aria-label="Invitations"
      className="rounded-lg border border-accent bg-accent-soft p-3"
    >
      <ul className="flex flex-col gap-2">
        {list.data.map((item) => (
          <li key={item.id} className="flex flex-wrap items-center gap-2">
            <Mail size={16} className="shrink-0 text-accent" aria-hidden />
            <span className="min-w-0 flex-1 basis-52">
              {item.invited_by} invites you to <strong>{item.workspace_name}</strong> as {item.role}
              .
            </span>
            <Button
              variant="primary"
              disabled={answer.busy}
              onClick={() => answer.run(item.id, true)}
            >
              Accept
            </Button>
            <Button disabled={answer.busy} onClick={() => answer.run(item.id, false)}>
              Decline
            </Button>
          </li>
        ))}
      </ul>
      <FormError error={answer.error} />
    </section>
  );
}

function Card({ item }: { item: Workspace }) {
  return (
    <li className="flex">
      <Link
        to="/workspaces/$workspace"
        params={{ workspace: item.id }}
        className="flex min-w-0 flex-1 flex-col gap-1 rounded-lg border border-line bg-panel p-3 hover:border-line-strong hover:bg-hover"
      >
        <span className="flex items-center gap-2 font-medium">
          {item.archived_at ? (
            <Archive size={16} className="shrink-0 text-faint" aria-hidden />
          ) : (
            <Boxes size={16} className="shrink-0 text-accent" aria-hidden />
          )}
          <span className="truncate">{item.name}</span>
        </span>
        {item.text && <span className="line-clamp-2 text-sm text-muted">{item.text}</span>}
        <span className="mt-auto pt-1 text-sm text-muted">
          {item.owner} · changed <Ago time={item.updated_at} />
        </span>
      </Link>
    </li>
  );
}

function Shared() {
  const shared = useQuery(sharedItems());
  if (!shared.data?.length) return null;
  return (
    <section className="flex flex-col gap-2">
      <h2 className="flex items-center gap-2 text-lg">
        <Users size={16} className="text-faint" aria-hidden /> Shared with you
      </h2>
      <ItemTable items={shared.data} />
    </section>
  );
}

/** Where teams work: own workspaces, those one is a member of, invitations, what others share. */
export function WorkspacesPage() {
  useTitle('Workspaces');
  const navigate = useNavigate();
  const [archived, setArchived] = useState(false);
  const [creating, setCreating] = useState(false);
  const list = useQuery(workspaces(archived));
  const create = (
    <Button variant="primary" icon={<Plus size={14} />} onClick={() => setCreating(true)}>
      Create workspace
    </Button>
  );
  return (
    <>
      <PageHeader crumbs={[{ label: 'Workspaces' }]}>
        <Checkbox checked={archived} onChange={(event) => setArchived(event.target.checked)}>
          Archived
        </Checkbox>
        {(archived || (list.data?.length ?? 0) > 0) && create}
      </PageHeader>
      <div className="flex min-h-0 flex-1 flex-col gap-6 overflow-y-auto p-4 md:p-6">
        <Invitations />
        {list.isPending && <SkeletonRows rows={4} />}
        {list.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
        {list.data?.length === 0 && !archived && (
          <EmptyState icon={<Boxes size={28} />} title="No workspaces yet" actions={create}>
            A workspace holds catalogs, queries and folders that you share with a team. Its members
            see all that is in it, by their role.
          </EmptyState>
        )}
        {list.data?.length === 0 && archived && (
          <EmptyState icon={<Archive size={28} />} title="Nothing is archived">
            An archived workspace can be read, but nothing in it changes.
          </EmptyState>
        )}
        {list.data && list.data.length > 0 && (
          <ul
            aria-label={archived ? 'Archived workspaces' : 'Workspaces'}
            className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3"
          >
            {list.data.map((item) => (
              <Card key={item.id} item={item} />
            ))}
          </ul>
        )}
        <Shared />
      </div>
      {creating && (
        <NameDialog
          title="Create workspace"
          submit="Create"
          text=""
          onClose={() => setCreating(false)}
          onSave={async (name, text) => {
            const made = await createWorkspace({ name, text });
            await refreshWorkspaces();
            await navigate({ to: '/workspaces/$workspace', params: { workspace: made.id } });
          }}
        />
      )}
    </>
  );
}
