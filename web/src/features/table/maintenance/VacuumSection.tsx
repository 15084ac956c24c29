import { useState, type FormEvent } from 'react';
import type { TableName } from '@/api/catalog';
import type { QueryResult, TableDetail } from '@/api/types';
import { Button } from '@/components/Button';
import { ConfirmModal } from '@/components/ConfirmModal';
import { Field, Input } from '@/components/Field';
import { Outcome } from '@/features/report/Outcome';
import { useStatement } from '@/features/report/useStatement';
import { Section } from '@/features/table/maintenance/Section';
import { hoursProblem, vacuumSql } from '@/features/table/maintenance/statements';
import { formatBytes, formatMany, rawText } from '@/lib/format';
import { qualified } from '@/lib/identifiers';
import { SAFE_HOURS } from '@/lib/statement';

/** What a dry run found. */
function Found({ result }: { result: QueryResult }) {
  const { files, bytes } = result.statistics;
  if (files === 0) {
    return (
      <p role="status" className="text-muted">
        Nothing to delete: all files are in use or too young.
      </p>
    );
  }
  return (
    <div role="status" className="flex flex-col gap-1">
      <p className="num font-medium">
        {formatMany(files, 'file')} would be deleted, {formatBytes(bytes)}
      </p>
      <ul
        tabIndex={0}
        aria-label="Files that would be deleted"
        className="max-h-48 overflow-auto rounded-md border border-line bg-panel px-3 py-2 font-mono text-xs"
      >
        {result.rows.map(([path]) => (
          <li key={rawText(path)} className="whitespace-nowrap">
            {rawText(path)}
          </li>
        ))}
        {files > result.rows.length && <li>… the first {result.rows.length}</li>}
      </ul>
    </div>
  );
}

/** Deletes files that no version needs any more; a dry run shows them first. */
export function VacuumSection({ name, detail }: { name: TableName; detail: TableDetail }) {
  const [hours, setHours] = useState('');
  const [confirming, setConfirming] = useState(false);
  const dryRun = useStatement();
  const vacuum = useStatement();
  const table = qualified(name.catalog, name.schema, name.table);
  const kept = detail.properties['delta.deletedFileRetentionDuration'] ?? 'interval 7 days';
  const problem = hoursProblem(hours);
  const found =
    dryRun.done?.sql === vacuumSql(table, hours, true) && !vacuum.done ? dryRun.done : undefined;
  const look = (event: FormEvent) => {
    event.preventDefault();
    if (!problem) {
      vacuum.clear();
      dryRun.run(vacuumSql(table, hours, true));
    }
  };
  const files = found?.result.statistics.files ?? 0;
  return (
    <Section
      title="Vacuum"
      text="Deletes files that no version of the retention time needs. Older versions can then no longer be read or restored."
    >
      <form onSubmit={look} className="flex flex-wrap items-start gap-3">
        <Field
          label="Retain, in hours"
          hint={`Empty: as the table says, ${kept.replace(/^interval /i, '')}.`}
          error={problem}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="decimal"
              placeholder={String(SAFE_HOURS)}
              value={hours}
              onChange={(event) => setHours(event.target.value)}
            />
          )}
        </Field>
        <div className="flex gap-2 md:pt-6">
          <Button type="submit" busy={dryRun.busy}>
            Dry run
          </Button>
          <Button
            variant="danger"
            disabled={files === 0}
            busy={vacuum.busy}
            onClick={() => setConfirming(true)}
          >
            {files === 0 ? 'Delete' : `Delete ${formatMany(files, 'file')}`}
          </Button>
        </div>
      </form>
      <Outcome statement={dryRun} table={name} />
      {found && !vacuum.running && <Found result={found.result} />}
      <Outcome statement={vacuum} table={name} />
      {confirming && found && (
        <ConfirmModal
          title={`Delete ${formatMany(files, 'file')} of ${name.table}?`}
          action="Delete"
          onConfirm={() => {
            vacuum.run(vacuumSql(table, hours, false));
            return Promise.resolve();
          }}
          onClose={() => setConfirming(false)}
        >
          <p className="text-muted">
            {formatBytes(found.result.statistics.bytes)} are freed. Versions that need these files
            can no longer be read or restored. This cannot be undone.
          </p>
        </ConfirmModal>
      )}
    </Section>
  );
}
