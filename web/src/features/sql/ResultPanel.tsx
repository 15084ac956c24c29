import { Download, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { exportQuery, type ExportFormat } from '@/api/query';
import { classes } from '@/components/classes';
import { EmptyState } from '@/components/EmptyState';
import { IconButton } from '@/components/IconButton';
import { Keys } from '@/components/Keys';
import { Menu } from '@/components/Menu';
import { TabBar } from '@/components/TabBar';
import { toast, toastError } from '@/components/toasts';
import { changesSomething } from '@/features/report/report';
import { ChartTab } from '@/features/sql/ChartTab';
import { PlanTab } from '@/features/sql/PlanTab';
import { ResultTab } from '@/features/sql/ResultTab';
import { RunStateIcon } from '@/features/sql/RunStateIcon';
import { shownRun, type Run } from '@/features/sql/runs';
import type { SqlTab } from '@/features/sql/tabs';
import { saveResponse } from '@/lib/download';
import { useStore } from '@/lib/store';

type View = 'result' | 'chart' | 'plan';
const VIEWS: { id: View; label: string }[] = [
  { id: 'result', label: 'Result' },
  { id: 'chart', label: 'Chart' },
  { id: 'plan', label: 'Plan' },
];

const READS =
  /^\s*(\(|select|with|from|values|table|pivot|unpivot|summarize|describe|show|explain)/i;

async function download(tab: SqlTab, run: Run, format: ExportFormat): Promise<void> {
  const name = `${tab.title.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.${format}`;
  toast({ title: `Preparing ${name}`, detail: 'The whole result, without the row limit.' });
  const { catalog, schema } = tab;
  await saveResponse(await exportQuery({ sql: run.sql, catalog, schema }, format), name);
}

function RunPicker({ tabId, all, shown }: { tabId: string; all: Run[]; shown: number }) {
  return (
    <div className="flex shrink-0 gap-1 overflow-x-auto border-b border-line px-2 py-1">
      {all.map((run, index) => (
        <button
          key={run.id}
          type="button"
          aria-pressed={index === shown}
          title={run.sql}
          onClick={() => shownRun.set((before) => ({ ...before, [tabId]: index }))}
          className={classes(
            'flex h-6 max-w-44 shrink-0 items-center gap-1.5 rounded-md px-2 text-sm',
            index === shown ? 'bg-selected' : 'text-muted hover:bg-hover',
          )}
        >
          <RunStateIcon state={run.state} />
          <span className="num">{index + 1}</span>
          <span className="truncate font-mono text-xs">{run.sql.replace(/\s+/g, ' ')}</span>
        </button>
      ))}
    </div>
  );
}

/** What the tab's statements gave: rows, a chart of them, or the plan. */
export function ResultPanel({ tab, runs }: { tab: SqlTab; runs: Run[] }) {
  const [chosen, setView] = useState<View>('result');
  const shown = Math.min(useStore(shownRun, (all) => all[tab.id]) ?? 0, runs.length - 1);
  const run = runs[shown];
  if (!run) {
    return (
      <EmptyState icon={<SquareTerminal size={28} />} title="Run a query to see its result">
        <span className="pointer-coarse:hidden">
          <Keys keys="mod+enter" /> runs the statement at the cursor,{' '}
          <Keys keys="mod+shift+enter" /> all of them.
        </span>
        <span className="hidden pointer-coarse:inline">
          Run takes the statement at the cursor, or the selection.
        </span>
      </EmptyState>
    );
  }
  // A plan or a chart of what changes data would say nothing.
  const views = changesSomething(run.sql) ? VIEWS.filter(({ id }) => id === 'result') : VIEWS;
  const view = views.some(({ id }) => id === chosen) ? chosen : 'result';
  const save = (format: ExportFormat) => () => {
    download(tab, run, format).catch((error: unknown) => toastError('Could not download', error));
  };
  return (
    <section aria-label="Result" className="flex min-h-0 flex-1 flex-col">
      <TabBar<View> label="Result" tabs={views} selected={view} onSelect={setView}>
        <Menu
          items={[
            { label: 'Download CSV', onSelect: save('csv') },
            { label: 'Download Parquet', onSelect: save('parquet') },
          ]}
        >
          <IconButton label="Download" disabled={run.state !== 'done' || !READS.test(run.sql)}>
            <Download size={16} />
          </IconButton>
        </Menu>
      </TabBar>
      {runs.length > 1 && <RunPicker tabId={tab.id} all={runs} shown={shown} />}
      {view === 'result' && <ResultTab tab={tab} run={run} />}
      {view === 'chart' &&
        (run.result ? (
          <ChartTab tabId={tab.id} result={run.result} />
        ) : (
          <ResultTab tab={tab} run={run} />
        ))}
      {view === 'plan' && <PlanTab key={run.id} tab={tab} sql={run.sql} />}
    </section>
  );
}
