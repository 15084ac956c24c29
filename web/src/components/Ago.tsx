import { formatAgo, formatFullTime } from '@/lib/format';

/** "3 minutes ago"; the full time in the user's zone shows on hover. */
export function Ago({ time }: { time: string }) {
  return (
    <time dateTime={time} title={formatFullTime(time)} className="whitespace-nowrap">
      {formatAgo(time)}
    </time>
  );
}
