import { useQuery } from '@tanstack/react-query';
import { Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { queryRecord } from '@/api/query';
import { Button } from '@/components/Button';
import { formatDuration } from '@/lib/format';

const LONG = 1000; // milliseconds after which the view offers to cancel

interface Props {
  /** The server's query id. */
  id: string;
  /** When it began; undefined while it waits for its turn. */
  startedAt: number | undefined;
  cancelling: boolean;
  onCancel(): void;
}

/** The time since the start, how far the server says it is, and a way to stop it. */
export function RunningStatement({ id, startedAt, cancelling, onCancel }: Props) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const elapsed = startedAt === undefined ? 0 : Math.max(0, now - startedAt);
  const record = useQuery({
    queryKey: ['query-progress', id],
    queryFn: () => queryRecord(id),
    enabled: elapsed > 1500,
    refetchInterval: 1000,
    retry: false,
  });
  const progress = record.data?.progress ?? 0; // 0: not known (yet)
  return (
    <div
      role="status"
      className="flex min-h-0 flex-1 flex-col items-center justify-center gap-3 py-6 text-muted"
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
        {startedAt === undefined
          ? 'Waiting'
          : `${cancelling ? 'Cancelling' : 'Running'}, ${formatDuration(elapsed)}`}
        {progress > 0 && ` · ${Math.round(progress)} %`}
      </span>
      {elapsed > LONG && (
        <Button icon={<Square size={12} />} busy={cancelling} onClick={onCancel}>
          Cancel the statement
        </Button>
      )}
    </div>
  );
}
