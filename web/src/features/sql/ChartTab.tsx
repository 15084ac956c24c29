import { ChartColumn } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import type { QueryResult } from '@/api/types';
import { EmptyState } from '@/components/EmptyState';
import { stepDone } from '@/features/home/steps';
import { Chart } from '@/features/sql/Chart';
import { chartConfigs } from '@/features/sql/chart-configs';
import { chartData, defaultChart, type ChartConfig } from '@/features/sql/chart-data';
import { ChartControls } from '@/features/sql/ChartControls';
import { formatCount } from '@/lib/format';
import { useStore } from '@/lib/store';

/** A kept choice counts only while the columns are the same. */
const signature = (result: QueryResult): string =>
  result.columns.map(({ name, type }) => `${name}:${type}`).join(',');

export function ChartTab({ tabId, result }: { tabId: string; result: QueryResult }) {
  const { columns, rows } = result;
  const kept = useStore(chartConfigs, (all) => all[tabId]);
  const shape = signature(result);
  const initial = useMemo(() => defaultChart(columns, rows), [columns, rows]);
  const config = kept?.shape === shape ? kept.config : initial;
  const data = useMemo(() => config && chartData(config, columns, rows), [config, columns, rows]);
  const titles = useMemo(() => {
    if (!config) return { x: '', y: '' };
    const names = config.y.map((index) => columns[index]!.name).join(', ');
    const y = config.aggregate === 'none' ? names : `${config.aggregate} of ${names}`;
    return { x: columns[config.x]!.name, y };
  }, [config, columns]);
  const drawn = Boolean(config);
  useEffect(() => {
    if (drawn) stepDone('chart');
  }, [drawn]);

  if (!config || !data) {
    return (
      <EmptyState icon={<ChartColumn size={28} />} title="Nothing to draw">
        A chart needs rows with at least one column of numbers.
      </EmptyState>
    );
  }
  const set = (next: ChartConfig) =>
    chartConfigs.set((all) => ({ ...all, [tabId]: { shape, config: next } }));
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-auto md:flex-row md:overflow-hidden">
      <ChartControls columns={columns} config={config} onChange={set} />
      <div className="flex min-h-72 min-w-0 flex-1 flex-col p-2">
        {data.shortened && (
          <p className="px-2 pb-1 text-sm text-warning">
            Not everything is drawn: there are too many series or points. Group the rows in SQL.
          </p>
        )}
        {result.next && (
          <p className="num px-2 pb-1 text-sm text-muted">
            Drawn from the {formatCount(rows.length)} rows loaded so far.
          </p>
        )}
        <Chart config={config} data={data} titles={titles} />
      </div>
    </div>
  );
}
