import type { ReactNode } from 'react';
import type { TableDetail } from '@/api/types';
import { Ago } from '@/components/Ago';
import { Badge } from '@/components/Badge';
import { SqlText } from '@/components/SqlText';
import { formatBytes, formatCount } from '@/lib/format';

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="num font-medium">{children}</dd>
    </div>
  );
}

function Facts({ detail }: { detail: TableDetail }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2 px-4 py-3">
      {detail.rows !== undefined && <Fact label="Rows">{formatCount(detail.rows)}</Fact>}
      {detail.bytes !== undefined && <Fact label="Size">{formatBytes(detail.bytes)}</Fact>}
      {detail.version !== undefined && <Fact label="Version">{detail.version}</Fact>}
      <Fact label="Columns">{formatCount(detail.columns.length)}</Fact>
      <Fact label="Owner">{detail.owner}</Fact>
      <Fact label="Changed">
        <Ago time={detail.timestamp ?? detail.updated_at} />
      </Fact>
    </dl>
  );
}

/** What the table is and what columns it has. */
export function OverviewTab({ detail }: { detail: TableDetail }) {
  return (
    <div
      role="region"
      aria-label="Overview"
      tabIndex={0}
      className="min-h-0 flex-1 overflow-auto -outline-offset-2"
    >
      {detail.comment && <p className="max-w-[80ch] px-4 pt-3">{detail.comment}</p>}
      <Facts detail={detail} />
      {detail.view_sql && (
        <section className="px-4 pb-4">
          <h2 className="mb-1.5">Definition</h2>
          <SqlText sql={detail.view_sql} />
        </section>
      )}
      <table className="w-full border-collapse border-t border-line text-left">
        <thead className="sticky top-0 bg-panel text-muted">
          <tr className="border-b border-line [&>th]:h-8 [&>th]:px-3 [&>th]:font-medium">
            <th className="w-10 pl-4! text-right">#</th>
            <th>Column</th>
            <th>Type</th>
            <th className="max-sm:hidden">Null</th>
            <th className="w-full max-md:hidden">Comment</th>
          </tr>
        </thead>
        <tbody>
          {detail.columns.map((column, index) => (
            <tr key={column.name} className="border-b border-line [&>td]:px-3 [&>td]:py-1.5">
              <td className="num pl-4! text-right text-faint">{index + 1}</td>
              <td className="font-medium whitespace-nowrap">
                {column.name}{' '}
                {column.partition_index !== undefined && <Badge tone="accent">partition</Badge>}
              </td>
              <td className="font-mono text-sm text-muted">
                <div className="w-max max-w-[44ch] wrap-anywhere max-sm:max-w-[22ch]">
                  {column.type}
                </div>
              </td>
              <td className="whitespace-nowrap text-muted max-sm:hidden">
                {column.nullable ? 'yes' : 'no'}
              </td>
              <td className="text-muted max-md:hidden">{column.comment}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
