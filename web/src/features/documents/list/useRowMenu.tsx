import { useNavigate } from '@tanstack/react-router';
import {
  ArchiveRestore,
  Copy,
  FolderInput,
  Pencil,
  SquareArrowOutUpRight,
  Star,
  Trash2,
  UserRoundPlus,
} from 'lucide-react';
import type { DocumentInfo } from '@/api/documents';
import type { MenuItem } from '@/components/Menu';
import type { DocumentDialog } from '@/features/documents/list/DocumentDialogs';
import { duplicate, restore, star, trash } from '@/features/documents/list/actions';
import { shareDocument } from '@/features/documents/share/share-document';

/** What can be done with a document in a list; `ask` opens a dialog. */
export function useRowMenu(ask: (dialog: DocumentDialog) => void) {
  const navigate = useNavigate();
  return (document: DocumentInfo): MenuItem[] => {
    const owner = document.access === 'owner';
    const writes = owner || document.access === 'editor';
    if (document.trashed_at)
      return [
        {
          label: 'Restore',
          icon: <ArchiveRestore size={14} />,
          disabled: !owner,
          onSelect: () => void restore(document),
        },
        {
          label: 'Delete for good',
          icon: <Trash2 size={14} />,
          danger: true,
          separated: true,
          disabled: !owner,
          onSelect: () => ask({ kind: 'delete', document }),
        },
      ];
    return [
      {
        label: 'Open',
        icon: <SquareArrowOutUpRight size={14} />,
        onSelect: () =>
          void navigate({ to: '/documents/$document', params: { document: document.id } }),
      },
      {
        label: document.starred ? 'Remove star' : 'Star',
        icon: <Star size={14} />,
        onSelect: () => void star(document),
      },
      {
        label: 'Share',
        icon: <UserRoundPlus size={14} />,
        onSelect: () => shareDocument(document),
      },
      {
        label: 'Duplicate',
        icon: <Copy size={14} />,
        onSelect: () => void duplicate(document),
      },
      {
        label: 'Rename',
        icon: <Pencil size={14} />,
        disabled: !writes,
        separated: true,
        onSelect: () => ask({ kind: 'rename', document }),
      },
      {
        label: 'Move',
        icon: <FolderInput size={14} />,
        disabled: !owner,
        onSelect: () => ask({ kind: 'move', document }),
      },
      {
        label: 'Move to trash',
        icon: <Trash2 size={14} />,
        danger: true,
        separated: true,
        disabled: !owner,
        onSelect: () => void trash(document),
      },
    ];
  };
}
