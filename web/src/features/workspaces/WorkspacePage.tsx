import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Archive, ArchiveRestore, Pencil, Settings2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { changeWorkspace, deleteWorkspace, workspace, type Workspace } from '@/api/workspaces';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Menu } from '@/components/Menu';
import { PageHeader } from '@/components/PageHeader';
import { SkeletonRows } from '@/components/Skeleton';
import { TabBar } from '@/components/TabBar';
import { toast, toastError } from '@/components/toasts';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { ContentTab } from '@/features/workspaces/ContentTab';
import { MembersTab } from '@/features/workspaces/MembersTab';
import { NameDialog } from '@/features/workspaces/NameDialog';
import { refreshWorkspaces } from '@/features/workspaces/refresh';
import { useTitle } from '@/lib/hooks';

function Manage({ item }: { item: Workspace }) {
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<'rename' | 'delete'>();
  const archived = Boolean(item.archived_at);
  const archive = (wanted: boolean) =>
    changeWorkspace(item.id, { archived: wanted })
      .then(refreshWorkspaces)
      .then(() =>
        toast({
          title: wanted ? `Archived “${item.name}”` : `Restored “${item.name}”`,
          ...(wanted && { action: { label: 'Undo', run: () => void archive(false) } }),
        }),
      )
      .catch((error: unknown) => toastError('Could not change the workspace', error));
  return (
    <>
      <Menu
        items={[
          {
            label: 'Rename',
            icon: <Pencil size={14} />,
            onSelect: () => setDialog('rename'),
          },
          archived
            ? {
                label: 'Restore',
                icon: <ArchiveRestore size={14} />,
                onSelect: () => void archive(false),
              }
            : {
                label: 'Archive',
                icon: <Archive size={14} />,
                onSelect: () => void archive(true),
              },
          {
            label: 'Delete',
            icon: <Trash2 size={14} />,
            danger: true,
            separated: true,
            disabled: !archived,
            onSelect: () => setDialog('delete'),
          },
        ]}
      >
        <Button icon={<Settings2 size={14} />}>Manage</Button>
      </Menu>
      {dialog === 'rename' && (
        <NameDialog
          title="Rename workspace"
          submit="Save"
          name={item.name}
          text={item.text}
          onClose={() => setDialog(undefined)}
          onSave={(name, text) => changeWorkspace(item.id, { name, text }).then(refreshWorkspaces)}
        />
      )}
      {dialog === 'delete' && (
        <ConfirmModal
          title={`Delete ${item.name}?`}
          action="Delete"
          typed={item.name}
          onClose={() => setDialog(undefined)}
          onConfirm={async () => {
            await deleteWorkspace(item.id);
            await navigate({ to: '/workspaces' });
            await refreshWorkspaces();
          }}
        >
          <p className="text-muted">
            All its folders and what is in them are deleted for everybody. Catalogs have to be moved
            or dropped before. This cannot be undone.
          </p>
        </ConfirmModal>
      )}
    </>
  );
}

/** One workspace: what lies in it, and who works there. */
export function WorkspacePage() {
  const { workspace: id } = useParams({ from: '/shell/workspaces/$workspace' });
  const { folder = '', tab = 'content' } = useSearch({ from: '/shell/workspaces/$workspace' });
  const navigate = useNavigate({ from: '/workspaces/$workspace' });
  const found = useQuery(workspace(id));
  useTitle(found.data?.name ?? 'Workspace');
  const item = found.data;
  // A folder may be shared with somebody who is no member of its workspace.
  if (!item && found.isError && folder)
    return (
      <>
        <PageHeader
          crumbs={[{ label: 'Workspaces', to: '/workspaces' }, { label: 'Shared with you' }]}
        />
        <ContentTab key={folder} workspace={{ id, own: [] }} folder={folder} />
      </>
    );
  return (
    <>
      <PageHeader
        crumbs={[{ label: 'Workspaces', to: '/workspaces' }, { label: item?.name ?? '…' }]}
      >
        {item?.archived_at && <Badge tone="warning">Archived</Badge>}
        {item?.own.includes('manage') && <Manage item={item} />}
      </PageHeader>
      {found.isPending && <SkeletonRows rows={5} />}
      {found.isError && (
        <>
          <ErrorPanel
            error={found.error}
            retry={found.refetch}
            instead={{ label: 'Show all workspaces', to: '/workspaces' }}
          />
          <RequestAccess secured={{ type: 'workspace', object: id }} error={found.error} />
        </>
      )}
      {item && (
        <>
          {item.text && (
            <p className="border-b border-line px-4 py-2 text-muted wrap-anywhere">{item.text}</p>
          )}
          <TabBar
            label="Workspace"
            tabs={[
              { id: 'content', label: 'Content' },
              { id: 'members', label: 'Members' },
            ]}
            selected={tab}
            onSelect={(next) => void navigate({ search: next === 'content' ? {} : { tab: next } })}
          />
          <div role="tabpanel" className="flex min-h-0 flex-1 flex-col overflow-y-auto">
            {tab === 'content' ? (
              <ContentTab key={folder} workspace={item} folder={folder} />
            ) : (
              <MembersTab workspace={item} />
            )}
          </div>
        </>
      )}
    </>
  );
}
