import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago } from '@/components/Ago';
import { Menu } from '@/components/Menu';
import { IconButton } from '@/components/IconButton';
import { ObjectIcon } from '@/components/ObjectIcon';
import { nodeHref, type TreeNode } from '@/features/catalog/tree-model';
import { useNodeMenu } from '@/features/catalog/useNodeMenu';
import { EllipsisVertical } from 'lucide-react';

export interface ListedObject {
  node: TreeNode;
  owner: string;
  created_at: string;
  badge?: ReactNode;
}

function ObjectRow({ item }: { item: ListedObject }) {
  const { node, owner, created_at, badge } = item;
  const menu = useNodeMenu(node);
  return (
    <tr className="group border-b border-line hover:bg-hover/60">
      <td className="py-1 pr-3 pl-4">
        <Link
          to={nodeHref(node)}
          className="inline-flex max-w-full items-center gap-2 rounded-sm py-0.5 font-medium hover:underline"
        >
          <ObjectIcon kind={node.kind} />
          <span className="truncate">{node.label}</span>
          {badge}
        </Link>
      </td>
      <td className="max-w-0 truncate px-3 py-1 text-muted max-md:hidden">{node.comment}</td>
      <td className="truncate px-3 py-1 text-muted max-md:hidden">{owner}</td>
      <td className="px-3 py-1 text-muted max-md:hidden">
        <Ago time={created_at} />
      </td>
      <td className="py-1 pr-2 text-right">
        <Menu items={menu}>
          <IconButton small label={`Actions for ${node.label}`}>
            <EllipsisVertical size={14} />
          </IconButton>
        </Menu>
      </td>
    </tr>
  );
}

/** Objects of one level of the catalog as a table. */
export function ObjectList({ items }: { items: ListedObject[] }) {
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <table className="w-full table-fixed border-collapse text-left">
        <thead className="sticky top-0 z-10 bg-panel text-muted">
          <tr className="border-b border-line [&>th]:h-8 [&>th]:font-medium">
            <th className="pl-4 md:w-[38%]">Name</th>
            <th className="px-3 max-md:hidden">Comment</th>
            <th className="w-40 px-3 max-md:hidden">Owner</th>
            <th className="w-36 px-3 max-md:hidden">Created</th>
            <th className="w-10">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <ObjectRow key={item.node.id} item={item} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
