import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { historyQuery, type TableName } from '@/api/catalog';
import { Button } from '@/components/Button';
import { FormModal } from '@/components/FormModal';
import { Modal } from '@/components/Modal';
import { ReportView } from '@/features/report/ReportView';
import { RunningStatement } from '@/features/report/RunningStatement';
import { useStatement } from '@/features/report/useStatement';
import { ChangeList } from '@/features/table/history/ChangeList';
import { Summary } from '@/features/table/history/Summary';
import { isVacuumed, useComparison } from '@/features/table/history/useComparison';
import { formatCount, formatDateTime, formatMany } from '@/lib/format';
import { qualified } from '@/lib/identifiers';

const SHOWN = 5; // versions that would be undone

interface PreviewProps {
  name: TableName;
  target: number;
  latest: number;
}

/** The versions that a restore takes back, the newest of them named. */
function Undone({ name, target, latest }: PreviewProps) {
  const history = useInfiniteQuery(historyQuery(name));
  const versions = (history.data?.pages ?? [])
    .flatMap((page) => page.items)
    .filter(({ version }) => version > target)
    .slice(0, SHOWN);
  const count = latest - target;
  return (
    <section>
      <h3 className="mb-1">{formatMany(count, 'version')} would be undone</h3>
      <ul className="num text-sm text-muted">
        {versions.map(({ version, operation, timestamp, user }) => (
          <li key={version}>
            {version} · {operation} · {formatDateTime(timestamp)}
            {user && ` · ${user}`}
          </li>
        ))}
        {count > versions.length && versions.length > 0 && (
          <li>and {formatCount(count - versions.length)} more</li>
        )}
      </ul>
    </section>
  );
}

interface Props extends PreviewProps {
  onClose(): void;
}

/** Shows what restoring would change, does it, and can take it back. */
export function RestoreDialog({ name, target, latest, onClose }: Props) {
  const [base] = useState(latest); // what is compared with stays when the table moves on
  const comparison = useComparison(name, base, target);
  const statement = useStatement();
  const table = qualified(name.catalog, name.schema, name.table);
  const restore = (version: number) =>
    statement.run(`RESTORE TABLE ${table} TO VERSION AS OF ${version}`);
  const { done, running } = statement;
  if (running) {
    return (
      <Modal title={`Restoring ${name.table}`} onClose={statement.cancel}>
        <RunningStatement
          id={running.id}
          startedAt={running.startedAt}
          cancelling={statement.cancelling}
          onCancel={statement.cancel}
        />
      </Modal>
    );
  }
  if (done?.report) {
    const undo = (done.report.version ?? 0) - 1;
    const changed = done.report.version !== undefined && done.report.version > base;
    return (
      <Modal
        title={`Restored ${name.table}`}
        wide
        onClose={onClose}
        footer={
          <>
            {changed && (
              <Button busy={statement.busy} onClick={() => restore(undo)}>
                Undo: back to version {undo}
              </Button>
            )}
            <Button variant="primary" onClick={onClose}>
              Close
            </Button>
          </>
        }
      >
        <div className="-mx-4">
          <ReportView report={done.report} table={name} elapsedMs={done.elapsedMs} />
        </div>
      </Modal>
    );
  }
  const failed = comparison.added.error ?? comparison.removed.error;
  return (
    <FormModal
      title={`Restore ${name.table} to version ${target}?`}
      description={`The table gets the rows, columns and properties of version ${target} again, as a new version. Nothing is lost: that can be undone in the same way.`}
      wide
      submit="Restore"
      busy={statement.busy}
      disabled={isVacuumed(failed)}
      error={statement.error ?? comparison.error}
      onSubmit={() => restore(target)}
      onClose={onClose}
    >
      <Summary comparison={comparison} />
      {comparison.schema && comparison.schema.length > 0 && (
        <div className="-mx-4 border-t border-line">
          <ChangeList changes={comparison.schema} empty="" />
        </div>
      )}
      <Undone name={name} target={target} latest={base} />
    </FormModal>
  );
}
