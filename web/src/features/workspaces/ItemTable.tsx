import { Link } from '@tanstack/react-router';
import { EllipsisVertical, FileCode2, FileText, Folder, type LucideIcon } from 'lucide-react';
import type { WorkspaceItem } from '@/api/workspaces';
import { Ago } from '@/components/Ago';
import { IconButton } from '@/components/IconButton';
import { Menu, type MenuItem } from '@/components/Menu';

const KINDS: Record<string, { icon: LucideIcon; label: string }> = {
  folder: { icon: Folder, label: 'Folder' },
  saved_query: { icon: FileCode2, label: 'Query' },
  document: { icon: FileText, label: 'Document' },
};

/** The address at which an object of a workspace opens. */
export const itemHref = ({ type, id, workspace }: WorkspaceItem): string =>
  type === 'saved_query'
    ? `/sql?q=${id}`
    : type === 'document'
      ? `/documents/${id}`
      : `/workspaces/${workspace}?folder=${id}`;

/** Where an object of a workspace opens. */
function ItemLink({ item }: { item: WorkspaceItem }) {
  const { icon: Icon } = KINDS[item.type] ?? { icon: FileCode2 };
  const content = (
    <>
      <Icon size={14} className="shrink-0 text-faint" aria-hidden />
      <span className="truncate">{item.name}</span>
    </>
  );
  const look =
    'inline-flex max-w-full items-center gap-2 rounded-sm py-0.5 font-medium hover:underline';
  if (item.type === 'saved_query')
    return (
      <Link to="/sql" search={{ q: item.id }} className={look}>
        {content}
      </Link>
    );
  if (item.type === 'document')
    return (
      <Link to="/documents/$document" params={{ document: item.id }} className={look}>
        {content}
      </Link>
    );
  return (
    <Link
      to="/workspaces/$workspace"
      params={{ workspace: item.workspace }}
      search={{ folder: item.id }}
      className={look}
    >
      {content}
    </Link>
  );
}

interface Props {
  items: WorkspaceItem[];
  menu?(item: WorkspaceItem): MenuItem[];
}

/** Folders and objects as a table. */
export function ItemTable({ items, menu }: Props) {
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <thead className="sticky top-0 z-10 bg-panel text-muted">
        <tr className="border-b border-line [&>th]:h-8 [&>th]:font-medium">
          <th className="pl-4 md:w-[45%]">Name</th>
          <th className="w-24 px-3">Kind</th>
          <th className="px-3 max-md:hidden">Owner</th>
          <th className="w-36 px-3 max-md:hidden">Changed</th>
          {menu && (
            <th className="w-10">
              <span className="sr-only">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id} className="border-b border-line hover:bg-hover/60">
            <td className="py-1 pr-3 pl-4">
              <ItemLink item={item} />
            </td>
            <td className="px-3 py-1 text-muted">{KINDS[item.type]?.label ?? item.type}</td>
            <td className="truncate px-3 py-1 text-muted max-md:hidden">{item.owner}</td>
            <td className="px-3 py-1 text-muted max-md:hidden">
              <Ago time={item.updated_at} />
            </td>
            {menu && (
              <td className="py-1 pr-2 text-right">
                <Menu items={menu(item)}>
                  <IconButton small label={`Actions for ${item.name}`}>
                    <EllipsisVertical size={14} />
                  </IconButton>
                </Menu>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
