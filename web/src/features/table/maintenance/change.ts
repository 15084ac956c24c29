import { runQuery } from '@/api/query';
import { toast } from '@/components/toasts';
import { refreshTables } from '@/features/catalog/refresh';
import { reportOf, titleOf } from '@/features/report/report';
import { LONG_TIMEOUT } from '@/features/report/useStatement';

/** Runs a statement of a dialog to its end, and says what it did. */
export async function runChange(sql: string): Promise<void> {
  const report = reportOf(sql, await runQuery({ sql, timeout_s: LONG_TIMEOUT }));
  await refreshTables();
  toast({ title: report ? titleOf(report) : 'Done', tone: 'success' });
}
