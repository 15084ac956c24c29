import { useQuery } from '@tanstack/react-query';
import { Table2 } from 'lucide-react';
import { previewQuery, type TableName } from '@/api/catalog';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { DataGrid } from '@/components/grid/DataGrid';
import { SkeletonRows } from '@/components/Skeleton';
import { formatCount } from '@/lib/format';

export function PreviewTab({ name, version }: { name: TableName; version: number | undefined }) {
  const preview = useQuery(previewQuery(name, version));
  if (preview.isPending) return <SkeletonRows rows={10} />;
  if (preview.isError) return <ErrorPanel error={preview.error} retry={preview.refetch} />;
  const { columns, rows } = preview.data;
  if (rows.length === 0) {
    return (
      <EmptyState icon={<Table2 size={28} />} title="No rows">
        {version === undefined ? 'The table is empty.' : 'The table was empty at this version.'}
      </EmptyState>
    );
  }
  return (
    <>
      <DataGrid label={`Rows of ${name.table}`} columns={columns} rows={rows} />
      <p className="num border-t border-line px-4 py-1 text-sm text-muted">
        The first {formatCount(rows.length)} rows
      </p>
    </>
  );
}
