import { classes } from '@/components/classes';

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classes('skeleton h-3', className)} />;
}

const WIDTHS = ['w-2/3', 'w-1/2', 'w-4/5', 'w-3/5', 'w-2/5', 'w-3/4'];

/** Placeholder lines while a list loads. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4 p-4">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} className={WIDTHS[row % WIDTHS.length]!} />
      ))}
    </div>
  );
}
