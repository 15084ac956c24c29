import { useQuery } from '@tanstack/react-query';
import { tableQuery, type TableName } from '@/api/catalog';
import { ApiError } from '@/api/errors';
import { runWhile } from '@/api/query';
import {
  commonColumns,
  missingRowsSql,
  propertyChanges,
  rowSet,
  schemaChanges,
} from '@/features/table/history/diff';
import { qualified } from '@/lib/identifiers';

/** Whether the files of a version are no longer there. */
export const isVacuumed = (error: unknown): boolean =>
  error instanceof ApiError && (error.id === 'sql.fileGone' || error.id === 'delta.filesVacuumed');

function useMissingRows(
  name: TableName,
  columns: string[] | undefined,
  present: number,
  absent: number,
) {
  const table = qualified(name.catalog, name.schema, name.table);
  return useQuery({
    queryKey: ['compare', table, present, absent],
    queryFn: async ({ signal }) =>
      rowSet(await runWhile(signal, { sql: missingRowsSql(table, columns!, present, absent) })),
    enabled: columns !== undefined && columns.length > 0,
    staleTime: Infinity, // versions never change
    retry: false,
  });
}

/** What going from one version of a table to another changes. */
export function useComparison(name: TableName, from: number, to: number) {
  const before = useQuery({ ...tableQuery(name, from), staleTime: Infinity });
  const after = useQuery({ ...tableQuery(name, to), staleTime: Infinity });
  const known = before.data && after.data && { before: before.data, after: after.data };
  const columns = known && commonColumns(known.before, known.after);
  const added = useMissingRows(name, columns, to, from);
  const removed = useMissingRows(name, columns, from, to);
  return {
    error: before.error ?? after.error,
    schema: known && schemaChanges(known.before, known.after),
    properties: known && propertyChanges(known.before, known.after),
    comparable: columns === undefined || columns.length > 0,
    added,
    removed,
  };
}

export type Comparison = ReturnType<typeof useComparison>;
