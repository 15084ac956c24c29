import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { getAll, getJson, path, send, sendJson, sendLossless } from '@/api/http';
import type {
  Catalog,
  CreateTable,
  DataFile,
  FoundObject,
  InferredFile,
  Page,
  QueryResult,
  Schema,
  Table,
  TableDetail,
  TableVersion,
  Volume,
} from '@/api/types';

export interface TableName {
  catalog: string;
  schema: string;
  table: string;
}

const FRESH = 30_000; // milliseconds that lists of objects count as up to date

const catalogPath = (catalog: string) => path`/catalogs/${catalog}`;
const schemaPath = (catalog: string, schema: string) =>
  path`/catalogs/${catalog}/schemas/${schema}`;
const tablePath = ({ catalog, schema, table }: TableName) =>
  path`/catalogs/${catalog}/schemas/${schema}/tables/${table}`;

export const catalogsQuery = () =>
  queryOptions({
    queryKey: ['catalogs'],
    queryFn: () => getAll<Catalog>('/catalogs'),
    staleTime: FRESH,
  });

export const schemasQuery = (catalog: string) =>
  queryOptions({
    queryKey: ['schemas', catalog],
    queryFn: () => getAll<Schema>(`${catalogPath(catalog)}/schemas`),
    staleTime: FRESH,
  });

export const tablesQuery = (catalog: string, schema: string) =>
  queryOptions({
    queryKey: ['tables', catalog, schema],
    queryFn: () => getAll<Table>(`${schemaPath(catalog, schema)}/tables`),
    staleTime: FRESH,
  });

export const volumesQuery = (catalog: string, schema: string) =>
  queryOptions({
    queryKey: ['volumes', catalog, schema],
    queryFn: () => getAll<Volume>(`${schemaPath(catalog, schema)}/volumes`),
    staleTime: FRESH,
  });

export const tableQuery = (name: TableName, version?: number) =>
  queryOptions({
    queryKey: ['table', name.catalog, name.schema, name.table, version ?? 'latest'],
    queryFn: () => getJson<TableDetail>(tablePath(name), { query: { version } }),
    staleTime: 5_000,
  });

export const historyQuery = (name: TableName) =>
  infiniteQueryOptions({
    queryKey: ['table', name.catalog, name.schema, name.table, 'history'],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam }) =>
      getJson<Page<TableVersion>>(`${tablePath(name)}/history`, {
        query: { limit: 50, before_version: pageParam },
      }),
    getNextPageParam: (page) => {
      const oldest = page.items.at(-1)?.version;
      return page.items.length === 50 && oldest ? oldest : undefined;
    },
  });

export const dataFilesQuery = (name: TableName, version?: number) =>
  infiniteQueryOptions({
    queryKey: ['table', name.catalog, name.schema, name.table, 'files', version ?? 'latest'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      getJson<Page<DataFile>>(`${tablePath(name)}/files`, {
        query: { version, limit: 200, after: pageParam },
      }),
    getNextPageParam: (page) => page.next,
  });

export const previewQuery = (name: TableName, version?: number) =>
  queryOptions({
    queryKey: ['table', name.catalog, name.schema, name.table, 'preview', version ?? 'latest'],
    queryFn: () =>
      sendLossless<QueryResult>('GET', `${tablePath(name)}/preview`, {
        query: { version, limit: 500 },
      }),
    staleTime: FRESH,
  });

export const searchQuery = (text: string, limit = 30) =>
  queryOptions({
    queryKey: ['search', text, limit],
    queryFn: async ({ signal }) =>
      (await getJson<{ items: FoundObject[] }>('/search', { query: { q: text, limit }, signal }))
        .items,
    staleTime: 10_000,
  });

export const createCatalog = (json: { name: string; comment?: string }) =>
  sendJson<Catalog>('POST', '/catalogs', { json });
export const updateCatalog = (catalog: string, json: { name?: string; comment?: string }) =>
  sendJson<Catalog>('PATCH', catalogPath(catalog), { json });
export const dropCatalog = (catalog: string, cascade: boolean) =>
  send('DELETE', catalogPath(catalog), { query: { cascade } });

export const createSchema = (catalog: string, json: { name: string; comment?: string }) =>
  sendJson<Schema>('POST', `${catalogPath(catalog)}/schemas`, { json });
export const updateSchema = (
  catalog: string,
  schema: string,
  json: { name?: string; comment?: string },
) => sendJson<Schema>('PATCH', schemaPath(catalog, schema), { json });
export const dropSchema = (catalog: string, schema: string, cascade: boolean) =>
  send('DELETE', schemaPath(catalog, schema), { query: { cascade } });

export const updateTable = (name: TableName, json: { name?: string; comment?: string }) =>
  sendJson<TableDetail>('PATCH', tablePath(name), { json });
export const dropTable = (name: TableName) => send('DELETE', tablePath(name));

export const createVolume = (
  catalog: string,
  schema: string,
  json: { name: string; comment?: string },
) => sendJson<Volume>('POST', `${schemaPath(catalog, schema)}/volumes`, { json });
export const dropVolume = (catalog: string, schema: string, volume: string) =>
  send('DELETE', `${schemaPath(catalog, schema)}${path`/volumes/${volume}`}`);

export const inferFile = (
  json: { path: string; format?: string; options?: Record<string, unknown> },
  signal?: AbortSignal,
) => sendLossless<InferredFile>('POST', '/tables/infer', signal ? { json, signal } : { json });
export const createTable = (json: CreateTable) =>
  sendJson<TableDetail>('POST', '/tables', { json });
