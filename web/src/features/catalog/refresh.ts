import { queryClient } from '@/app/query-client';

/** From the top down, so that lists inside of something dropped are no longer asked for. */
const TREE = ['catalogs', 'schemas', 'tables', 'volumes', 'search'];

/** After the tree of objects has changed: its lists are fetched anew. */
export async function refreshCatalog(): Promise<void> {
  for (const list of TREE) await queryClient.invalidateQueries({ queryKey: [list] });
}

/** After a table's data or description has changed. */
export async function refreshTables(): Promise<void> {
  await Promise.all([refreshCatalog(), queryClient.invalidateQueries({ queryKey: ['table'] })]);
}
