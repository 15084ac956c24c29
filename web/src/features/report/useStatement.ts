import { useState } from 'react';
import { cancelQuery, runQuery } from '@/api/query';
import type { QueryResult } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { toastError } from '@/components/toasts';
import { useAction } from '@/components/useAction';
import { refreshTables } from '@/features/catalog/refresh';
import { changesSomething, reportOf, type Report } from '@/features/report/report';
import { uuid } from '@/lib/ids';

/** Seconds that work on a whole table may take, in place of the server's usual limit. */
export const LONG_TIMEOUT = 6 * 3600;

interface Running {
  id: string;
  sql: string;
  startedAt: number;
}

export interface Done {
  sql: string;
  result: QueryResult;
  report: Report | undefined;
  elapsedMs: number;
}

/** Runs statements on a button's behalf, one at a time: what runs, what was done, what went wrong. */
export function useStatement() {
  const [running, setRunning] = useState<Running>();
  const [cancelling, setCancelling] = useState(false);
  const [done, setDone] = useState<Done>();
  const action = useAction(async (sql: string) => {
    const id = uuid();
    setRunning({ id, sql, startedAt: Date.now() });
    setCancelling(false);
    setDone(undefined);
    const clock = performance.now();
    try {
      const result = await runQuery({ sql, query_id: id, timeout_s: LONG_TIMEOUT });
      const elapsedMs = performance.now() - clock;
      setDone({ sql, result, report: reportOf(sql, result), elapsedMs });
      if (changesSomething(sql)) await refreshTables();
    } finally {
      setRunning(undefined);
      void queryClient.invalidateQueries({ queryKey: ['queries'] });
    }
  });
  const cancel = () => {
    if (!running) return;
    setCancelling(true);
    cancelQuery(running.id).catch((error: unknown) => {
      setCancelling(false);
      toastError('Could not cancel', error);
    });
  };
  const clear = () => {
    action.clear();
    setDone(undefined);
  };
  const { run, busy, error } = action;
  return { run, busy, error, running, cancelling, cancel, done, clear };
}

export type StatementRun = ReturnType<typeof useStatement>;
