import type { QueryResult, TableDetail } from '@/api/types';
import { quoteIdentifier } from '@/lib/identifiers';

export interface Change {
  kind: 'added' | 'removed' | 'changed';
  /** The column or property. */
  name: string;
  before?: string;
  after?: string;
}

/** What differs between two maps of texts, by name. */
export function textChanges(before: Map<string, string>, after: Map<string, string>): Change[] {
  const changes: Change[] = [];
  for (const [name, text] of before) {
    const now = after.get(name);
    if (now === undefined) changes.push({ kind: 'removed', name, before: text });
    else if (now !== text) changes.push({ kind: 'changed', name, before: text, after: now });
  }
  for (const [name, text] of after) {
    if (!before.has(name)) changes.push({ kind: 'added', name, after: text });
  }
  return changes;
}

type Schema = Pick<TableDetail, 'columns' | 'properties'>;

const columnsOf = ({ columns }: Schema): Map<string, string> =>
  new Map(
    columns.map(({ name, type, nullable, comment }) => [
      name,
      [type, nullable ? '' : 'NOT NULL', comment && `“${comment}”`].filter(Boolean).join(' '),
    ]),
  );

/** Columns that were added, removed, retyped or described anew. */
export const schemaChanges = (before: Schema, after: Schema): Change[] =>
  textChanges(columnsOf(before), columnsOf(after));

export const propertyChanges = (before: Schema, after: Schema): Change[] =>
  textChanges(
    new Map(Object.entries(before.properties)),
    new Map(Object.entries(after.properties)),
  );

/** The columns that both versions have, by which their rows can be compared. */
export function commonColumns(before: Schema, after: Schema): string[] {
  const names = new Set(before.columns.map(({ name }) => name.toLowerCase()));
  return after.columns.flatMap(({ name }) => (names.has(name.toLowerCase()) ? [name] : []));
}

export const ROWS_SHOWN = 200;

/** The first rows that a version has and the other one has not, each with how many there are. */
export function missingRowsSql(
  table: string,
  columns: string[],
  present: number,
  absent: number,
): string {
  const names = columns.map(quoteIdentifier).join(', ');
  const rows = (version: number) => `SELECT ${names} FROM ${table} VERSION AS OF ${version}`;
  return (
    `SELECT *, count(*) OVER () AS ${quoteIdentifier(counterName(columns))}\n` +
    `FROM (${rows(present)}\nEXCEPT ALL\n${rows(absent)}) AS d\nLIMIT ${ROWS_SHOWN}`
  );
}

function counterName(columns: string[]): string {
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  let name = 'n';
  while (taken.has(name)) name += '_';
  return name;
}

export interface RowSet {
  columns: QueryResult['columns'];
  rows: unknown[][];
  count: number; // of all, not only of those in `rows`
}

/** The answer of `missingRowsSql`, with the count apart from the rows. */
export const rowSet = ({ columns, rows }: QueryResult): RowSet => ({
  columns: columns.slice(0, -1),
  rows: rows.map((row) => row.slice(0, -1)),
  count: Number(rows[0]?.at(-1) ?? 0),
});

/** A text as it is, an object as its values: {"actionType":"update"} → "update". */
function itemText(item: unknown): string {
  if (typeof item === 'string') return item;
  const values = item && typeof item === 'object' ? Object.values(item) : [item];
  return values
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' ');
}

function listText(text: string): string {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(itemText).join(', ') : text;
  } catch {
    return text;
  }
}

/** An operation's parameters, those that say something, as they are read: "predicate: id < 10". */
export function parameterText(parameters: Record<string, unknown> | null | undefined): string {
  return Object.entries(parameters ?? {})
    .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)])
    .filter(([key]) => key !== 'isManaged')
    .filter(([, text]) => text && !['[]', '{}', 'null', 'false'].includes(text))
    .map(([key, text]) => `${key}: ${listText(text!)}`)
    .join(' · ');
}
