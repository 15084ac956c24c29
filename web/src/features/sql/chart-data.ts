import type { ResultColumn } from '@/api/types';
import { columnKind, isNumeric, isTemporal } from '@/lib/column-kind';
import { rawText } from '@/lib/format';

export const CHART_TYPES = ['bar', 'line', 'area', 'scatter', 'pie'] as const;
export type ChartType = (typeof CHART_TYPES)[number];
export const AGGREGATES = ['none', 'sum', 'avg', 'min', 'max', 'count'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** What a chart shows; columns by their index. */
export interface ChartConfig {
  type: ChartType;
  x: number;
  y: number[];
  /** Splits the values into one series for each value of this column. */
  series: number | undefined;
  aggregate: Aggregate;
}

export type Value = string | number;

export interface Series {
  name: string;
  x: Value[];
  y: (number | null)[];
}

export interface ChartData {
  series: Series[];
  xIsTime: boolean;
  xIsNumber: boolean;
  /** Set when there were too many series or points to show them all. */
  shortened: boolean;
}

export const MOST_SERIES = 24;
export const MOST_POINTS = 20_000;

/** A first chart for a result; undefined when it has nothing to draw. */
export function defaultChart(columns: ResultColumn[], rows: unknown[][]): ChartConfig | undefined {
  const kinds = columns.map(({ type }) => columnKind(type));
  const numeric = kinds.flatMap((kind, index) => (isNumeric(kind) ? [index] : []));
  if (rows.length === 0 || numeric.length === 0) return undefined;
  const time = kinds.findIndex(isTemporal);
  const text = kinds.findIndex((kind) => kind === 'text' || kind === 'boolean');
  const x = time >= 0 ? time : text >= 0 ? text : numeric[0]!;
  const rest = numeric.filter((index) => index !== x);
  const y = rest.length > 0 ? rest.slice(0, 1) : [x];
  const repeats = new Set(rows.map((row) => rawText(row[x]))).size < rows.length;
  if (time >= 0) {
    const series = repeats && text >= 0 ? text : undefined;
    return {
      type: 'line',
      x,
      y,
      series,
      aggregate: repeats && series === undefined ? 'sum' : 'none',
    };
  }
  if (text >= 0)
    return { type: 'bar', x, y, series: undefined, aggregate: repeats ? 'sum' : 'none' };
  const ordered = !repeats && rows.length <= 60;
  return { type: ordered ? 'bar' : 'scatter', x, y, series: undefined, aggregate: 'none' };
}

function toNumber(value: unknown): number | null {
  if (value === null || value === undefined || value === '') return null;
  const number = typeof value === 'boolean' ? Number(value) : Number(value);
  return Number.isFinite(number) ? number : null;
}

function aggregated(values: (number | null)[], how: Aggregate): number | null {
  const known = values.filter((value) => value !== null);
  if (how === 'count') return known.length;
  if (known.length === 0) return null;
  switch (how) {
    case 'min':
      return known.reduce((a, b) => Math.min(a, b));
    case 'max':
      return known.reduce((a, b) => Math.max(a, b));
    default: {
      const sum = known.reduce((a, b) => a + b, 0);
      return how === 'avg' ? sum / known.length : sum;
    }
  }
}

/** Gathers the values of equal x, in the order in which each x first came. */
function aggregateSeries(series: Series, how: Aggregate): Series {
  const groups = new Map<Value, (number | null)[]>();
  series.x.forEach((x, index) => {
    const group = groups.get(x);
    if (group) group.push(series.y[index]!);
    else groups.set(x, [series.y[index]!]);
  });
  return {
    name: series.name,
    x: [...groups.keys()],
    y: [...groups.values()].map((values) => aggregated(values, how)),
  };
}

function sortedByX(series: Series): Series {
  const order = series.x.map((_, index) => index);
  order.sort((a, b) =>
    series.x[a]! < series.x[b]! ? -1 : series.x[a]! > series.x[b]! ? 1 : a - b,
  );
  return { ...series, x: order.map((i) => series.x[i]!), y: order.map((i) => series.y[i]!) };
}

/** Shapes rows into series for a chart. */
export function chartData(
  config: ChartConfig,
  columns: ResultColumn[],
  rows: unknown[][],
): ChartData {
  const xKind = columnKind(columns[config.x]!.type);
  const xIsTime = isTemporal(xKind);
  const xIsNumber = isNumeric(xKind);
  const xOf = (row: unknown[]): Value => {
    const value = row[config.x] ?? null;
    if (value === null) return 'NULL';
    return xIsNumber ? (toNumber(value) ?? 'NULL') : rawText(value);
  };
  const many = config.y.length > 1;
  const all = new Map<string, Series>();
  for (const row of rows) {
    const x = xOf(row);
    if (x === 'NULL' && (xIsTime || xIsNumber)) continue;
    const group = config.series === undefined ? undefined : rawText(row[config.series]) || 'NULL';
    for (const y of config.y) {
      const column = columns[y]!.name;
      const name = group === undefined ? column : many ? `${group} · ${column}` : group;
      let series = all.get(name);
      if (!series) all.set(name, (series = { name, x: [], y: [] }));
      series.x.push(x);
      series.y.push(config.aggregate === 'count' ? (row[y] == null ? null : 1) : toNumber(row[y]));
    }
  }
  let shortened = all.size > MOST_SERIES;
  let series = [...all.values()].slice(0, MOST_SERIES);
  if (config.aggregate !== 'none') {
    series = series.map((one) => aggregateSeries(one, config.aggregate));
  }
  if (config.type !== 'pie' && config.type !== 'scatter' && (xIsTime || xIsNumber)) {
    series = series.map(sortedByX);
  }
  series = series.map((one) => {
    if (one.x.length <= MOST_POINTS) return one;
    shortened = true;
    return { ...one, x: one.x.slice(0, MOST_POINTS), y: one.y.slice(0, MOST_POINTS) };
  });
  return { series, xIsTime, xIsNumber, shortened };
}
