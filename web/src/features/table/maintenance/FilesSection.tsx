import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { storageQuery, type TableName } from '@/api/catalog';
import type { TableDetail } from '@/api/types';
import { ErrorPanel } from '@/components/ErrorPanel';
import { SkeletonRows } from '@/components/Skeleton';
import { Section } from '@/features/table/maintenance/Section';
import { formatBytes, formatCount, formatMany, formatPercent } from '@/lib/format';

function Fact({ label, note, children }: { label: string; note?: string; children: ReactNode }) {
  return (
    <div className="min-w-36 rounded-md border border-line bg-panel px-3 py-2">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="num">
        <span className="text-lg font-medium">{children}</span>
        {note && <span className="block text-sm text-muted">{note}</span>}
      </dd>
    </div>
  );
}

const percent = (part: number, whole: number): string =>
  formatPercent(whole === 0 ? 0 : part / whole);

/** How well the files of the table are kept, and what OPTIMIZE would do about it. */
export function FilesSection({ name, detail }: { name: TableName; detail: TableDetail }) {
  const storage = useQuery(storageQuery(name));
  if (storage.isPending) return <SkeletonRows rows={3} />;
  if (storage.isError) return <ErrorPanel error={storage.error} retry={storage.refetch} />;
  const { data } = storage;
  const average = data.files > 0 ? data.bytes / data.files : 0;
  const advice =
    data.compactable_files > 0
      ? `OPTIMIZE would pack ${formatMany(data.compactable_files, 'file')} (${formatBytes(data.compactable_bytes)}) into ${formatCount(data.compacted_files)}.`
      : 'OPTIMIZE would change nothing now.';
  return (
    <Section title="Files" text={advice}>
      <dl className="flex flex-wrap gap-2">
        <Fact label="Files" note={`${formatBytes(average)} on average`}>
          {formatCount(data.files)}
        </Fact>
        <Fact label="Size" note={`${formatBytes(data.target_bytes)} a file is the aim`}>
          {formatBytes(data.bytes)}
        </Fact>
        <Fact label="Small files" note={formatMany(data.small_files, 'file')}>
          {percent(data.small_files, data.files)}
        </Fact>
        <Fact
          label="Deleted rows in files"
          note={`in ${formatMany(data.files_with_deleted_rows, 'file')}`}
        >
          {formatCount(data.deleted_rows)}
        </Fact>
        <Fact
          label="Log"
          note={`checkpoint every ${detail.properties['delta.checkpointInterval'] ?? '10'} versions`}
        >
          version {data.version}
        </Fact>
        <Fact label="Log kept for" note="then old versions go">
          {(detail.properties['delta.logRetentionDuration'] ?? 'interval 30 days').replace(
            /^interval /i,
            '',
          )}
        </Fact>
      </dl>
    </Section>
  );
}
