import type { UseQueryResult } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import { messageOf } from '@/api/errors';
import { Skeleton } from '@/components/Skeleton';
import type { RowSet } from '@/features/table/history/diff';
import { isVacuumed, type Comparison } from '@/features/table/history/useComparison';
import { formatCount } from '@/lib/format';

interface TileProps {
  label: string;
  value: number | undefined;
  /** There is nothing to wait for: the value cannot be had. */
  unknown?: boolean;
}

function Tile({ label, value, unknown }: TileProps) {
  return (
    <div className="min-w-28 rounded-md border border-line bg-panel px-3 py-2">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="num text-lg font-medium">
        {value !== undefined ? (
          formatCount(value)
        ) : unknown ? (
          '—'
        ) : (
          <Skeleton className="my-1.5 w-12" />
        )}
      </dd>
    </div>
  );
}

/** How much going from one version to another changes, and what cannot be told. */
export function Summary({ comparison }: { comparison: Comparison }) {
  const { added, removed, schema, properties, comparable } = comparison;
  const failed = added.error ?? removed.error;
  const tile = (label: string, rows: UseQueryResult<RowSet>) => (
    <Tile label={label} value={rows.data?.count} unknown={!comparable || rows.isError} />
  );
  return (
    <div className="flex flex-col gap-2" role="status">
      <dl className="flex flex-wrap gap-2">
        {tile('Rows added', added)}
        {tile('Rows removed', removed)}
        <Tile label="Columns changed" value={schema?.length} />
        <Tile label="Properties changed" value={properties?.length} />
      </dl>
      {!comparable && (
        <p className="text-muted">
          The versions have no column in common, so that their rows cannot be compared.
        </p>
      )}
      {failed && (
        <p className="flex max-w-[80ch] gap-2 text-muted">
          <CircleAlert size={16} className="mt-0.5 shrink-0 text-warning" aria-hidden />
          {isVacuumed(failed)
            ? 'The rows cannot be compared: VACUUM has deleted files of one of these versions.'
            : `The rows cannot be compared: ${messageOf(failed)}`}
        </p>
      )}
    </div>
  );
}
