import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body, losslessBody } from '@/api/client';
import type { QueryPage, QueryRequest, QueryResult, QueryState } from '@/api/types';
import { uuid } from '@/lib/ids';

export const runQuery = (request: QueryRequest) =>
  losslessBody<QueryResult>(api.POST('/api/v1/query', { body: request, parseAs: 'text' }));

export const queryPage = (cursor: string) =>
  losslessBody<QueryPage>(
    api.GET('/api/v1/query/pages/{cursor}', { params: { path: { cursor } }, parseAs: 'text' }),
  );

export const cancelQuery = (id: string) =>
  api.POST('/api/v1/queries/{id}/cancel', { params: { path: { id } } });

/** As runQuery; the statement is cancelled when nobody waits for it any more. */
export async function runWhile(signal: AbortSignal, request: QueryRequest): Promise<QueryResult> {
  const id = uuid();
  // Nobody is left to be told when that fails; the statement's time limit ends it then.
  const stop = () => void cancelQuery(id).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await runQuery({ ...request, query_id: id });
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

export const queryRecord = (id: string) =>
  body(api.GET('/api/v1/queries/{id}', { params: { path: { id } } }));

export type ExportFormat = 'csv' | 'parquet';
const ACCEPT: Record<ExportFormat, string> = {
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
};

/** The whole result as a file, streamed. */
export async function exportQuery(request: QueryRequest, format: ExportFormat): Promise<Response> {
  const headers = { accept: ACCEPT[format] };
  const call = api.POST('/api/v1/query', { body: request, headers, parseAs: 'stream' });
  return (await call).response;
}

export const queryHistory = () =>
  infiniteQueryOptions({
    queryKey: ['queries', 'all'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      body(api.GET('/api/v1/queries', { params: { query: { limit: 50, after: pageParam } } })),
    getNextPageParam: ({ next }) => next,
  });

export interface QueryFilter {
  state?: QueryState | undefined;
  user?: string | undefined;
  text?: string | undefined;
}

/** Statements that run or ran, newest first: one's own, for administrators everyone's. */
export const queryActivity = (filter: QueryFilter) =>
  infiniteQueryOptions({
    queryKey: ['queries', 'activity', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      body(
        api.GET('/api/v1/queries', {
          params: { query: { limit: 50, after: pageParam, ...filter } },
        }),
      ),
    getNextPageParam: ({ next }) => next,
  });

export const recentQueries = () =>
  queryOptions({
    queryKey: ['queries', 'recent'],
    queryFn: async () =>
      (await body(api.GET('/api/v1/queries', { params: { query: { limit: 20 } } }))).items,
  });

export const savedQueries = () =>
  queryOptions({
    queryKey: ['saved-queries'],
    queryFn: async () => (await body(api.GET('/api/v1/saved-queries'))).items,
    staleTime: 30_000,
  });

export const savedQuery = (id: string) =>
  queryOptions({
    queryKey: ['saved-queries', id],
    queryFn: () => body(api.GET('/api/v1/saved-queries/{id}', { params: { path: { id } } })),
  });

interface NamedSql {
  name: string;
  sql: string;
}
interface PlacedSql extends NamedSql {
  workspace?: string;
  folder?: string;
}

export const saveQuery = (values: PlacedSql) =>
  body(api.POST('/api/v1/saved-queries', { body: values }));
export const updateSavedQuery = (id: string, values: NamedSql) =>
  body(api.PUT('/api/v1/saved-queries/{id}', { params: { path: { id } }, body: values }));
export const deleteSavedQuery = (id: string) =>
  api.DELETE('/api/v1/saved-queries/{id}', { params: { path: { id } } });
