import type { TableName } from '@/api/catalog';
import type { QueryResult, TableVersion } from '@/api/types';
import { factsOf, findFact, merged, type Fact, type Metrics } from '@/features/report/facts';
import { formatBytes, formatMany, rawText } from '@/lib/format';
import { statementHead } from '@/lib/statement';

/** What a statement that changes something answered. */
export interface Report {
  verb: string;
  message?: string;
  version?: number;
  facts: Fact[];
  /** It had no effect: the version was there before. */
  unchanged?: boolean;
}

/** The facts that `num_affected_rows` means. */
const AFFECTED: Record<string, string> = {
  INSERT: 'inserted',
  UPDATE: 'updated',
  DELETE: 'deleted',
  TRUNCATE: 'deleted',
  CREATE: 'written',
};

const CHANGING = new Set(
  'INSERT UPDATE DELETE MERGE TRUNCATE OPTIMIZE VACUUM RESTORE ALTER CREATE DROP UNDROP COMMENT'.split(
    ' ',
  ),
);

const MAY_DO_NOTHING = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'TRUNCATE', 'OPTIMIZE']);
// Without any row these still replace what was there, or add columns.
const WITHOUT_ROWS = /\b(overwrite|replace|evolution)\b/i;

export const changesSomething = (sql: string): boolean => CHANGING.has(statementHead(sql).verb);

/** The answer as a report; undefined for rows that are to be seen as they are. */
export function reportOf(sql: string, result: QueryResult): Report | undefined {
  const { verb } = statementHead(sql);
  const { columns, rows } = result;
  const [row] = rows;
  const named = columns.some(({ name }) => name !== 'path'); // VACUUM … DRY RUN lists paths alone
  if (!CHANGING.has(verb) || rows.length !== 1 || !row || !named) return undefined;
  const values: Metrics = Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]));
  const { num_affected_rows: affected, version, message, metrics, ...rest } = values;
  const facts = factsOf(verb, { ...rest, ...(metrics as object) });
  const means = AFFECTED[verb];
  if (means && typeof affected === 'number') {
    facts.unshift({ what: 'rows', verb: means, value: affected });
  }
  const nothing = facts.length > 0 && facts.every(({ value }) => value === 0);
  return {
    verb,
    facts: merged(facts),
    ...(nothing && MAY_DO_NOTHING.has(verb) && !WITHOUT_ROWS.test(sql) && { unchanged: true }),
    ...(typeof version === 'number' && { version }),
    ...(message !== undefined && { message: rawText(message) }),
  };
}

/** The commit, when it is the statement's own: without effect the answer names an older version. */
export function ownCommit(
  report: Report,
  commit: TableVersion | null | undefined,
): TableVersion | undefined {
  if (!commit || report.unchanged) return undefined;
  const { operation } = commit;
  const own = report.verb === 'INSERT' ? operation === 'WRITE' : operation.startsWith(report.verb);
  return own ? commit : undefined;
}

/** With what the commit tells beyond the answer. */
export function withCommit(report: Report, commit: TableVersion | undefined): Fact[] {
  if (!commit) return report.facts;
  const told = factsOf(commit.operation, commit.metrics as Metrics);
  const own = report.facts.some(({ what }) => what === 'rows');
  // A row that the statement inserted is also one that the commit wrote.
  return merged([...report.facts, ...told.filter(({ verb }) => !(own && verb === 'written'))]);
}

/** How many rows of other statements the commit holds: appends at the same time may share one. */
export function sharedRows(report: Report, commit: TableVersion | undefined): number {
  const mode = (commit?.parameters as Metrics)?.mode;
  if (report.verb !== 'INSERT' || mode !== 'Append') return 0;
  const all = findFact(factsOf('WRITE', commit?.metrics as Metrics), 'rows', 'written') ?? 0;
  return Math.max(0, all - (findFact(report.facts, 'rows', 'inserted') ?? all));
}

/** The report in one line. */
export function titleOf({ verb, message, facts }: Report): string {
  if (message) return message;
  const count = (what: Fact['what'], word: string) => findFact(facts, what, word) ?? 0;
  const rows = (word: string) => formatMany(count('rows', word), 'row');
  switch (verb) {
    case 'INSERT':
      return `Inserted ${rows('inserted')}`;
    case 'UPDATE':
      return `Updated ${rows('updated')}`;
    case 'DELETE':
    case 'TRUNCATE':
      return facts.length > 0 ? `Deleted ${rows('deleted')}` : 'Deleted all rows';
    case 'MERGE':
      return `Merged: ${['inserted', 'updated', 'deleted']
        .map((word) => `${formatMany(count('rows', word), 'row')} ${word}`)
        .join(', ')}`;
    case 'CREATE':
      return `Created with ${rows('written')}`;
    case 'OPTIMIZE':
      return count('files', 'removed') === 0
        ? 'Nothing to compact'
        : `Packed ${formatMany(count('files', 'removed'), 'file')} into ${formatMany(count('files', 'added'), 'file')}`;
    case 'VACUUM':
      return count('files', 'deleted') === 0
        ? 'Nothing to delete: all files are in use or too young'
        : `Deleted ${formatMany(count('files', 'deleted'), 'file')}, ${formatBytes(count('bytes', 'deleted'))}`;
    case 'RESTORE':
      return 'Restored';
    default:
      return 'Done';
  }
}

/** The table that a statement changes, its name completed by where the statement ran. */
export function targetOf(
  sql: string,
  place: { catalog: string; schema: string },
): TableName | undefined {
  const parts = statementHead(sql).table;
  if (!parts) return undefined;
  const [table, schema = place.schema, catalog = place.catalog] = [...parts].reverse();
  return { catalog, schema, table: table! };
}
