import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { recentQueries } from '@/api/query';
import type { QueryRecord } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { QueryStateIcon } from '@/features/sql/QueryStateIcon';
import { SkeletonRows } from '@/components/Skeleton';
import { addTab } from '@/features/sql/tabs';
import { formatDuration } from '@/lib/format';

/** The newest run of each text. */
function distinct(records: QueryRecord[]): QueryRecord[] {
  const seen = new Set<string>();
  return records.filter(({ sql }) => {
    if (seen.has(sql)) return false;
    seen.add(sql);
    return true;
  });
}

export function RecentQueries() {
  const recent = useQuery(recentQueries());
  const navigate = useNavigate();
  const open = (sql: string) => {
    addTab({ sql });
    void navigate({ to: '/sql' });
  };
  if (recent.isPending) return <SkeletonRows rows={5} />;
  if (recent.isError) return <ErrorPanel error={recent.error} retry={recent.refetch} />;
  if (recent.data.length === 0) {
    return (
      <EmptyState
        title="No queries yet"
        actions={<Button onClick={() => void navigate({ to: '/sql' })}>Open the editor</Button>}
      >
        What you run in the SQL editor is listed here.
      </EmptyState>
    );
  }
  return (
    <ul>
      {distinct(recent.data)
        .slice(0, 8)
        .map((record) => (
          <li key={record.id}>
            <button
              type="button"
              onClick={() => open(record.sql)}
              className="flex w-full items-center gap-3 px-4 py-1.5 text-left -outline-offset-2 hover:bg-hover pointer-coarse:py-2.5"
            >
              <QueryStateIcon state={record.state} />
              <code className="min-w-0 flex-1 truncate font-mono text-sm">
                {record.sql.replace(/\s+/g, ' ')}
              </code>
              <span className="num hidden text-sm text-muted sm:block">
                {formatDuration(record.elapsed_ms)}
              </span>
              <span className="w-28 shrink-0 text-right text-sm text-muted">
                <Ago time={record.started_at} />
              </span>
            </button>
          </li>
        ))}
    </ul>
  );
}
