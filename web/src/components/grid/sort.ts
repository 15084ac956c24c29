import { columnKind, isNumeric, type ColumnKind } from '@/lib/column-kind';
import { rawText } from '@/lib/format';

export interface Sort {
  column: number;
  descending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });

function compareNumbers(a: unknown, b: unknown): number {
  const left = Number(a);
  const right = Number(b);
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  if (left !== right) return left - right;
  // Equal as doubles: digits beyond 2^53 may still differ.
  const exact = /^-?\d+$/;
  const [x, y] = [String(a), String(b)];
  if (!exact.test(x) || !exact.test(y)) return 0;
  const difference = BigInt(x) - BigInt(y);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function compareValues(kind: ColumnKind, a: unknown, b: unknown): number {
  if (isNumeric(kind)) return compareNumbers(a, b);
  if (kind === 'text') return collator.compare(String(a), String(b));
  const [x, y] = [rawText(a), rawText(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The order in which to show rows: their indexes, NULL last either way, equal rows as they came. */
export function sortedIndexes(
  rows: unknown[][],
  columns: { type: string }[],
  sort: Sort | undefined,
): number[] | undefined {
  const column = sort && columns[sort.column];
  if (!sort || !column) return undefined;
  const kind = columnKind(column.type);
  const sign = sort.descending ? -1 : 1;
  return rows
    .map((_, index) => index)
    .sort((i, j) => {
      const [a, b] = [rows[i]![sort.column] ?? null, rows[j]![sort.column] ?? null];
      if (a === null || b === null) return Number(a === null) - Number(b === null) || i - j;
      return sign * compareValues(kind, a, b) || i - j;
    });
}

/** A click on a header: ascending, then descending, then as the rows came. */
export function nextSort(sort: Sort | undefined, column: number): Sort | undefined {
  if (sort?.column !== column) return { column, descending: false };
  return sort.descending ? undefined : { column, descending: true };
}
