import { describe, expect, test } from 'vitest';
import type { Table, Volume } from '@/api/types';
import {
  catalogId,
  nodeHref,
  schemaId,
  treeMove,
  visibleNodes,
  type TreeSource,
} from './tree-model';

const source: TreeSource = {
  catalogs: [
    { name: 'main', comment: '' },
    { name: 'samples', comment: '' },
  ],
  schemas: (catalog) => (catalog === 'main' ? [{ name: 'default', comment: '' }] : undefined),
  objects: () => [
    { name: 'orders', kind: 'managed', comment: '' } as Table,
    { name: 'orders', comment: '' } as Volume,
  ],
};
const open = new Set([catalogId('main'), schemaId('main', 'default'), catalogId('samples')]);

describe('visibleNodes', () => {
  test('shows what is expanded, and a line while a list loads', () => {
    expect(
      visibleNodes(source, open).map(({ depth, kind, label }) => [depth, kind, label]),
    ).toEqual([
      [0, 'catalog', 'main'],
      [1, 'schema', 'default'],
      [2, 'table', 'orders'],
      [2, 'volume', 'orders'],
      [0, 'catalog', 'samples'],
      [1, 'loading', 'Loading'],
    ]);
  });
  test('ids differ even where a table and a volume share a name', () => {
    const ids = visibleNodes(source, open).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
  test('tells why a list cannot be had', () => {
    const broken = { ...source, catalogs: new Error('Not allowed') };
    expect(visibleNodes(broken, open)[0]).toMatchObject({ kind: 'note', label: 'Not allowed' });
  });
});

test('every line leads to the page of its object, whatever its name', () => {
  const node = { id: '', depth: 0, label: '', catalog: 'main' };
  expect(nodeHref({ ...node, kind: 'catalog' })).toBe('/catalog/main');
  const place = { schema: 'a/b ?', object: 'x' };
  expect(nodeHref({ ...node, ...place, kind: 'table' })).toBe('/catalog/main/a%2Fb%20%3F/x');
  expect(nodeHref({ ...node, ...place, kind: 'volume' })).toBe('/files/main/a%2Fb%20%3F/x/');
});

describe('treeMove', () => {
  const nodes = visibleNodes(source, open);
  test('right enters, left closes or goes to the parent', () => {
    expect(treeMove(nodes, 0, 'ArrowRight')).toEqual({ to: 1 });
    expect(treeMove(nodes, 2, 'ArrowLeft')).toEqual({ to: 1 });
    expect(treeMove(nodes, 1, 'ArrowLeft')).toEqual({ toggle: nodes[1] });
  });
  test('a letter jumps to the next line that starts with it', () => {
    expect(treeMove(nodes, 2, 'o')).toEqual({ to: 3 });
    expect(treeMove(nodes, 0, 's')).toEqual({ to: 4 });
  });
  test('does not leave the ends', () => {
    expect(treeMove(nodes, 0, 'ArrowUp')).toEqual({ to: 0 });
    expect(treeMove(nodes, 5, 'ArrowDown')).toEqual({ to: 5 });
  });
});
