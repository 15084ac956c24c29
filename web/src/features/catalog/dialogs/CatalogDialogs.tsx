import { CommentDialog } from '@/features/catalog/dialogs/CommentDialog';
import { CreateDialog } from '@/features/catalog/dialogs/CreateDialog';
import { DropDialog } from '@/features/catalog/dialogs/DropDialog';
import { ExternalTableDialog } from '@/features/catalog/dialogs/ExternalTableDialog';
import { RenameDialog } from '@/features/catalog/dialogs/RenameDialog';
import type { CatalogDialog } from '@/features/catalog/dialogs/store';

export function CatalogDialogs({ dialog }: { dialog: CatalogDialog }) {
  switch (dialog.kind) {
    case 'rename':
      return <RenameDialog target={dialog.target} />;
    case 'comment':
      return <CommentDialog target={dialog.target} />;
    case 'drop':
      return <DropDialog target={dialog.target} />;
    case 'create-external':
      return <ExternalTableDialog {...dialog} />;
    default:
      return <CreateDialog dialog={dialog} />;
  }
}
