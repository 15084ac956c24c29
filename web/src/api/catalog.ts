import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { allItems, api, body, losslessBody, PAGE } from '@/api/client';
import type { CreateTable, FileFormat, InferredFile, QueryResult } from '@/api/types';

export interface TableName {
  catalog: string;
  schema: string;
  table: string;
}

interface Description {
  name?: string;
  comment?: string;
}

const FRESH = 30_000; // milliseconds that lists of objects count as up to date
const CATALOG = '/api/v1/catalogs/{catalog}';
const SCHEMA = '/api/v1/catalogs/{catalog}/schemas/{schema}';
const TABLE = '/api/v1/catalogs/{catalog}/schemas/{schema}/tables/{table}';

/** Only the parts of a name: callers may pass objects that hold more. */
const pathOf = ({ catalog, schema, table }: TableName) => ({ catalog, schema, table });
const keyOf = ({ catalog, schema, table }: TableName) => ['table', catalog, schema, table];

export const catalogsQuery = () =>
  queryOptions({
    queryKey: ['catalogs'],
    queryFn: () =>
      allItems((after) =>
        api.GET('/api/v1/catalogs', { params: { query: { limit: PAGE, after } } }),
      ),
    staleTime: FRESH,
  });

export const schemasQuery = (catalog: string) =>
  queryOptions({
    queryKey: ['schemas', catalog],
    queryFn: () =>
      allItems((after) =>
        api.GET(`${CATALOG}/schemas`, {
          params: { path: { catalog }, query: { limit: PAGE, after } },
        }),
      ),
    staleTime: FRESH,
  });

export const tablesQuery = (catalog: string, schema: string) =>
  queryOptions({
    queryKey: ['tables', catalog, schema],
    queryFn: () =>
      allItems((after) =>
        api.GET(`${SCHEMA}/tables`, {
          params: { path: { catalog, schema }, query: { limit: PAGE, after } },
        }),
      ),
    staleTime: FRESH,
  });

export const volumesQuery = (catalog: string, schema: string) =>
  queryOptions({
    queryKey: ['volumes', catalog, schema],
    queryFn: () =>
      allItems((after) =>
        api.GET(`${SCHEMA}/volumes`, {
          params: { path: { catalog, schema }, query: { limit: PAGE, after } },
        }),
      ),
    staleTime: FRESH,
  });

export const tableQuery = (name: TableName, version?: number) =>
  queryOptions({
    queryKey: [...keyOf(name), version ?? 'latest'],
    queryFn: () => body(api.GET(TABLE, { params: { path: pathOf(name), query: { version } } })),
    staleTime: 5_000,
  });

/** Versions, newest first; with `at` those from that one down. */
export const historyQuery = (name: TableName, at?: number) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(name), 'history', at ?? 'latest'],
    initialPageParam: at === undefined ? undefined : at + 1,
    queryFn: ({ pageParam }) =>
      body(
        api.GET(`${TABLE}/history`, {
          params: { path: pathOf(name), query: { limit: 50, before_version: pageParam } },
        }),
      ),
    getNextPageParam: ({ next }) => (next === undefined ? undefined : Number(next)),
  });

/** What the log says of one version; undefined when the log no longer has it. */
export const commitQuery = (name: TableName, version: number) =>
  queryOptions({
    queryKey: [...keyOf(name), 'commit', version],
    queryFn: async () => {
      const query = { limit: 1, before_version: version + 1 };
      const { items } = await body(
        api.GET(`${TABLE}/history`, { params: { path: pathOf(name), query } }),
      );
      return items.find((item) => item.version === version) ?? null;
    },
    staleTime: Infinity,
    retry: false,
  });

export const dataFilesQuery = (name: TableName, version?: number) =>
  infiniteQueryOptions({
    queryKey: [...keyOf(name), 'files', version ?? 'latest'],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      body(
        api.GET(`${TABLE}/files`, {
          params: { path: pathOf(name), query: { version, limit: 200, after: pageParam } },
        }),
      ),
    getNextPageParam: ({ next }) => next,
  });

/** How well the files are kept. */
export const storageQuery = (name: TableName) =>
  queryOptions({
    queryKey: [...keyOf(name), 'storage'],
    queryFn: () => body(api.GET(`${TABLE}/storage`, { params: { path: pathOf(name) } })),
    staleTime: 5_000,
  });

export const PREVIEW_ROWS = 500;

export const previewQuery = (name: TableName, version?: number) =>
  queryOptions({
    queryKey: [...keyOf(name), 'preview', version ?? 'latest'],
    queryFn: () =>
      losslessBody<QueryResult>(
        api.GET(`${TABLE}/preview`, {
          params: { path: pathOf(name), query: { version, limit: PREVIEW_ROWS } },
          parseAs: 'text',
        }),
      ),
    staleTime: FRESH,
  });

export const searchQuery = (text: string, limit = 30) =>
  queryOptions({
    queryKey: ['search', text, limit],
    queryFn: async ({ signal }) =>
      (await body(api.GET('/api/v1/search', { params: { query: { q: text, limit } }, signal })))
        .items,
    staleTime: 10_000,
  });

export const createCatalog = (values: { name: string; comment?: string; workspace?: string }) =>
  body(api.POST('/api/v1/catalogs', { body: values }));
export const updateCatalog = (catalog: string, values: Description) =>
  body(api.PATCH(CATALOG, { params: { path: { catalog } }, body: values }));
export const dropCatalog = (catalog: string, cascade: boolean) =>
  api.DELETE(CATALOG, { params: { path: { catalog }, query: { cascade } } });

export const createSchema = (catalog: string, values: { name: string; comment?: string }) =>
  body(api.POST(`${CATALOG}/schemas`, { params: { path: { catalog } }, body: values }));
export const updateSchema = (catalog: string, schema: string, values: Description) =>
  body(api.PATCH(SCHEMA, { params: { path: { catalog, schema } }, body: values }));
export const dropSchema = (catalog: string, schema: string, cascade: boolean) =>
  api.DELETE(SCHEMA, { params: { path: { catalog, schema }, query: { cascade } } });

export const updateTable = (name: TableName, values: Description) =>
  body(api.PATCH(TABLE, { params: { path: pathOf(name) }, body: values }));
export const dropTable = (name: TableName) => api.DELETE(TABLE, { params: { path: pathOf(name) } });
export const undropTable = (name: TableName) =>
  api.POST(`${TABLE}/undrop`, { params: { path: pathOf(name) } });

export const createVolume = (
  catalog: string,
  schema: string,
  values: { name: string; comment?: string },
) => body(api.POST(`${SCHEMA}/volumes`, { params: { path: { catalog, schema } }, body: values }));
export const dropVolume = (catalog: string, schema: string, volume: string) =>
  api.DELETE(`${SCHEMA}/volumes/{volume}`, { params: { path: { catalog, schema, volume } } });

export const inferFile = (
  values: { path: string; format?: FileFormat; options?: Record<string, unknown> },
  signal: AbortSignal,
) =>
  losslessBody<InferredFile>(
    api.POST('/api/v1/tables/infer', { body: values, parseAs: 'text', signal }),
  );
export const createTable = (values: CreateTable) =>
  body(api.POST('/api/v1/tables', { body: values }));
