import { rawText, type ColumnFormat } from '@/lib/format';

export const ROW_HEIGHT = 28;
export const HEADER_HEIGHT = 32;

export interface GridColumn {
  name: string;
  type: string;
}

export interface Position {
  row: number; // -1: the header
  column: number;
}

/** In a position's column: a row's number was pressed, which means all of its cells. */
export const WHOLE_ROW = -1;

/** The cells from `anchor` to `active`, the header left out. */
export interface Range {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export function rangeOf(anchor: Position, active: Position): Range {
  return {
    top: Math.max(0, Math.min(anchor.row, active.row)),
    bottom: Math.max(anchor.row, active.row),
    left: Math.min(anchor.column, active.column),
    right: Math.max(anchor.column, active.column),
  };
}

const NARROWEST = 64;
const WIDEST = 340;
const LETTER = 7.2; // pixels, about, of Inter at 13 px
const DIGIT = 8.2; // tabular digits are wider

/** About how many pixels a text takes. */
function textWidth(text: string): number {
  const shown = text.slice(0, 60);
  const digits = shown.length - shown.replace(/[\d:+-]/g, '').length;
  return digits * DIGIT + (shown.length - digits) * LETTER;
}

/** Widths that fit the names and the first rows. */
export function initialWidths(
  columns: GridColumn[],
  formats: ColumnFormat[],
  rows: unknown[][],
): number[] {
  const sample = rows.slice(0, 60);
  return columns.map((column, index) => {
    let widest = textWidth(column.name) + 18; // room for the sort arrow
    for (const row of sample) {
      const value = row[index];
      const text = value === null || value === undefined ? 'NULL' : formats[index]!.text(value);
      widest = Math.max(widest, textWidth(text));
    }
    return Math.round(Math.min(WIDEST, Math.max(NARROWEST, widest + 22)));
  });
}

/** Cells as tab-separated lines, the way spreadsheets take them. */
export function copyRange(range: Range, rows: unknown[][], order: number[] | undefined): string {
  const single = range.top === range.bottom && range.left === range.right;
  const lines: string[] = [];
  for (let row = range.top; row <= range.bottom; row += 1) {
    const source = rows[order ? order[row]! : row];
    if (!source) continue;
    const cells = source.slice(range.left, range.right + 1).map(rawText);
    lines.push((single ? cells : cells.map((cell) => cell.replace(/[\t\r\n]+/g, ' '))).join('\t'));
  }
  return lines.join('\n');
}
