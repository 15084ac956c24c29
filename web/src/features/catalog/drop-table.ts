import { dropTable, undropTable, type TableName } from '@/api/catalog';
import { toast, toastError } from '@/components/toasts';
import { refreshTables } from '@/features/catalog/refresh';
import { forgetTable } from '@/features/table/recent';

/**
 * Drops a table or view and offers to bring a table back. `leave` moves away from its page before
 * what the page shows is fetched anew.
 */
export async function dropTableWithUndo(
  name: TableName,
  kind: 'table' | 'view',
  leave?: () => Promise<void>,
): Promise<void> {
  await dropTable(name);
  forgetTable(name);
  await leave?.();
  await refreshTables();
  const undo = () =>
    undropTable(name)
      .then(refreshTables)
      .then(() => toast({ title: `${name.table} is back`, tone: 'success' }))
      .catch((error: unknown) => toastError('Could not bring it back', error));
  toast({
    title: `Dropped ${kind} ${name.table}`,
    ...(kind === 'table' && { action: { label: 'Undo', run: undo } }),
  });
}
