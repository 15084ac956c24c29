import type { Run } from '@/features/sql/runs';
import { formatBytes, formatCount, formatDuration, formatMany } from '@/lib/format';

/** The line below a result: how many rows, how long, how much was read. */
export function ResultStatus({ run }: { run: Run }) {
  const { rows, next, truncated, statistics } = run.result!;
  const read = statistics?.files ?? 0;
  const skipped = statistics?.files_skipped ?? 0;
  return (
    <div className="num flex shrink-0 flex-wrap items-center gap-x-4 gap-y-0.5 border-t border-line px-3 py-1 text-sm text-muted">
      <span>
        {formatMany(rows.length, 'row')}
        {next && (run.loadingMore ? ', loading more…' : ' loaded, more below')}
      </span>
      {truncated && !next && (
        <span className="font-medium text-warning">
          Cut at the row limit. Choose a higher limit to see more.
        </span>
      )}
      {run.error && <span className="text-danger">{run.error.message}</span>}
      <span className="flex-1" />
      {read + skipped > 0 && (
        <span title="Files that cannot hold matching rows are not read">
          {formatMany(read, 'file')}
          {skipped > 0 && `, ${formatCount(skipped)} skipped`}
          {statistics.bytes > 0 && `, ${formatBytes(statistics.bytes)}`}
        </span>
      )}
      {statistics?.cached && (
        <span title="The tables did not change since this statement was last run">
          known answer
        </span>
      )}
      <span title={`In the server: ${formatDuration(statistics?.elapsed_ms ?? 0)}`}>
        {formatDuration(run.elapsedMs ?? 0)}
      </span>
    </div>
  );
}
