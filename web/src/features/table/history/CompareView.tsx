import { ArrowLeft, ArrowLeftRight } from 'lucide-react';
import { useState } from 'react';
import type { TableName } from '@/api/catalog';
import { Button } from '@/components/Button';
import { ErrorPanel } from '@/components/ErrorPanel';
import { DataGrid } from '@/components/grid/DataGrid';
import { SkeletonRows } from '@/components/Skeleton';
import { TabBar } from '@/components/TabBar';
import { ChangeList } from '@/features/table/history/ChangeList';
import { ROWS_SHOWN, type RowSet } from '@/features/table/history/diff';
import { Summary } from '@/features/table/history/Summary';
import { isVacuumed, useComparison } from '@/features/table/history/useComparison';
import { formatCount, formatMany } from '@/lib/format';

type View = 'added' | 'removed' | 'schema' | 'properties';

function Rows({ label, set, error }: { label: string; set: RowSet | undefined; error: unknown }) {
  if (error) {
    return isVacuumed(error) ? (
      <p className="p-4 text-muted">The files of one of the versions were deleted by VACUUM.</p>
    ) : (
      <ErrorPanel error={error} />
    );
  }
  if (!set) return <SkeletonRows rows={5} />;
  return (
    <>
      <DataGrid label={label} columns={set.columns} rows={set.rows} empty="No such rows." />
      {set.count > ROWS_SHOWN && (
        <p className="num border-t border-line px-4 py-1 text-sm text-muted">
          The first {formatCount(ROWS_SHOWN)} of {formatMany(set.count, 'row')}
        </p>
      )}
    </>
  );
}

interface Props {
  name: TableName;
  from: number;
  to: number;
  onSwap(): void;
  onClose(): void;
}

/** Two versions of a table side by side: rows, columns and properties that differ. */
export function CompareView({ name, from, to, onSwap, onClose }: Props) {
  const comparison = useComparison(name, from, to);
  const { added, removed, schema, properties, comparable } = comparison;
  const [view, setView] = useState<View>('added');
  const count = (value: number | undefined) => value !== undefined && ` (${formatCount(value)})`;
  const tabs: { id: View; label: React.ReactNode }[] = [
    { id: 'added', label: <>Rows added{count(added.data?.count)}</> },
    { id: 'removed', label: <>Rows removed{count(removed.data?.count)}</> },
    { id: 'schema', label: <>Columns{count(schema?.length)}</> },
    { id: 'properties', label: <>Properties{count(properties?.length)}</> },
  ];
  const shown = comparable ? view : view === 'properties' ? view : 'schema';
  return (
    <section aria-label="Comparison of two versions" className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-col gap-3 px-4 py-3">
        <div className="flex flex-wrap items-center gap-2">
          <Button variant="ghost" icon={<ArrowLeft size={14} />} onClick={onClose}>
            History
          </Button>
          <h2 className="num min-w-0 flex-1 text-lg">
            From version {from} to version {to}
          </h2>
          <Button icon={<ArrowLeftRight size={14} />} onClick={onSwap}>
            Swap
          </Button>
        </div>
        {!comparison.error && <Summary comparison={comparison} />}
      </div>
      {comparison.error ? (
        <ErrorPanel error={comparison.error} />
      ) : (
        <>
          <TabBar<View>
            label="Differences"
            tabs={comparable ? tabs : tabs.slice(2)}
            selected={shown}
            onSelect={setView}
          />
          <div role="tabpanel" className="flex min-h-0 min-w-0 flex-1 flex-col overflow-y-auto">
            {shown === 'added' && <Rows label="Rows added" set={added.data} error={added.error} />}
            {shown === 'removed' && (
              <Rows label="Rows removed" set={removed.data} error={removed.error} />
            )}
            {shown === 'schema' &&
              (schema ? (
                <ChangeList changes={schema} empty="Both versions have the same columns." />
              ) : (
                <SkeletonRows rows={3} />
              ))}
            {shown === 'properties' &&
              (properties ? (
                <ChangeList changes={properties} empty="Both versions have the same properties." />
              ) : (
                <SkeletonRows rows={3} />
              ))}
          </div>
        </>
      )}
    </section>
  );
}
