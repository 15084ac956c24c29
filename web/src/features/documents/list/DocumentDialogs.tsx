import { useQuery } from '@tanstack/react-query';
import { changeDocument, deleteDocument, type DocumentInfo } from '@/api/documents';
import { changeItem, createFolder, folderDetails, type WorkspaceItem } from '@/api/workspaces';
import { ConfirmModal } from '@/components/ConfirmModal';
import { Modal } from '@/components/Modal';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { refreshDocuments } from '@/features/documents/refresh';
import { MoveDialog } from '@/features/workspaces/MoveDialog';
import { NameDialog } from '@/features/workspaces/NameDialog';

export interface DocumentDialog {
  kind: 'rename' | 'move' | 'delete';
  document: DocumentInfo;
}
export type ListDialog =
  | DocumentDialog
  | { kind: 'rename-folder'; folder: WorkspaceItem }
  | { kind: 'move-folder'; folder: WorkspaceItem }
  | { kind: 'new-folder'; workspace: string; folder: string };

function Move({ document, onClose }: { document: DocumentInfo; onClose(): void }) {
  const item = useQuery(folderDetails(document.id));
  const close = () => {
    onClose();
    void refreshDocuments();
  };
  if (item.data) return <MoveDialog item={item.data.item} onClose={close} />;
  return (
    <Modal title={`Move “${document.title}”`} onClose={onClose}>
      {item.isPending && <SkeletonRows rows={4} />}
      {item.isError && <ErrorPanel error={item.error} retry={item.refetch} />}
    </Modal>
  );
}

/** What a row's menu asks before it does it. */
export function DocumentDialogs({ dialog, onClose }: { dialog: ListDialog; onClose(): void }) {
  if (dialog.kind === 'new-folder')
    return (
      <NameDialog
        title="New folder"
        submit="Create"
        onSave={(name) =>
          createFolder(dialog.workspace, dialog.folder, name).then(refreshDocuments)
        }
        onClose={onClose}
      />
    );
  if (dialog.kind === 'move-folder') return <MoveDialog item={dialog.folder} onClose={onClose} />;
  if (dialog.kind === 'rename-folder')
    return (
      <NameDialog
        title="Rename folder"
        submit="Rename"
        name={dialog.folder.name}
        onSave={(name) => changeItem(dialog.folder.id, { name }).then(refreshDocuments)}
        onClose={onClose}
      />
    );
  const { kind, document } = dialog;
  if (kind === 'move') return <Move document={document} onClose={onClose} />;
  if (kind === 'rename')
    return (
      <NameDialog
        title="Rename document"
        submit="Rename"
        name={document.title}
        onSave={(title) => changeDocument(document.id, { title }).then(refreshDocuments)}
        onClose={onClose}
      />
    );
  return (
    <ConfirmModal
      title={`Delete “${document.title}” for good?`}
      action="Delete for good"
      onConfirm={() => deleteDocument(document.id).then(refreshDocuments)}
      onClose={onClose}
    >
      <p>Its text, versions, comments and files are removed. Nobody can bring them back.</p>
    </ConfirmModal>
  );
}
