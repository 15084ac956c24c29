import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { getAll, getJson, path, send, sendJson, sendLossless } from '@/api/http';
import type {
  Page,
  QueryRecord,
  QueryRequest,
  QueryResult,
  QueryState,
  SavedQuery,
} from '@/api/types';

export const runQuery = (json: QueryRequest, signal?: AbortSignal) =>
  sendLossless<QueryResult>('POST', '/query', signal ? { json, signal } : { json });

export const queryPage = (cursor: string) =>
  sendLossless<{ rows: unknown[][]; next?: string }>('GET', path`/query/pages/${cursor}`);

export const cancelQuery = (id: string) => send('POST', path`/queries/${id}/cancel`);

export const queryRecord = (id: string) => getJson<QueryRecord>(path`/queries/${id}`);

export type ExportFormat = 'csv' | 'parquet';
const ACCEPT: Record<ExportFormat, string> = {
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
};

export const exportQuery = (json: QueryRequest, format: ExportFormat) =>
  send('POST', '/query', { json, accept: ACCEPT[format] });

export const queryHistory = (state?: QueryState) =>
  infiniteQueryOptions({
    queryKey: ['queries', state ?? 'all'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      getJson<Page<QueryRecord>>('/queries', { query: { limit: 50, after: pageParam, state } }),
    getNextPageParam: (page) => page.next,
  });

export const recentQueries = () =>
  queryOptions({
    queryKey: ['queries', 'recent'],
    queryFn: async () =>
      (await getJson<Page<QueryRecord>>('/queries', { query: { limit: 20 } })).items,
  });

export const savedQueries = () =>
  queryOptions({
    queryKey: ['saved-queries'],
    queryFn: () => getAll<SavedQuery>('/saved-queries'),
    staleTime: 30_000,
  });

export const savedQuery = (id: string) =>
  queryOptions({
    queryKey: ['saved-queries', id],
    queryFn: () => getJson<SavedQuery>(path`/saved-queries/${id}`),
  });

export const saveQuery = (json: { name: string; sql: string }) =>
  sendJson<SavedQuery>('POST', '/saved-queries', { json });
export const updateSavedQuery = (id: string, json: { name: string; sql: string }) =>
  sendJson<SavedQuery>('PUT', path`/saved-queries/${id}`, { json });
export const deleteSavedQuery = (id: string) => send('DELETE', path`/saved-queries/${id}`);
