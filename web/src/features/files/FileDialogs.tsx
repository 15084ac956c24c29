import { lazy, Suspense } from 'react';
import { deleteDirectory, deleteFile, type VolumeName } from '@/api/files';
import { ConfirmModal } from '@/components/ConfirmModal';
import { toast } from '@/components/toasts';
import { FolderDialog } from '@/features/files/FolderDialog';
import { MoveDialog } from '@/features/files/MoveDialog';
import { refreshFiles } from '@/features/files/refresh';

const MakeTable = lazy(() =>
  import('@/features/files/make-table/MakeTableDialog').then((module) => ({
    default: module.MakeTableDialog,
  })),
);

/** Paths are inside the volume. */
export type FileDialog =
  | { kind: 'folder'; directory: string }
  | { kind: 'move'; path: string }
  | { kind: 'delete'; path: string; directory: boolean }
  | { kind: 'table'; path: string };

interface Props {
  dialog: FileDialog;
  volume: VolumeName;
  append: string | undefined;
  onClose(): void;
}

export function FileDialogs({ dialog, volume, append, onClose }: Props) {
  if (dialog.kind === 'folder') {
    return <FolderDialog volume={volume} directory={dialog.directory} onClose={onClose} />;
  }
  if (dialog.kind === 'move') {
    return <MoveDialog volume={volume} path={dialog.path} onClose={onClose} />;
  }
  if (dialog.kind === 'table') {
    return (
      <Suspense>
        <MakeTable volume={volume} path={dialog.path} append={append} onClose={onClose} />
      </Suspense>
    );
  }
  const { path, directory } = dialog;
  const name = path.split('/').at(-1)!;
  const remove = async () => {
    await (directory ? deleteDirectory(volume, path) : deleteFile(volume, path));
    await refreshFiles();
    toast({ title: `Deleted ${name}`, tone: 'success' });
  };
  return (
    <ConfirmModal
      title={`Delete ${name}?`}
      action="Delete"
      typed={directory ? name : undefined}
      onConfirm={remove}
      onClose={onClose}
    >
      <p className="text-muted">
        {directory
          ? 'The folder and everything in it is deleted. This cannot be undone.'
          : 'The file is deleted. This cannot be undone. Tables made from it stay.'}
      </p>
    </ConfirmModal>
  );
}
