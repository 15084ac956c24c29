import { useQuery } from '@tanstack/react-query';
import { Database, Pencil, RefreshCw } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { messageOf } from '@/api/errors';
import { runWhile, savedQuery } from '@/api/query';
import { IconButton } from '@/components/IconButton';
import { Skeleton, SkeletonRows } from '@/components/Skeleton';
import type { SqlEmbedValue } from '@/features/documents/editor/mounts';
import { readOnlySql } from '@/features/documents/embeds/read-only-sql';
import { ResultTable, SHOWN } from '@/features/documents/embeds/ResultTable';
import { formatMany } from '@/lib/format';

const ResultChart = lazy(() =>
  import('@/features/documents/embeds/ResultChart').then((module) => ({
    default: module.ResultChart,
  })),
);
const SAVED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LIMITS = { row_limit: 1000, timeout_s: 60 };

interface Props {
  value: SqlEmbedValue;
  /** Guests have no rights to run queries with. */
  runs: boolean;
  onEdit: (() => void) | undefined;
}

/** A query within a text: it runs with the rights of whoever reads, and only reads. */
export function SqlEmbed({ value, runs, onEdit }: Props) {
  const isSaved = SAVED.test(value.query);
  const saved = useQuery({ ...savedQuery(value.query), enabled: runs && isSaved });
  const sql = isSaved ? saved.data?.sql : value.query;
  const result = useQuery({
    queryKey: ['documents', 'embed', sql],
    queryFn: ({ signal }) => runWhile(signal, { sql: readOnlySql(sql!), ...LIMITS }),
    enabled: runs && !!sql,
    retry: false,
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });
  const error = saved.error ?? result.error;
  const rows = result.data?.rows.length ?? 0;
  const cut = rows > SHOWN && value.view === 'table';
  return (
    <figure className="overflow-hidden rounded-lg border border-line bg-raised text-base">
      <figcaption className="flex h-8 items-center gap-2 border-b border-line bg-panel pr-1 pl-3 text-sm text-muted">
        <Database size={14} aria-hidden className="shrink-0" />
        <span className="min-w-0 flex-1 truncate font-mono text-xs" title={sql}>
          {saved.data?.name ?? sql ?? 'Saved query'}
        </span>
        {result.data && (
          <span className="num whitespace-nowrap">
            {cut ? `First ${SHOWN} rows` : formatMany(rows, 'row')}
          </span>
        )}
        <span className="no-print flex">
          {runs && (
            <IconButton small label="Run again" onClick={() => void result.refetch()}>
              <RefreshCw size={13} className={result.isFetching ? 'animate-spin' : ''} />
            </IconButton>
          )}
          {onEdit && (
            <IconButton small label="Change the query" onClick={onEdit}>
              <Pencil size={13} />
            </IconButton>
          )}
        </span>
      </figcaption>
      {!runs && <p className="p-3 text-muted">Sign in to see the result of this query.</p>}
      {runs && !value.query && <p className="p-3 text-muted">There is no query here yet.</p>}
      {runs && error && (
        <p role="alert" className="p-3 wrap-anywhere text-danger">
          {messageOf(error)}
        </p>
      )}
      {runs && !error && !!value.query && !result.data && <SkeletonRows rows={3} />}
      {!error && result.data && value.view === 'table' && <ResultTable result={result.data} />}
      {!error && result.data && value.view === 'chart' && (
        <Suspense fallback={<Skeleton className="m-3 h-40" />}>
          <ResultChart result={result.data} />
        </Suspense>
      )}
    </figure>
  );
}
