import { useQuery } from '@tanstack/react-query';
import { Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { queryRecord } from '@/api/query';
import { Button } from '@/components/Button';
import { toastError } from '@/components/toasts';
import { cancel, type Run } from '@/features/sql/runs';
import { formatDuration } from '@/lib/format';

const LONG = 1000; // milliseconds after which the view itself offers to cancel

/** The time since the start, and how far the server says it is. */
export function RunningView({ tabId, run }: { tabId: string; run: Run }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const elapsed = run.startedAt ? Math.max(0, now - run.startedAt) : 0;
  const record = useQuery({
    queryKey: ['query-progress', run.id],
    queryFn: () => queryRecord(run.id),
    enabled: run.state === 'running' && elapsed > 1500,
    refetchInterval: 1000,
    retry: false,
  });
  const stop = () => {
    cancel(tabId).catch((error: unknown) => toastError('Could not cancel', error));
  };
  const progress = record.data?.progress ?? 0; // 0: not known (yet)
  return (
    <div
      role="status"
      className="flex min-h-0 flex-1 flex-col items-center justify-center gap-3 text-muted"
    >
      <div className="h-1 w-48 overflow-hidden rounded-full bg-hover">
        {progress > 0 ? (
          <div
            className="h-full bg-accent-fill transition-[width]"
            style={{ width: `${Math.min(100, progress)}%` }}
          />
        ) : (
          <div className="skeleton h-full" />
        )}
      </div>
      <span className="num">
        {run.state === 'waiting'
          ? 'Waiting'
          : `${run.cancelling ? 'Cancelling' : 'Running'}, ${formatDuration(elapsed)}`}
        {progress > 0 && ` · ${Math.round(progress)} %`}
      </span>
      {elapsed > LONG && (
        <Button icon={<Square size={12} />} busy={run.cancelling === true} onClick={stop}>
          Cancel the statement
        </Button>
      )}
    </div>
  );
}
