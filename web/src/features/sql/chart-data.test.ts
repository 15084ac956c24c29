import { describe, expect, test } from 'vitest';
import { chartData, defaultChart, MOST_SERIES, type ChartConfig } from './chart-data';

const columns = [
  { name: 'carrier', type: 'VARCHAR' },
  { name: 'day', type: 'DATE' },
  { name: 'flights', type: 'BIGINT' },
  { name: 'delay', type: 'DOUBLE' },
];
const rows = [
  ['AA', '2013-01-02', 10, 1.5],
  ['UA', '2013-01-01', 20, null],
  ['AA', '2013-01-01', '30', 2.5],
];
const config = (values: Partial<ChartConfig>): ChartConfig => ({
  type: 'bar',
  x: 0,
  y: [2],
  series: undefined,
  aggregate: 'none',
  ...values,
});

describe('defaultChart', () => {
  test('time on x gives lines, split by text where days repeat', () => {
    expect(defaultChart(columns, rows)).toMatchObject({ type: 'line', x: 1, y: [2], series: 0 });
  });
  test('text on x gives bars, summed where it repeats', () => {
    const some = columns.filter(({ type }) => type !== 'DATE');
    const data = rows.map(([a, , c, d]) => [a, c, d]);
    expect(defaultChart(some, data)).toMatchObject({ type: 'bar', x: 0, y: [1], aggregate: 'sum' });
  });
  test('nothing numeric or no rows gives no chart', () => {
    expect(defaultChart(columns.slice(0, 2), rows)).toBeUndefined();
    expect(defaultChart(columns, [])).toBeUndefined();
  });
});

describe('chartData', () => {
  test('aggregates equal x in their first order', () => {
    const { series } = chartData(config({ aggregate: 'sum' }), columns, rows);
    expect(series).toEqual([{ name: 'flights', x: ['AA', 'UA'], y: [40, 20] }]);
  });
  test('count and avg leave NULL out', () => {
    expect(chartData(config({ y: [3], aggregate: 'count' }), columns, rows).series[0]!.y).toEqual([
      2, 0,
    ]);
    expect(chartData(config({ y: [3], aggregate: 'avg' }), columns, rows).series[0]!.y).toEqual([
      2,
      null,
    ]);
  });
  test('time is sorted and split into series', () => {
    const { series, xIsTime } = chartData(config({ type: 'line', x: 1, series: 0 }), columns, rows);
    expect(xIsTime).toBe(true);
    expect(series).toEqual([
      { name: 'AA', x: ['2013-01-01', '2013-01-02'], y: [30, 10] },
      { name: 'UA', x: ['2013-01-01'], y: [20] },
    ]);
  });
  test('too many series are cut, and that is said', () => {
    const wide = Array.from({ length: MOST_SERIES + 1 }, (_, i) => [`c${i}`, '2013-01-01', i, 0]);
    const data = chartData(config({ x: 1, series: 0 }), columns, wide);
    expect(data.series).toHaveLength(MOST_SERIES);
    expect(data.shortened).toBe(true);
  });
});
