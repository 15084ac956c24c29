import { useInfiniteQuery } from '@tanstack/react-query';
import { queryHistory } from '@/api/query';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { QueryStateIcon } from '@/features/sql/QueryStateIcon';
import { addTab } from '@/features/sql/tabs';
import { formatMany, formatDuration } from '@/lib/format';

/** What was run before; a click opens it in a tab. */
export function HistoryPanel() {
  const history = useInfiniteQuery(queryHistory());
  if (history.isPending) return <SkeletonRows />;
  if (history.isError) return <ErrorPanel error={history.error} retry={history.refetch} />;
  const records = history.data.pages.flatMap((page) => page.items);
  if (records.length === 0) return <p className="p-4 text-muted">Nothing was run yet.</p>;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ul>
        {records.map((record) => (
          <li key={record.id} className="border-b border-line">
            <button
              type="button"
              title={record.error?.detail ?? record.sql}
              onClick={() => addTab({ sql: record.sql })}
              className="w-full px-3 py-1.5 text-left -outline-offset-2 hover:bg-hover"
            >
              <code className="line-clamp-2 font-mono text-xs wrap-anywhere">
                {record.sql.replace(/\s+/g, ' ')}
              </code>
              <span className="num mt-0.5 flex items-center gap-1.5 text-xs text-muted">
                <QueryStateIcon state={record.state} />
                <Ago time={record.started_at} /> · {formatDuration(record.elapsed_ms)}
                {record.rows !== undefined && ` · ${formatMany(record.rows, 'row')}`}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {history.hasNextPage && (
        <div className="p-3">
          <Button busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            Older queries
          </Button>
        </div>
      )}
    </div>
  );
}
