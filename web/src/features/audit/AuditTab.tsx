import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { useMemo, useState } from 'react';
import { auditEntries, exportAudit } from '@/api/audit';
import { Button } from '@/components/Button';
import { EmptyState } from '@/components/EmptyState';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { toastError } from '@/components/toasts';
import { AuditFilters } from '@/features/audit/AuditFilters';
import { AuditRow } from '@/features/audit/AuditRow';
import { filterOf, NOTHING, type AuditChoice } from '@/features/audit/filter';
import { saveBlob } from '@/lib/browser';
import { useDebounced } from '@/lib/hooks';

/** For administrators: who did what. */
export function AuditTab() {
  const [choice, setChoice] = useState<AuditChoice>(NOTHING);
  const [now] = useState(() => Date.now());
  const [exporting, setExporting] = useState(false);
  const settled = useDebounced(choice, 250);
  const filter = useMemo(() => filterOf(settled, now), [settled, now]);
  const log = useInfiniteQuery({ ...auditEntries(filter), placeholderData: keepPreviousData });
  const entries = log.data?.pages.flatMap((page) => page.items) ?? [];
  const save = () => {
    setExporting(true);
    exportAudit(filter)
      .then((blob) => saveBlob(blob, 'audit.csv'))
      .catch((error: unknown) => toastError('Could not export', error))
      .finally(() => setExporting(false));
  };
  return (
    <section className="flex flex-col gap-4">
      <div className="flex flex-wrap items-start gap-3">
        <p className="min-w-60 flex-1 text-muted">
          Who did what, newest first. In SQL it is <code>system.access.audit</code>.
        </p>
        <Button icon={<Download size={14} />} busy={exporting} onClick={save}>
          Export CSV
        </Button>
      </div>
      <AuditFilters
        choice={choice}
        onChange={(values) => setChoice((before) => ({ ...before, ...values }))}
      />
      {log.isPending && <SkeletonRows />}
      {log.isError && <ErrorPanel error={log.error} retry={log.refetch} />}
      {log.data && entries.length === 0 && (
        <EmptyState
          icon={<ScrollText size={28} />}
          title="No such entries"
          actions={<Button onClick={() => setChoice(NOTHING)}>Show all entries</Button>}
        />
      )}
      {entries.length > 0 && (
        <ul aria-label="Audit log" className="rounded-lg border border-line">
          {entries.map((entry) => (
            <AuditRow key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <Button
          className="self-start"
          busy={log.isFetchingNextPage}
          onClick={() => void log.fetchNextPage()}
        >
          Older entries
        </Button>
      )}
    </section>
  );
}
