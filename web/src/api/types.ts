// The shapes of the REST API as the page uses them (docs/API.md).

export interface Problem {
  title?: string;
  status?: number;
  id?: string;
  detail?: string;
  request_id?: string;
  errors?: { field: string; problem: string }[];
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export interface Tokens {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
}

export interface User {
  id: string;
  email: string;
  name: string;
  admin: boolean;
  created_at: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  created_at: string;
  expires_at?: string;
}

export interface Catalog {
  id: string;
  name: string;
  owner: string;
  comment: string;
  created_at: string;
}

export interface Schema extends Catalog {
  catalog: string;
}

export interface Volume extends Schema {
  schema: string;
}

export type TableKind = 'managed' | 'external' | 'view';

export interface Table {
  id: string;
  catalog: string;
  schema: string;
  name: string;
  full_name: string;
  kind: TableKind;
  owner: string;
  comment: string;
  created_at: string;
  updated_at: string;
}

export interface TableColumn {
  name: string;
  type: string;
  nullable: boolean;
  comment: string;
  partition_index?: number;
}

export interface TableDetail extends Table {
  format: string;
  location?: string;
  columns: TableColumn[];
  partition_columns: string[];
  version?: number;
  timestamp?: string;
  rows?: number;
  bytes?: number;
  files?: number;
  properties: Record<string, string>;
  reader_features: string[];
  writer_features: string[];
  min_reader_version: number;
  min_writer_version: number;
  view_sql?: string;
}

export interface TableVersion {
  version: number;
  timestamp: string;
  operation: string;
  parameters: Record<string, unknown>;
  metrics: Record<string, unknown>;
  user: string;
  engine: string;
}

export interface DataFile {
  path: string;
  bytes: number;
  rows?: number;
  partition_values: Record<string, string | null>;
  modified_at: string;
  deletion_vector: boolean;
}

export interface FoundObject {
  kind: 'catalog' | 'schema' | 'table' | 'view' | 'volume' | 'column';
  name: string;
  detail: string;
}

export interface DirectoryEntry {
  name: string;
  path: string;
  directory: boolean;
  bytes?: number;
  modified_at?: string;
}

export interface StoredFile {
  path: string;
  bytes: number;
  modified_at: string;
}

export interface Upload {
  id: string;
  path: string;
  bytes: number;
  offset: number;
}

export type FileFormat = 'csv' | 'json' | 'parquet';

export interface InferredFile {
  format: FileFormat;
  columns: { name: string; type: string }[];
  rows: unknown[][];
}

export interface CreateTable {
  name: string;
  path?: string;
  format?: string;
  options?: Record<string, unknown>;
  columns?: { name: string; type: string }[];
  partition_by?: string[];
  comment?: string;
  mode?: 'create' | 'append' | 'overwrite';
}

export interface ResultColumn {
  name: string;
  type: string;
}

export interface QueryStatistics {
  elapsed_ms: number;
  files: number;
  files_skipped: number;
  bytes: number;
}

export interface QueryResult {
  query_id: string;
  columns: ResultColumn[];
  rows: unknown[][];
  next?: string;
  truncated?: boolean;
  statistics: QueryStatistics;
}

export interface QueryRequest {
  sql: string;
  parameters?: unknown;
  cache?: boolean;
  catalog?: string;
  schema?: string;
  query_id?: string;
  page_rows?: number;
  row_limit?: number;
  timeout_s?: number;
}

export type QueryState = 'running' | 'finished' | 'failed' | 'cancelled';

export interface QueryRecord {
  id: string;
  sql: string;
  state: QueryState;
  user: string;
  started_at: string;
  elapsed_ms: number;
  rows?: number;
  progress?: number;
  error?: { id: string; detail: string };
}

export interface SavedQuery {
  id: string;
  name: string;
  sql: string;
  owner: string;
  created_at: string;
  updated_at: string;
}
