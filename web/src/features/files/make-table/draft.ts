import type { CreateTable, FileFormat, InferredFile } from '@/api/types';
import { nameProblem, qualified } from '@/lib/identifiers';

export type TableMode = 'create' | 'append' | 'overwrite';

export interface DraftColumn {
  /** Name in the file. */
  source: string;
  name: string;
  type: string;
  partition: boolean;
}

/** How a CSV file is read; "" leaves it to the server to tell. */
export interface CsvOptions {
  header: '' | 'yes' | 'no';
  delimiter: string;
}

export interface Draft {
  catalog: string;
  schema: string;
  name: string;
  mode: TableMode;
  columns: DraftColumn[];
}

export const TYPES = [
  'STRING',
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL(18,2)',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP_NTZ',
  'BINARY',
];

export const draftColumns = (inferred: InferredFile): DraftColumn[] =>
  inferred.columns.map(({ name, type }) => ({ source: name, name, type, partition: false }));

/** The options of the request; undefined when everything is left to the server. */
export function readerOptions(
  format: FileFormat | undefined,
  csv: CsvOptions,
): Record<string, unknown> | undefined {
  if (format !== 'csv') return undefined;
  const options: Record<string, unknown> = {};
  if (csv.header) options.header = csv.header === 'yes';
  if (csv.delimiter) options.delimiter = csv.delimiter;
  return Object.keys(options).length > 0 ? options : undefined;
}

/** What is wrong with each column's name, by its place. */
export function columnProblems(columns: DraftColumn[]): (string | undefined)[] {
  const seen = new Set<string>();
  return columns.map(({ name }) => {
    const key = name.trim().toLowerCase();
    if (!key) return 'Enter a name.';
    if (seen.has(key)) return 'Two columns cannot have the same name.';
    seen.add(key);
    return undefined;
  });
}

export function draftProblem(draft: Draft): string | undefined {
  const name = nameProblem(draft.name);
  if (name) return name;
  if (draft.mode !== 'create') return undefined;
  if (draft.columns.length > 0 && draft.columns.every(({ partition }) => partition)) {
    return 'At least one column must not be a partition column.';
  }
  return columnProblems(draft.columns).find((problem) => problem !== undefined);
}

/** The request that a draft stands for. Columns go with it only where they were changed. */
export function createRequest(
  draft: Draft,
  inferred: InferredFile,
  path: string,
  options: Record<string, unknown> | undefined,
): CreateTable {
  const changed = draft.columns.some(
    ({ name, type }, index) =>
      name !== inferred.columns[index]?.name || type !== inferred.columns[index]?.type,
  );
  const partitions = draft.columns.filter(({ partition }) => partition).map(({ name }) => name);
  const creates = draft.mode === 'create';
  return {
    name: qualified(draft.catalog, draft.schema, draft.name),
    path,
    format: inferred.format as FileFormat,
    mode: draft.mode,
    ...(options && { options }),
    ...(creates && changed && { columns: draft.columns.map(({ name, type }) => ({ name, type })) }),
    ...(creates && partitions.length > 0 && { partition_by: partitions }),
  };
}
