import { Link } from '@tanstack/react-router';
import { EllipsisVertical, Folder, FolderInput, Pencil, UserRoundPlus } from 'lucide-react';
import type { WorkspaceItem } from '@/api/workspaces';
import { Ago } from '@/components/Ago';
import { IconButton } from '@/components/IconButton';
import { Menu } from '@/components/Menu';
import type { ListDialog } from '@/features/documents/list/DocumentDialogs';
import { openShare } from '@/features/sharing/store';

interface Props {
  folder: WorkspaceItem;
  me: string | undefined;
  writes: boolean;
  ask(dialog: ListDialog): void;
}

/** A folder among the documents. */
export function FolderRow({ folder, me, writes, ask }: Props) {
  const { id, name, workspace } = folder;
  const menu = [
    {
      label: 'Share',
      icon: <UserRoundPlus size={14} />,
      onSelect: () =>
        openShare({
          secured: { type: 'folder', object: id },
          name,
          path: `/documents?workspace=${workspace}&folder=${id}`,
        }),
    },
    {
      label: 'Rename',
      icon: <Pencil size={14} />,
      disabled: !writes,
      onSelect: () => ask({ kind: 'rename-folder', folder }),
    },
    {
      label: 'Move',
      icon: <FolderInput size={14} />,
      disabled: !writes,
      onSelect: () => ask({ kind: 'move-folder', folder }),
    },
  ];
  return (
    <tr className="border-b border-line hover:bg-hover/60">
      <td />
      <td className="py-1.5 pr-3">
        <Link
          to="/documents"
          search={{ workspace, folder: id }}
          data-row-link
          className="inline-flex max-w-full items-center gap-2 rounded-sm py-0.5 font-medium hover:underline"
        >
          <Folder size={14} className="shrink-0 text-faint" aria-label="Folder" />
          <span className="truncate">{name}</span>
        </Link>
      </td>
      <td className="truncate px-3 text-muted max-md:hidden">
        {folder.owner_id === me ? 'You' : folder.owner}
      </td>
      <td className="px-3 text-muted">
        <Ago time={folder.updated_at} />
      </td>
      <td className="pr-2 text-right">
        <Menu items={menu}>
          <IconButton small label={`Actions for ${name}`}>
            <EllipsisVertical size={14} />
          </IconButton>
        </Menu>
      </td>
    </tr>
  );
}
