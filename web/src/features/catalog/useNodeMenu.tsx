import { useNavigate } from '@tanstack/react-router';
import {
  Copy,
  FolderPlus,
  HardDrive,
  MessageSquare,
  Pencil,
  SquareTerminal,
  Trash2,
  UserRoundPlus,
} from 'lucide-react';
import type { MenuItem } from '@/components/Menu';
import { copyWithToast } from '@/components/toasts';
import { openCatalogDialog, targetName, type Target } from '@/features/catalog/dialogs/store';
import { nodeHref, type TreeNode } from '@/features/catalog/tree-model';
import { openShare } from '@/features/sharing/store';
import { addTab } from '@/features/sql/tabs';
import { qualified } from '@/lib/identifiers';

export function nodeTarget(node: TreeNode): Target | undefined {
  const { kind, catalog, schema = '', object = '', comment = '' } = node;
  if (kind === 'catalog') return { kind, catalog, comment };
  if (kind === 'schema') return { kind, catalog, schema, comment };
  if (kind === 'table' || kind === 'view') return { kind, catalog, schema, table: object, comment };
  if (kind === 'volume') return { kind, catalog, schema, volume: object };
  return undefined;
}

export function nodeName(node: TreeNode): string {
  return qualified(
    ...[node.catalog, node.schema, node.object].filter((part) => part !== undefined),
  );
}

/** What can be done with an object of the catalog. */
export function useNodeMenu(node: TreeNode): MenuItem[] {
  const navigate = useNavigate();
  const target = nodeTarget(node);
  if (!target) return [];
  const items: MenuItem[] = [];
  if (target.kind === 'catalog') {
    items.push({
      label: 'Create schema',
      icon: <FolderPlus size={14} />,
      onSelect: () => openCatalogDialog({ kind: 'create-schema', catalog: target.catalog }),
    });
  } else if (target.kind === 'schema') {
    items.push({
      label: 'Create volume',
      icon: <HardDrive size={14} />,
      onSelect: () => openCatalogDialog({ ...target, kind: 'create-volume' }),
    });
  } else if (target.kind !== 'volume') {
    items.push({
      label: 'Query',
      icon: <SquareTerminal size={14} />,
      onSelect: () => {
        addTab({ sql: `SELECT *\nFROM ${nodeName(node)}` });
        void navigate({ to: '/sql' });
      },
    });
  }
  items.push({
    label: 'Share',
    icon: <UserRoundPlus size={14} />,
    onSelect: () =>
      openShare({
        secured: {
          type: target.kind === 'view' ? 'table' : target.kind,
          object: [node.catalog, node.schema, node.object]
            .filter((part) => part !== undefined)
            .join('.'),
        },
        name: targetName(target),
        path: nodeHref(node),
      }),
  });
  items.push({
    label: 'Copy name',
    icon: <Copy size={14} />,
    onSelect: () => copyWithToast(nodeName(node), 'Name'),
  });
  if (target.kind !== 'volume') {
    items.push(
      {
        label: 'Rename',
        icon: <Pencil size={14} />,
        onSelect: () => openCatalogDialog({ kind: 'rename', target }),
      },
      {
        label: 'Edit comment',
        icon: <MessageSquare size={14} />,
        onSelect: () => openCatalogDialog({ kind: 'comment', target }),
      },
    );
  }
  items.push({
    label: 'Drop',
    icon: <Trash2 size={14} />,
    danger: true,
    separated: true,
    onSelect: () => openCatalogDialog({ kind: 'drop', target }),
  });
  return items;
}
