import { useQuery } from '@tanstack/react-query';
import { PREVIEW_ROWS, previewQuery, type TableName } from '@/api/catalog';
import { ErrorPanel } from '@/components/ErrorPanel';
import { DataGrid } from '@/components/grid/DataGrid';
import { SkeletonRows } from '@/components/Skeleton';
import { formatMany } from '@/lib/format';

export function PreviewTab({ name, version }: { name: TableName; version: number | undefined }) {
  const preview = useQuery(previewQuery(name, version));
  if (preview.isPending) return <SkeletonRows rows={10} />;
  if (preview.isError) return <ErrorPanel error={preview.error} retry={preview.refetch} />;
  const { columns, rows } = preview.data;
  const all = rows.length < PREVIEW_ROWS;
  const empty = version === undefined ? 'No rows yet.' : 'There were no rows at this version.';
  return (
    <>
      <DataGrid label={`Rows of ${name.table}`} columns={columns} rows={rows} empty={empty} />
      {rows.length > 0 && (
        <p className="num border-t border-line px-4 py-1 text-sm text-muted">
          {all ? 'All' : 'The first'} {formatMany(rows.length, 'row')}
        </p>
      )}
    </>
  );
}
