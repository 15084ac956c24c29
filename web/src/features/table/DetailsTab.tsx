import type { ReactNode } from 'react';
import type { TableDetail } from '@/api/types';
import { Badge } from '@/components/Badge';
import { CopyButton } from '@/components/CopyButton';
import { SqlText } from '@/components/SqlText';
import { pythonSnippet } from '@/features/table/snippets';
import { formatBytes, formatCount, formatDateTime, formatMany } from '@/lib/format';

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 border-b border-line px-4 py-1.5 sm:grid-cols-[200px_1fr]">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}

function Features({ names }: { names: string[] }) {
  if (names.length === 0) return <span className="text-faint">none</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {names.map((name) => (
        <Badge key={name}>{name}</Badge>
      ))}
    </span>
  );
}

export function DetailsTab({ detail }: { detail: TableDetail }) {
  const properties = Object.entries(detail.properties);
  return (
    <div
      role="region"
      aria-label="Details"
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
    >
      <dl>
        <Row label="Full name">
          {detail.full_name} <CopyButton text={detail.full_name} label="Copy name" />
        </Row>
        <Row label="Kind">
          {detail.kind}, {detail.format}
        </Row>
        {detail.location && (
          <Row label="Location">
            <code className="font-mono text-sm">{detail.location}</code>{' '}
            <CopyButton text={detail.location} label="Copy location" />
          </Row>
        )}
        <Row label="Owner">{detail.owner}</Row>
        <Row label="Created">{formatDateTime(detail.created_at)}</Row>
        {detail.timestamp && (
          <Row label="Version">
            {detail.version}, {formatDateTime(detail.timestamp)}
          </Row>
        )}
        {detail.rows !== undefined && <Row label="Rows">{formatCount(detail.rows)}</Row>}
        {detail.bytes !== undefined && (
          <Row label="Size">
            {formatBytes(detail.bytes)} in {formatMany(detail.files ?? 0, 'file')}
          </Row>
        )}
        <Row label="Partition columns">
          {detail.partition_columns.join(', ') || <span className="text-faint">none</span>}
        </Row>
        <Row label="Protocol">
          reader {detail.min_reader_version}, writer {detail.min_writer_version}
        </Row>
        <Row label="Reader features">
          <Features names={detail.reader_features} />
        </Row>
        <Row label="Writer features">
          <Features names={detail.writer_features} />
        </Row>
        {properties.map(([key, value]) => (
          <Row key={key} label={key}>
            {value}
          </Row>
        ))}
      </dl>
      {detail.location && (
        <section className="max-w-[760px] p-4">
          <h2 className="mb-1.5">Read it from Python</h2>
          <SqlText sql={pythonSnippet(detail)} />
        </section>
      )}
    </div>
  );
}
