import type { TableName } from '@/api/catalog';
import { createOwnStore } from '@/lib/own-storage';

const MOST = 12;

/** The tables looked at last, newest first; kept in the browser. */
export const recentTables = createOwnStore<TableName[]>('recent.tables', () => []);

const same = (a: TableName, b: TableName): boolean =>
  a.catalog === b.catalog && a.schema === b.schema && a.table === b.table;

export const noteTable = (name: TableName): void =>
  recentTables.set((before) =>
    [name, ...before.filter((other) => !same(other, name))].slice(0, MOST),
  );

export const forgetTable = (name: TableName): void =>
  recentTables.set((before) => before.filter((other) => !same(other, name)));
