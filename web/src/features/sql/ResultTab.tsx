import { useNavigate } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { useCallback } from 'react';
import type { TableName } from '@/api/catalog';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { DataGrid } from '@/components/grid/DataGrid';
import { toastError } from '@/components/toasts';
import { reportOf, targetOf, type Report as StatementReport } from '@/features/report/report';
import { RunningStatement } from '@/features/report/RunningStatement';
import { ReportView } from '@/features/report/ReportView';
import { sqlEditor } from '@/features/sql/editor-handle';
import { ResultStatus } from '@/features/sql/ResultStatus';
import { cancel, loadMore, type Run } from '@/features/sql/runs';
import { addTab, type SqlTab } from '@/features/sql/tabs';
import { qualified } from '@/lib/identifiers';

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

/** What a statement did, with what can be done next. */
function Report({ run, report }: { run: Run; report: StatementReport }) {
  const navigate = useNavigate();
  const table = targetOf(run.sql, run);
  const query = (name: TableName) => {
    addTab({ sql: `SELECT *\nFROM ${qualified(name.catalog, name.schema, name.table)}` });
    void navigate({ to: '/sql' });
  };
  return (
    <div role="status" className="min-h-0 flex-1 overflow-y-auto">
      <ReportView
        report={report}
        table={table}
        elapsedMs={run.elapsedMs}
        actions={
          table &&
          report.verb !== 'DROP' && <Button onClick={() => query(table)}>Query the table</Button>
        }
      />
    </div>
  );
}

export function ResultTab({ tab, run }: { tab: SqlTab; run: Run }) {
  const more = useCallback(() => void loadMore(tab.id, run.id), [tab.id, run.id]);
  if (run.state === 'waiting' || run.state === 'running') {
    return (
      <RunningStatement
        id={run.id}
        startedAt={run.state === 'running' ? run.startedAt : undefined}
        cancelling={run.cancelling === true}
        onCancel={() => {
          cancel(tab.id).catch((error: unknown) => toastError('Could not cancel', error));
        }}
      />
    );
  }
  if (run.state === 'cancelled') {
    return <EmptyState title="Cancelled">The statement was stopped before it ended.</EmptyState>;
  }
  if (run.state === 'failed' || !run.result) return <FailedView run={run} />;
  const { columns, rows, next } = run.result;
  const report = reportOf(run.sql, run.result);
  if (report) return <Report run={run} report={report} />;
  return (
    <>
      {columns.length === 0 ? (
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
