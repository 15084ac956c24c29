/** What a column holds, as far as display and charts care. */
export type ColumnKind =
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'instant'
  | 'binary'
  | 'nested'
  | 'text';

const EXACT: Record<string, ColumnKind> = {
  TINYINT: 'integer',
  BYTE: 'integer',
  SMALLINT: 'integer',
  SHORT: 'integer',
  INT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  LONG: 'integer',
  HUGEINT: 'integer',
  UHUGEINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  UBIGINT: 'integer',
  FLOAT: 'float',
  REAL: 'float',
  DOUBLE: 'float',
  BOOLEAN: 'boolean',
  BOOL: 'boolean',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP_NTZ: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'instant',
  TIMESTAMPTZ: 'instant',
  TIMESTAMP_LTZ: 'instant',
  BLOB: 'binary',
  BINARY: 'binary',
};

/**
 * The kind of a type as the server spells it. Results spell types as DuckDB does, where TIMESTAMP
 * has no zone; a table's columns as Spark does, where it is an instant.
 */
export function columnKind(type: string, dialect: 'result' | 'table' = 'result'): ColumnKind {
  const upper = type.trim().toUpperCase();
  if (upper === 'TIMESTAMP') return dialect === 'table' ? 'instant' : 'timestamp';
  if (upper.endsWith(']') || /^(STRUCT|MAP|LIST|ARRAY|UNION|JSON)\b/.test(upper)) return 'nested';
  if (/^(DECIMAL|NUMERIC)\b/.test(upper)) return 'decimal';
  return EXACT[upper] ?? 'text';
}

export const isNumeric = (kind: ColumnKind): boolean =>
  kind === 'integer' || kind === 'decimal' || kind === 'float';

export const isTemporal = (kind: ColumnKind): boolean =>
  kind === 'date' || kind === 'timestamp' || kind === 'instant';
