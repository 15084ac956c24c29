import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  FolderInput,
  FolderOpen,
  FolderPlus,
  Pencil,
  Search,
  Trash2,
  UserRoundPlus,
} from 'lucide-react';
import { useState } from 'react';
import type { SecuredType } from '@/api/permissions';
import {
  changeItem,
  createFolder,
  deleteItem,
  folderDetails,
  folderItems,
  type Workspace,
  type WorkspaceItem,
} from '@/api/workspaces';
import { classes } from '@/components/classes';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Input } from '@/components/Field';
import type { MenuItem } from '@/components/Menu';
import { SkeletonRows } from '@/components/Skeleton';
import { RequestAccess } from '@/features/requests/RequestAccess';
import { ShareButton } from '@/features/sharing/ShareButton';
import { openShare } from '@/features/sharing/store';
import { itemHref, ItemTable } from '@/features/workspaces/ItemTable';
import { MoveDialog } from '@/features/workspaces/MoveDialog';
import { NameDialog } from '@/features/workspaces/NameDialog';
import { refreshWorkspaces } from '@/features/workspaces/refresh';
import { useDebounced } from '@/lib/hooks';

type Dialog =
  { kind: 'create' } | { kind: 'rename' | 'move' | 'delete'; item: WorkspaceItem } | undefined;

function Dialogs({
  workspace,
  folder,
  dialog,
  onClose,
}: {
  workspace: string;
  folder: string;
  dialog: NonNullable<Dialog>;
  onClose(): void;
}) {
  if (dialog.kind === 'create')
    return (
      <NameDialog
        title="New folder"
        submit="Create"
        onClose={onClose}
        onSave={(name) => createFolder(workspace, folder, name).then(refreshWorkspaces)}
      />
    );
  const { item } = dialog;
  if (dialog.kind === 'rename')
    return (
      <NameDialog
        title={`Rename “${item.name}”`}
        submit="Rename"
        name={item.name}
        onClose={onClose}
        onSave={(name) => changeItem(item.id, { name }).then(refreshWorkspaces)}
      />
    );
  if (dialog.kind === 'move') return <MoveDialog item={item} onClose={onClose} />;
  return (
    <ConfirmModal
      title={`Delete “${item.name}”?`}
      action="Delete"
      onConfirm={() => deleteItem(item.id, true).then(refreshWorkspaces)}
      onClose={onClose}
    >
      <p className="text-muted">
        {item.type === 'folder'
          ? 'All that is in the folder is deleted with it, for everybody. This cannot be undone.'
          : 'It is deleted for everybody in the workspace. This cannot be undone.'}
      </p>
    </ConfirmModal>
  );
}

/** What lies in a workspace or in one of its folders. */
export function ContentTab({
  workspace,
  folder,
}: {
  workspace: Pick<Workspace, 'id' | 'own' | 'archived_at'>;
  folder: string;
}) {
  const [text, setText] = useState('');
  const search = useDebounced(text.trim(), 200);
  const [dialog, setDialog] = useState<Dialog>();
  const list = useInfiniteQuery(folderItems(workspace.id, folder, search));
  const here = useQuery({ ...folderDetails(folder), enabled: folder !== '' });
  const items = list.data?.pages.flatMap((page) => page.items);
  const writable = workspace.own.includes('write') && !workspace.archived_at;
  const create = writable && (
    <Button icon={<FolderPlus size={14} />} onClick={() => setDialog({ kind: 'create' })}>
      New folder
    </Button>
  );
  const menu = (item: WorkspaceItem): MenuItem[] => [
    {
      label: 'Share',
      icon: <UserRoundPlus size={14} />,
      onSelect: () =>
        openShare({
          secured: { type: item.type as SecuredType, object: item.id },
          name: item.name,
          path: itemHref(item),
        }),
    },
    ...(writable ? changes(item) : []),
  ];
  const changes = (item: WorkspaceItem): MenuItem[] => [
    {
      label: 'Rename',
      icon: <Pencil size={14} />,
      onSelect: () => setDialog({ kind: 'rename', item }),
    },
    {
      label: 'Move',
      icon: <FolderInput size={14} />,
      onSelect: () => setDialog({ kind: 'move', item }),
    },
    {
      label: 'Delete',
      icon: <Trash2 size={14} />,
      danger: true,
      separated: true,
      onSelect: () => setDialog({ kind: 'delete', item }),
    },
  ];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <nav
          aria-label="Folders"
          className={classes(
            'flex min-w-0 flex-1 items-center gap-1 text-muted',
            !folder && 'max-md:hidden',
          )}
        >
          {folder && (
            <Link
              to="/workspaces/$workspace"
              params={{ workspace: workspace.id }}
              search={{}}
              className="rounded-sm hover:text-text hover:underline"
            >
              Top
            </Link>
          )}
          {here.data?.folders.map((above) => (
            <span key={above.id} className="flex min-w-0 items-center gap-1">
              /
              <Link
                to="/workspaces/$workspace"
                params={{ workspace: workspace.id }}
                search={{ folder: above.id }}
                className="truncate rounded-sm hover:text-text hover:underline"
              >
                {above.name}
              </Link>
            </span>
          ))}
          {here.data && <span className="truncate text-text">/ {here.data.item.name}</span>}
        </nav>
        <label className="relative max-md:flex-1">
          <span className="sr-only">Search in this workspace</span>
          <Search
            size={14}
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-2 -translate-y-1/2 text-faint"
          />
          <Input
            type="search"
            className="w-44 pl-7 max-md:w-full"
            placeholder="Search"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {here.data && (
          <ShareButton
            secured={{ type: 'folder', object: folder }}
            name={here.data.item.name}
            path={itemHref(here.data.item)}
          />
        )}
        {create}
      </div>
      {here.isError && (
        <>
          <ErrorPanel error={here.error} retry={here.refetch} />
          <RequestAccess secured={{ type: 'folder', object: folder }} error={here.error} />
        </>
      )}
      {list.isPending && <SkeletonRows rows={5} />}
      {list.isError && !here.isError && <ErrorPanel error={list.error} retry={list.refetch} />}
      {items?.length === 0 && search && (
        <EmptyState icon={<Search size={28} />} title={`Nothing is called “${search}”`} />
      )}
      {items?.length === 0 && !search && (
        <EmptyState
          icon={<FolderOpen size={28} />}
          title={folder ? 'This folder is empty' : 'Nothing in here yet'}
          actions={create}
        >
          Save a query into this workspace from the SQL editor, or make folders to sort things into.
        </EmptyState>
      )}
      {items && items.length > 0 && (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <ItemTable items={items} menu={menu} />
          {list.hasNextPage && (
            <div className="p-3 text-center">
              <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Load more
              </Button>
            </div>
          )}
        </div>
      )}
      {dialog && (
        <Dialogs
          workspace={workspace.id}
          folder={folder}
          dialog={dialog}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}
