import { ApiError, messageOf } from '@/api/errors';
import { session, type Session } from '@/api/session';
import { cancelQuery, queryPage, runQuery } from '@/api/query';
import type { QueryResult } from '@/api/types';
import { queryClient } from '@/app/query-client';
import { refreshTables } from '@/features/catalog/refresh';
import { changesSomething } from '@/features/report/report';
import { LONG_TIMEOUT } from '@/features/report/useStatement';
import { stepDone } from '@/features/home/steps';
import type { SqlTab } from '@/features/sql/tabs';
import { uuid } from '@/lib/ids';
import { errorOffset, type Statement } from '@/lib/sql-split';
import { statementHead } from '@/lib/statement';
import { createStore } from '@/lib/store';

/** One run of one statement. */
export interface Run {
  id: string; // also the server's query id
  sql: string;
  /** Where names without a catalog or schema were looked up. */
  catalog: string;
  schema: string;
  /** Where the statement began in the editor's text. */
  from: number;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  startedAt: number;
  elapsedMs?: number;
  result?: QueryResult;
  loadingMore?: boolean;
  cancelling?: boolean;
  error?: { message: string; requestId?: string; position?: number };
}

/** The runs of each tab's last start, by the tab's id. They live until the page is left. */
export const runs = createStore<Record<string, Run[]>>({});

/** Which of a tab's runs is shown. */
export const shownRun = createStore<Record<string, number>>({});

const idOf = (current: Session) => current.status === 'signed-in' && current.user.id;
let owner = idOf(session.get());
// Results are for whom they were computed: not for those who sign in or are looked at next.
session.subscribe(() => {
  const next = idOf(session.get());
  if (next === owner) return;
  owner = next;
  runs.set({});
  shownRun.set({});
});

function change(tabId: string, runId: string, values: Partial<Run>): void {
  runs.set((all) => ({
    ...all,
    [tabId]: (all[tabId] ?? []).map((run) => (run.id === runId ? { ...run, ...values } : run)),
  }));
}

const find = (tabId: string, runId: string): Run | undefined =>
  runs.get()[tabId]?.find((run) => run.id === runId);

function afterwards(sql: string): void {
  if (changesSomething(sql)) void refreshTables();
  else stepDone('query');
}

const LONG_WORK = new Set(['OPTIMIZE', 'VACUUM', 'RESTORE', 'MERGE']);

/** Runs one statement to its end; false when it failed or was cancelled. */
async function runOne(tab: SqlTab, run: Run): Promise<boolean> {
  const startedAt = Date.now();
  change(tab.id, run.id, { state: 'running', startedAt });
  const clock = performance.now();
  try {
    const result = await runQuery({
      sql: run.sql,
      query_id: run.id,
      catalog: run.catalog,
      schema: run.schema,
      ...(LONG_WORK.has(statementHead(run.sql).verb) && { timeout_s: LONG_TIMEOUT }),
      ...(tab.rowLimit !== undefined && { row_limit: tab.rowLimit }),
    });
    change(tab.id, run.id, { state: 'done', result, elapsedMs: performance.now() - clock });
    afterwards(run.sql);
    return true;
  } catch (error) {
    const elapsedMs = performance.now() - clock;
    const api = error instanceof ApiError ? error : undefined;
    if (api?.id === 'query.cancelled' || find(tab.id, run.id)?.state === 'cancelled') {
      change(tab.id, run.id, { state: 'cancelled', elapsedMs });
      return false;
    }
    const message = messageOf(error);
    const position = errorOffset(message, run.sql);
    change(tab.id, run.id, {
      state: 'failed',
      elapsedMs,
      error: {
        message,
        ...(api?.requestId && { requestId: api.requestId }),
        ...(position !== undefined && { position }),
      },
    });
    return false;
  } finally {
    void queryClient.invalidateQueries({ queryKey: ['queries'] });
  }
}

/** Runs statements one after the other; the first that fails ends it. */
export async function start(tab: SqlTab, statements: Statement[]): Promise<void> {
  if (statements.length === 0 || isRunning(tab.id)) return;
  const fresh = statements.map(({ text, from }): Run => ({
    id: uuid(),
    sql: text,
    catalog: tab.catalog,
    schema: tab.schema,
    from,
    state: 'waiting',
    startedAt: 0,
  }));
  runs.set((all) => ({ ...all, [tab.id]: fresh }));
  for (const [index, run] of fresh.entries()) {
    if (find(tab.id, run.id)?.state !== 'waiting') return;
    shownRun.set((all) => ({ ...all, [tab.id]: index }));
    if (!(await runOne(tab, run))) break;
  }
  for (const run of runs.get()[tab.id] ?? []) {
    if (run.state === 'waiting') change(tab.id, run.id, { state: 'cancelled' });
  }
}

export const isRunning = (tabId: string): boolean =>
  (runs.get()[tabId] ?? []).some(({ state }) => state === 'running' || state === 'waiting');

/** Stops what a tab is running. The server confirms by ending the statement's answer. */
export async function cancel(tabId: string): Promise<void> {
  for (const run of runs.get()[tabId] ?? []) {
    if (run.state === 'waiting') change(tabId, run.id, { state: 'cancelled' });
    if (run.state === 'running' && !run.cancelling) {
      change(tabId, run.id, { cancelling: true });
      await cancelQuery(run.id).catch((error: unknown) => {
        change(tabId, run.id, { cancelling: false });
        throw error;
      });
    }
  }
}

/** Fetches the next page of a result; does nothing while one is on its way. */
export async function loadMore(tabId: string, runId: string): Promise<void> {
  const run = find(tabId, runId);
  if (!run?.result?.next || run.loadingMore) return;
  change(tabId, runId, { loadingMore: true });
  try {
    const page = await queryPage(run.result.next);
    const { query_id, columns } = run.result;
    const rows = [...run.result.rows, ...page.rows];
    const result = { ...page, query_id, columns, rows };
    change(tabId, runId, { result, loadingMore: false });
  } catch (error) {
    const { next, ...rest } = run.result;
    void next;
    change(tabId, runId, {
      loadingMore: false,
      result: rest,
      error: { message: `The other rows could not be loaded: ${messageOf(error)} Run it again.` },
    });
  }
}

// Leaving the page stops what it runs, so the browser asks first.
globalThis.addEventListener?.('beforeunload', (event) => {
  if (Object.keys(runs.get()).some(isRunning)) event.preventDefault();
});
