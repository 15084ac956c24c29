import { useMemo } from 'react';
import type { QueryResult } from '@/api/types';
import { Chart } from '@/features/sql/Chart';
import { chartData, defaultChart } from '@/features/sql/chart-data';

/** A result drawn as its columns suggest. */
export function ResultChart({ result }: { result: QueryResult }) {
  const { columns, rows } = result;
  const drawn = useMemo(() => {
    const config = defaultChart(columns, rows);
    if (!config) return undefined;
    const y = config.y.map((index) => columns[index]!.name).join(', ');
    return {
      config,
      data: chartData(config, columns, rows),
      titles: { x: columns[config.x]!.name, y },
    };
  }, [columns, rows]);
  if (!drawn) return <p className="p-3 text-muted">A chart needs rows with a column of numbers.</p>;
  return (
    <div className="flex h-72 p-2">
      <Chart {...drawn} />
    </div>
  );
}
