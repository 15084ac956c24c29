import { Link } from '@tanstack/react-router';
import {
  Copy,
  Download,
  EllipsisVertical,
  File as FileIcon,
  FileSpreadsheet,
  Folder,
  FolderInput,
  Table2,
  Trash2,
} from 'lucide-react';
import type { DirectoryEntry } from '@/api/types';
import type { VolumeName } from '@/api/files';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';
import { formatOfName } from '@/features/files/kinds';
import { formatBytes } from '@/lib/format';

export interface FileActions {
  makeTable(entry: DirectoryEntry): void;
  download(entry: DirectoryEntry): void;
  move(entry: DirectoryEntry): void;
  remove(entry: DirectoryEntry): void;
  copyPath(entry: DirectoryEntry): void;
}

interface Props {
  entry: DirectoryEntry;
  /** The entry's path inside the volume. */
  inside: string;
  volume: VolumeName;
  append: string | undefined;
  actions: FileActions;
}

export function FileRow({ entry, inside, volume, append, actions }: Props) {
  const tabular = !entry.directory && formatOfName(entry.name) !== undefined;
  const Icon = entry.directory ? Folder : tabular ? FileSpreadsheet : FileIcon;
  const menu: MenuItem[] = [
    ...(tabular
      ? [
          {
            label: 'Make a table',
            icon: <Table2 size={14} />,
            onSelect: () => actions.makeTable(entry),
          },
        ]
      : []),
    ...(entry.directory
      ? []
      : [
          {
            label: 'Download',
            icon: <Download size={14} />,
            onSelect: () => actions.download(entry),
          },
        ]),
    { label: 'Copy path', icon: <Copy size={14} />, onSelect: () => actions.copyPath(entry) },
    ...(entry.directory
      ? []
      : [
          {
            label: 'Rename or move',
            icon: <FolderInput size={14} />,
            onSelect: () => actions.move(entry),
          },
        ]),
    {
      label: 'Delete',
      icon: <Trash2 size={14} />,
      danger: true,
      separated: true,
      onSelect: () => actions.remove(entry),
    },
  ];
  const name = (
    <span className="flex min-w-0 items-center gap-2">
      <Icon
        size={16}
        className={entry.directory ? 'shrink-0 text-accent' : 'shrink-0 text-faint'}
      />
      <span className="truncate font-medium">{entry.name}</span>
    </span>
  );
  return (
    <tr className="group border-b border-line hover:bg-hover/60 [&>td]:py-1">
      <td className="pr-3 pl-4">
        {entry.directory ? (
          <Link
            to="/files/$catalog/$schema/$volume/$"
            params={{ ...volume, _splat: inside }}
            search={append ? { append } : {}}
            className="block rounded-sm py-0.5 hover:underline"
          >
            {name}
          </Link>
        ) : (
          name
        )}
      </td>
      <td className="num px-3 text-right whitespace-nowrap text-muted">
        {entry.bytes !== undefined && !entry.directory && formatBytes(entry.bytes)}
      </td>
      <td className="px-3 text-muted max-md:hidden">
        {entry.modified_at && <Ago time={entry.modified_at} />}
      </td>
      <td className="pr-2">
        <span className="flex items-center justify-end gap-1">
          {tabular && (
            <Button
              icon={<Table2 size={14} />}
              onClick={() => actions.makeTable(entry)}
              className="max-md:hidden"
            >
              {append ? 'Append' : 'Make a table'}
            </Button>
          )}
          <Menu items={menu}>
            <IconButton small label={`Actions for ${entry.name}`}>
              <EllipsisVertical size={14} />
            </IconButton>
          </Menu>
        </span>
      </td>
    </tr>
  );
}
