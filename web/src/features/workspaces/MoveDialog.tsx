import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { ChevronLeft, Folder } from 'lucide-react';
import { useState } from 'react';
import {
  changeItem,
  folderDetails,
  folderItems,
  workspaces,
  type WorkspaceItem,
} from '@/api/workspaces';
import { ErrorPanel } from '@/components/ErrorPanel';
import { Field, Select } from '@/components/Field';
import { FormModal } from '@/components/FormModal';
import { SkeletonRows } from '@/components/Skeleton';
import { toast, toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshWorkspaces } from '@/features/workspaces/refresh';

/** Chooses the workspace and the folder that an object goes to. */
export function MoveDialog({ item, onClose }: { item: WorkspaceItem; onClose(): void }) {
  const [place, setPlace] = useState({ workspace: item.workspace, folder: item.folder });
  const all = useQuery(workspaces());
  const inside = useInfiniteQuery(folderItems(place.workspace, place.folder, '', 'folder'));
  const here = useQuery({ ...folderDetails(place.folder), enabled: place.folder !== '' });
  const before = { workspace: item.workspace, folder: item.folder };
  const move = useAction(async () => {
    await changeItem(item.id, { place });
    await refreshWorkspaces();
    const undo = () =>
      changeItem(item.id, { place: before })
        .then(refreshWorkspaces)
        .catch((error: unknown) => toastError('Could not move it back', error));
    toast({ title: `Moved “${item.name}”`, action: { label: 'Undo', run: undo } });
    onClose();
  });
  const same = place.workspace === item.workspace && place.folder === item.folder;
  const folders = (inside.data?.pages.flatMap((page) => page.items) ?? []).filter(
    (folder) => folder.id !== item.id,
  );
  return (
    <FormModal
      title={`Move “${item.name}”`}
      onClose={onClose}
      onSubmit={() => !same && move.run()}
      submit="Move here"
      busy={move.busy}
      error={move.error}
      disabled={same}
    >
      <Field
        label="Workspace"
        hint={
          place.workspace === item.workspace
            ? undefined
            : 'The members of that workspace see it then, those of this one no longer.'
        }
      >
        {(control) => (
          <Select
            {...control}
            value={place.workspace}
            onChange={(event) => setPlace({ workspace: event.target.value, folder: '' })}
          >
            {all.data
              ?.filter(({ own }) => own.includes('create'))
              .map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
          </Select>
        )}
      </Field>
      <div className="rounded-md border border-line">
        <div className="flex h-9 items-center gap-2 border-b border-line px-2 font-medium">
          {place.folder ? (
            <button
              type="button"
              className="inline-flex items-center gap-1 rounded-sm text-muted hover:text-text"
              onClick={() => {
                const above = here.data?.item.folder ?? '';
                setPlace({ ...place, folder: above });
              }}
            >
              <ChevronLeft size={14} aria-hidden /> Up
            </button>
          ) : null}
          <span className="truncate">
            {place.folder ? (here.data?.item.name ?? '…') : 'Top of the workspace'}
          </span>
        </div>
        <div className="h-44 overflow-y-auto">
          {inside.isPending && <SkeletonRows rows={3} />}
          {inside.isError && <ErrorPanel error={inside.error} retry={inside.refetch} />}
          {inside.data && folders.length === 0 && (
            <p className="p-3 text-muted">No folders in here.</p>
          )}
          <ul>
            {folders.map((folder) => (
              <li key={folder.id}>
                <button
                  type="button"
                  className="flex w-full items-center gap-2 px-3 py-1.5 text-left hover:bg-hover"
                  onClick={() => setPlace({ ...place, folder: folder.id })}
                >
                  <Folder size={14} className="shrink-0 text-faint" aria-hidden />
                  <span className="truncate">{folder.name}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </FormModal>
  );
}
