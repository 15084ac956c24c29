import type { Table, Volume } from '@/api/types';

export type NodeKind = 'catalog' | 'schema' | 'table' | 'view' | 'volume' | 'loading' | 'note';

/** One line of the tree. `id` is unique; the names are those of its place. */
export interface TreeNode {
  id: string;
  kind: NodeKind;
  depth: number;
  label: string;
  expanded?: boolean;
  catalog: string;
  schema?: string;
  object?: string;
  comment?: string;
}

/** What is known of a list: undefined while it loads, an Error when it cannot be had. */
export type Known<T> = T[] | Error | undefined;

export interface TreeSource {
  catalogs: Known<{ name: string; comment: string }>;
  schemas(catalog: string): Known<{ name: string; comment: string }>;
  objects(catalog: string, schema: string): Known<Table | Volume>;
}

export const catalogId = (catalog: string): string => `c/${catalog}`;
export const schemaId = (catalog: string, schema: string): string => `s/${catalog}/${schema}`;
export const objectId = (catalog: string, schema: string, object: string): string =>
  `o/${catalog}/${schema}/${object}`;

/** The address of an object's page. */
export function nodeHref({ kind, catalog, schema, object }: TreeNode): string {
  const names = [catalog, schema, object].filter((name) => name !== undefined);
  const path = names.map(encodeURIComponent).join('/');
  return kind === 'volume' ? `/files/${path}/` : `/catalog/${path}`;
}

function placeholder(
  parent: { id: string; catalog: string; schema?: string },
  depth: number,
  known: Known<unknown>,
  empty: string,
): TreeNode | undefined {
  const base = { ...parent, id: `${parent.id}/…`, depth };
  if (known === undefined) return { ...base, kind: 'loading', label: 'Loading' };
  if (known instanceof Error) return { ...base, kind: 'note', label: known.message };
  return known.length === 0 ? { ...base, kind: 'note', label: empty } : undefined;
}

export function objectNode(catalog: string, schema: string, item: Table | Volume): TreeNode {
  const kind = !('kind' in item) ? 'volume' : item.kind === 'view' ? 'view' : 'table';
  return {
    id:
      kind === 'volume'
        ? `v/${catalog}/${schema}/${item.name}`
        : objectId(catalog, schema, item.name),
    kind,
    depth: 2,
    label: item.name,
    catalog,
    schema,
    object: item.name,
    comment: item.comment,
  };
}

/** The lines of the tree that show: everything below an expanded node. */
export function visibleNodes(source: TreeSource, expanded: ReadonlySet<string>): TreeNode[] {
  const nodes: TreeNode[] = [];
  const push = (node: TreeNode | undefined) => node && nodes.push(node);
  const listed = <T>(known: Known<T>): T[] => (Array.isArray(known) ? known : []);
  push(placeholder({ id: '', catalog: '' }, 0, source.catalogs, 'No catalogs'));
  for (const { name: catalog, comment } of listed(source.catalogs)) {
    const id = catalogId(catalog);
    const open = expanded.has(id);
    push({ id, kind: 'catalog', depth: 0, label: catalog, expanded: open, catalog, comment });
    if (!open) continue;
    const schemas = source.schemas(catalog);
    push(placeholder({ id, catalog }, 1, schemas, 'No schemas'));
    for (const { name: schema, comment: schemaComment } of listed(schemas)) {
      const inner = schemaId(catalog, schema);
      const shown = expanded.has(inner);
      const place = { catalog, schema };
      push({
        id: inner,
        kind: 'schema',
        depth: 1,
        label: schema,
        expanded: shown,
        ...place,
        comment: schemaComment,
      });
      if (!shown) continue;
      const objects = source.objects(catalog, schema);
      push(placeholder({ id: inner, ...place }, 2, objects, 'Empty'));
      for (const item of listed(objects)) push(objectNode(catalog, schema, item));
    }
  }
  return nodes;
}

/** Where an arrow key leads from a line: another line, or opening and closing. */
export function treeMove(
  nodes: TreeNode[],
  at: number,
  key: string,
): { to: number } | { toggle: TreeNode } | undefined {
  const node = nodes[at];
  if (!node) return nodes.length > 0 ? { to: 0 } : undefined;
  const last = nodes.length - 1;
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(last, at + 1) };
    case 'ArrowUp':
      return { to: Math.max(0, at - 1) };
    case 'Home':
      return { to: 0 };
    case 'End':
      return { to: last };
    case 'ArrowRight':
      if (node.expanded === false) return { toggle: node };
      return node.expanded && at < last ? { to: at + 1 } : undefined;
    case 'ArrowLeft': {
      if (node.expanded) return { toggle: node };
      for (let parent = at - 1; parent >= 0; parent -= 1) {
        if (nodes[parent]!.depth < node.depth) return { to: parent };
      }
      return undefined;
    }
    default: {
      if (key.length !== 1 || key === ' ') return undefined;
      const wanted = key.toLowerCase();
      for (let step = 1; step <= nodes.length; step += 1) {
        const next = (at + step) % nodes.length;
        if (nodes[next]!.label.toLowerCase().startsWith(wanted)) return { to: next };
      }
      return undefined;
    }
  }
}
