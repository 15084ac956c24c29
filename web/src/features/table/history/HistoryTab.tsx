import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { historyQuery, type TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { stepDone } from '@/features/home/steps';
import { addTab } from '@/features/sql/tabs';
import { CompareView } from '@/features/table/history/CompareView';
import { HistoryBar } from '@/features/table/history/HistoryBar';
import { RestoreDialog } from '@/features/table/history/RestoreDialog';
import { VersionRow } from '@/features/table/history/VersionRow';
import { mayWrite } from '@/features/table/rights';
import { qualified } from '@/lib/identifiers';

interface Props {
  name: TableName;
  detail: TableDetail;
  shown: number | undefined;
  onShow(version: number | undefined): void;
}

/** Every version of the table, newest first; two of them can be compared, one brought back. */
export function HistoryTab({ name, detail, shown, onShow }: Props) {
  const { at, from, to } = useSearch({ from: '/shell/catalog/$catalog/$schema/$table' });
  const navigate = useNavigate({ from: '/catalog/$catalog/$schema/$table' });
  const history = useInfiniteQuery(historyQuery(name, at));
  const newest = useInfiniteQuery(historyQuery(name)); // the same one, unless `at` is set
  const [picked, setPicked] = useState<number[]>([]);
  const [restoring, setRestoring] = useState<number>();
  const latest = newest.data?.pages[0]?.items[0]?.version;

  const go = (version: number | undefined) =>
    void navigate({ search: { tab: 'history', ...(version !== undefined && { at: version }) } });
  const compare = (one: number, other: number) =>
    void navigate({ search: (old) => ({ ...old, tab: 'history', from: one, to: other }) });
  if (from !== undefined && to !== undefined) {
    return (
      <CompareView
        key={`${from} ${to}`}
        name={name}
        from={from}
        to={to}
        onSwap={() => compare(to, from)}
        onClose={() => go(at)}
      />
    );
  }
  if (history.isPending) return <SkeletonRows />;
  if (history.isError) return <ErrorPanel error={history.error} retry={history.refetch} />;
  const versions = history.data.pages.flatMap((page) => page.items);
  const actions = {
    view: (version: number) => {
      stepDone('version');
      onShow(version === latest ? undefined : version);
    },
    query: (version: number) => {
      const full = qualified(name.catalog, name.schema, name.table);
      addTab({ sql: `SELECT *\nFROM ${full} VERSION AS OF ${version}` });
      void navigate({ to: '/sql' });
    },
    compare,
    restore: mayWrite(detail) ? setRestoring : undefined,
  };
  const pick = (version: number) =>
    setPicked((before) =>
      before.includes(version)
        ? before.filter((other) => other !== version)
        : [...before.slice(-1), version].sort((a, b) => a - b),
    );
  return (
    <>
      <HistoryBar
        picked={picked}
        at={at}
        onCompare={compare}
        onClear={() => setPicked([])}
        onGo={go}
      />
      {versions.length === 0 ? (
        <EmptyState
          title="The log has no such versions"
          actions={<Button onClick={() => go(undefined)}>Show the newest</Button>}
        >
          Versions that are older than the table keeps its log were cleaned up.
        </EmptyState>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto">
          <ol aria-label="Versions">
            {versions.map((version) => (
              <VersionRow
                key={version.version}
                version={version}
                latest={version.version === latest}
                shown={version.version === shown}
                marked={version.version === at}
                picked={picked.includes(version.version)}
                onPick={() => pick(version.version)}
                actions={actions}
              />
            ))}
          </ol>
          {history.hasNextPage && (
            <div className="p-4">
              <Button
                busy={history.isFetchingNextPage}
                onClick={() => void history.fetchNextPage()}
              >
                Older versions
              </Button>
            </div>
          )}
        </div>
      )}
      {restoring !== undefined && latest !== undefined && (
        <RestoreDialog
          name={name}
          target={restoring}
          latest={latest}
          onClose={() => setRestoring(undefined)}
        />
      )}
    </>
  );
}
