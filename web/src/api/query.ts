import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, body, losslessBody } from '@/api/client';
import type { QueryPage, QueryRequest, QueryResult } from '@/api/types';

export const runQuery = (request: QueryRequest) =>
  losslessBody<QueryResult>(api.POST('/api/v1/query', { body: request, parseAs: 'text' }));

export const queryPage = (cursor: string) =>
  losslessBody<QueryPage>(
    api.GET('/api/v1/query/pages/{cursor}', { params: { path: { cursor } }, parseAs: 'text' }),
  );

export const cancelQuery = (id: string) =>
  api.POST('/api/v1/queries/{id}/cancel', { params: { path: { id } } });

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

export const saveQuery = (values: NamedSql) =>
  body(api.POST('/api/v1/saved-queries', { body: values }));
export const updateSavedQuery = (id: string, values: NamedSql) =>
  body(api.PUT('/api/v1/saved-queries/{id}', { params: { path: { id } }, body: values }));
export const deleteSavedQuery = (id: string) =>
  api.DELETE('/api/v1/saved-queries/{id}', { params: { path: { id } } });
