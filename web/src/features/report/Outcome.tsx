import type { TableName } from '@/api/catalog';
import { FormError } from '@/components/FormError';
import { ReportView } from '@/features/report/ReportView';
import { RunningStatement } from '@/features/report/RunningStatement';
import type { StatementRun } from '@/features/report/useStatement';

/** Below the form that runs a statement: that it runs, why it failed, or what it did. */
export function Outcome({ statement, table }: { statement: StatementRun; table: TableName }) {
  const { running, cancelling, cancel, error, done } = statement;
  if (running) {
    return (
      <RunningStatement
        id={running.id}
        startedAt={running.startedAt}
        cancelling={cancelling}
        onCancel={cancel}
      />
    );
  }
  if (error) return <FormError error={error} />;
  if (!done?.report) return null;
  return (
    <div role="status" className="rounded-md border border-line">
      <ReportView report={done.report} table={table} elapsedMs={done.elapsedMs} />
    </div>
  );
}
