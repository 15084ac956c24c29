import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CheckCircle2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { commitQuery, type TableName } from '@/api/catalog';
import { messageOf } from '@/api/errors';
import { factLabel, factValue, metricName, type Fact } from '@/features/report/facts';
import { ownCommit, sharedRows, titleOf, withCommit, type Report } from '@/features/report/report';
import { formatCount, formatDuration, formatMany, rawText } from '@/lib/format';
import { qualified } from '@/lib/identifiers';

function Tile({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="min-w-28 rounded-md border border-line bg-panel px-3 py-2">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="num text-lg font-medium">{children}</dd>
    </div>
  );
}

export function FactTiles({ facts, children }: { facts: Fact[]; children?: ReactNode }) {
  const shown = facts.filter(({ what }) => what !== 'time');
  return (
    <dl className="flex flex-wrap gap-2">
      {shown.map((fact) => (
        <Tile key={factLabel(fact)} label={factLabel(fact)}>
          {factValue(fact)}
        </Tile>
      ))}
      {children}
    </dl>
  );
}

/** All that a commit's engine measured, under its own names. */
export function AllMetrics({
  metrics,
  open,
}: {
  metrics: Record<string, unknown>;
  open?: boolean;
}) {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return null;
  return (
    <details className="text-sm" open={open}>
      <summary className="w-fit cursor-pointer rounded-sm text-muted hover:text-text">
        All {formatCount(entries.length)} metrics
      </summary>
      <dl className="num mt-2 grid grid-cols-[minmax(0,max-content)_minmax(0,1fr)] gap-x-4 gap-y-0.5">
        {entries.map(([key, value]) => (
          <div key={key} className="contents">
            <dt className="text-muted">{metricName(key)}</dt>
            <dd className="min-w-0 wrap-anywhere">
              {/^\d+$/.test(rawText(value)) ? formatCount(Number(value)) : rawText(value)}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

interface Props {
  report: Report;
  /** The table that was changed, where that is known. */
  table?: TableName | undefined;
  elapsedMs?: number | undefined;
  actions?: ReactNode;
}

/** What a statement did, to be read. */
export function ReportView({ report, table, elapsedMs, actions }: Props) {
  const { version } = report;
  const commit = useQuery({
    ...commitQuery(table ?? { catalog: '', schema: '', table: '' }, version ?? 0),
    enabled: table !== undefined && version !== undefined && !report.unchanged,
  });
  const own = ownCommit(report, commit.data);
  const facts = withCommit(report, own).filter(({ what, value }) => what === 'rows' || value !== 0);
  const others = sharedRows(report, own);
  const gone = report.verb === 'DROP';
  return (
    <section aria-label="Report" className="flex flex-col gap-3 p-4">
      <div className="flex items-start gap-2">
        <CheckCircle2 size={20} className="mt-0.5 shrink-0 text-success" aria-hidden />
        <div className="min-w-0 flex-1">
          <h2 className="text-lg wrap-anywhere">{titleOf(report)}</h2>
          {table && !gone && (
            <Link
              to="/catalog/$catalog/$schema/$table"
              params={table}
              className="rounded-sm text-muted wrap-anywhere hover:text-text hover:underline"
            >
              {qualified(table.catalog, table.schema, table.table)}
            </Link>
          )}
        </div>
      </div>
      <FactTiles facts={facts}>
        {version !== undefined && (
          <Tile label="Version">
            {table ? (
              <Link
                to="/catalog/$catalog/$schema/$table"
                params={table}
                search={{ tab: 'history', at: version }}
                className="rounded-sm text-accent hover:underline"
              >
                {version}
                <span className="sr-only"> in the table’s history</span>
              </Link>
            ) : (
              version
            )}
          </Tile>
        )}
        {elapsedMs !== undefined && <Tile label="Took">{formatDuration(elapsedMs)}</Tile>}
      </FactTiles>
      {version !== undefined && report.unchanged && (
        <p className="text-sm text-muted">
          Nothing changed: the table is at version {version} as before.
        </p>
      )}
      {others > 0 && (
        <p className="text-sm text-muted">
          The version also holds {formatMany(others, 'row')} that other statements appended at the
          same time: they share its files.
        </p>
      )}
      {commit.isError && (
        <p className="text-sm text-muted">
          What the version’s commit says cannot be shown: {messageOf(commit.error)}
        </p>
      )}
      {own && <AllMetrics metrics={own.metrics as Record<string, unknown>} />}
      {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
    </section>
  );
}
