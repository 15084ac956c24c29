import { CheckCircle2, CircleAlert } from 'lucide-react';
import { useCallback } from 'react';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { DataGrid } from '@/components/grid/DataGrid';
import { sqlEditor } from '@/features/sql/editor-handle';
import { ResultStatus } from '@/features/sql/ResultStatus';
import { RunningView } from '@/features/sql/RunningView';
import { loadMore, type Run } from '@/features/sql/runs';
import type { SqlTab } from '@/features/sql/tabs';
import { formatMany, rawText } from '@/lib/format';

function FailedView({ run }: { run: Run }) {
  const { message, position, requestId } = run.error!;
  const show = () => {
    const { view } = sqlEditor;
    if (!view || position === undefined) return;
    const anchor = Math.min(run.from + position, view.state.doc.length);
    view.dispatch({ selection: { anchor }, scrollIntoView: true });
    view.focus();
  };
  return (
    <div role="alert" className="min-h-0 flex-1 overflow-auto p-4">
      <div className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-danger">
        <CircleAlert size={16} className="mt-0.5 shrink-0" />
        <div className="min-w-0 flex-1 whitespace-pre-wrap wrap-anywhere">
          {message}
          {requestId && <div className="mt-1 text-sm text-muted">Request {requestId}</div>}
        </div>
        {position !== undefined && <Button onClick={show}>Show in editor</Button>}
      </div>
    </div>
  );
}

/** What a statement that changes something says. */
function MessageView({ run }: { run: Run }) {
  const { columns, rows } = run.result!;
  const [row] = rows;
  const texts = columns.flatMap(({ name }, index) => {
    const value = row?.[index];
    if (value === null || value === undefined) return [];
    if (name === 'num_affected_rows') return [`${formatMany(Number(value), 'row')} affected`];
    return [name === 'message' ? rawText(value) : `${name} ${rawText(value)}`];
  });
  return (
    <EmptyState icon={<CheckCircle2 size={28} className="text-success" />} title="Done">
      {texts.join(' · ')}
    </EmptyState>
  );
}

const MESSAGES = new Set(['message', 'num_affected_rows', 'version']);

export function ResultTab({ tab, run }: { tab: SqlTab; run: Run }) {
  const more = useCallback(() => void loadMore(tab.id, run.id), [tab.id, run.id]);
  if (run.state === 'waiting' || run.state === 'running') return <RunningView run={run} />;
  if (run.state === 'cancelled') {
    return <EmptyState title="Cancelled">The statement was stopped before it ended.</EmptyState>;
  }
  if (run.state === 'failed' || !run.result) return <FailedView run={run} />;
  const { columns, rows, next } = run.result;
  const isMessage =
    rows.length === 1 && columns.length > 0 && columns.every(({ name }) => MESSAGES.has(name));
  const changes = /^\s*(select|with|from|values)\b/i.test(run.sql);
  return (
    <>
      {isMessage && !changes ? (
        <MessageView run={run} />
      ) : columns.length === 0 ? (
        <EmptyState title="Done">The statement ran and gives no rows.</EmptyState>
      ) : (
        <DataGrid
          key={run.id}
          label="Result"
          columns={columns}
          rows={rows}
          empty="No rows: the statement ran and its result is empty."
          onEnd={next ? more : undefined}
        />
      )}
      <ResultStatus run={run} />
    </>
  );
}
