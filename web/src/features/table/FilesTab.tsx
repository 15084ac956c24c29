import { useInfiniteQuery } from '@tanstack/react-query';
import { dataFilesQuery, type TableName } from '@/api/catalog';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { formatBytes, formatCount } from '@/lib/format';

/** The Parquet files that make up a version of the table. */
export function FilesTab({ name, version }: { name: TableName; version: number | undefined }) {
  const files = useInfiniteQuery(dataFilesQuery(name, version));
  if (files.isPending) return <SkeletonRows />;
  if (files.isError) return <ErrorPanel error={files.error} retry={files.refetch} />;
  const items = files.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <EmptyState title="No files">The table has no rows.</EmptyState>;
  return (
    <div
      role="region"
      aria-label="Data files"
      tabIndex={0}
      className="min-h-0 flex-1 overflow-auto -outline-offset-2"
    >
      <table className="w-full border-collapse text-left">
        <thead className="sticky top-0 bg-panel text-muted">
          <tr className="border-b border-line [&>th]:h-8 [&>th]:px-3 [&>th]:font-medium">
            <th className="pl-4!">File</th>
            <th className="text-right">Rows</th>
            <th className="text-right">Size</th>
            <th>Changed</th>
          </tr>
        </thead>
        <tbody>
          {items.map((file) => (
            <tr key={file.path} className="border-b border-line [&>td]:px-3 [&>td]:py-1.5">
              <td className="w-full min-w-60 pl-4! font-mono text-sm wrap-anywhere">
                {file.path} {file.deletion_vector && <Badge tone="warning">deleted rows</Badge>}
              </td>
              <td className="num text-right">
                {file.rows === undefined ? '' : formatCount(file.rows)}
              </td>
              <td className="num text-right whitespace-nowrap">{formatBytes(file.bytes)}</td>
              <td className="text-muted">
                <Ago time={file.modified_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {files.hasNextPage && (
        <div className="p-4">
          <Button busy={files.isFetchingNextPage} onClick={() => void files.fetchNextPage()}>
            More files
          </Button>
        </div>
      )}
    </div>
  );
}
