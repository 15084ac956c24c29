import { queryClient } from '@/app/query-client';

const TREE = new Set(['catalogs', 'schemas', 'tables', 'volumes', 'search']);

/** After the tree of objects has changed: its lists are fetched anew. */
export function refreshCatalog(): Promise<void> {
  return queryClient.invalidateQueries({
    predicate: ({ queryKey }) => TREE.has(String(queryKey[0])),
  });
}

/** After a table's data or description has changed. */
export async function refreshTables(): Promise<void> {
  await Promise.all([refreshCatalog(), queryClient.invalidateQueries({ queryKey: ['table'] })]);
}
