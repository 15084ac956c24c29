import { splitName } from '@/lib/names';
import { skipOpaque } from '@/lib/sql-split';

interface Token {
  /** A name without its quotes, a symbol, or a literal as it was written. */
  text: string;
  /** In capitals for a bare word, so that it can be a keyword; empty for all else. */
  word: string;
  depth: number; // of parentheses
}

const BARE = /[\p{L}\p{N}_]+/uy;

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = 0; at < sql.length;) {
    const opaque = skipOpaque(sql, at);
    if (opaque) {
      const written = sql.slice(at, opaque.end);
      const name = /^["`]/.test(written) ? splitName(written)[0]! : written;
      if (!opaque.comment) tokens.push({ text: name, word: '', depth });
      at = opaque.end;
      continue;
    }
    BARE.lastIndex = at;
    const text = BARE.exec(sql)?.[0] ?? sql[at]!;
    if (text === ')') depth -= 1;
    if (/\S/.test(text)) {
      const word = /^[\p{L}_]/u.test(text) ? text.toUpperCase() : '';
      tokens.push({ text, word, depth });
    }
    if (text === '(') depth += 1;
    at += text.length;
  }
  return tokens;
}

/** What may stand between a statement's verb and the name of its table. */
const BEFORE_NAME: Record<string, RegExp> = {
  INSERT: /^(WITH SCHEMA EVOLUTION )?(INTO|OVERWRITE)( TABLE)? /,
  UPDATE: /^/,
  DELETE: /^FROM /,
  MERGE: /^(WITH SCHEMA EVOLUTION )?INTO /,
  OPTIMIZE: /^/,
  VACUUM: /^/,
  RESTORE: /^(TABLE )?/,
  TRUNCATE: /^TABLE /,
  ALTER: /^TABLE (IF EXISTS )?/,
  CREATE: /^(OR REPLACE )?(EXTERNAL )?TABLE (IF NOT EXISTS )?/,
  DROP: /^TABLE (IF EXISTS )?/,
  UNDROP: /^TABLE /,
};

export interface StatementHead {
  /** The first word, in capitals: "DELETE". */
  verb: string;
  /** The parts of the name of the table that it changes; none for other statements. */
  table?: string[];
}

const MOST_WORDS = 8; // of the grammar, before a table's name

function nameAt(tokens: Token[], from: number): string[] | undefined {
  const parts: string[] = [];
  for (let at = from; ; at += 2) {
    const part = tokens[at];
    if (!part || (!part.word && /^[^\p{L}\p{N}_]$/u.test(part.text))) return undefined;
    parts.push(part.text);
    if (tokens[at + 1]?.text !== '.' || parts.length === 3) return parts;
  }
}

function headOf(tokens: Token[]): StatementHead {
  const verb = tokens[0]?.word ?? '';
  const before = BEFORE_NAME[verb];
  if (!before) return { verb };
  const words = tokens.slice(1, 1 + MOST_WORDS).map(({ word }) => word || '?');
  const found = before.exec(`${words.join(' ')} `);
  if (!found) return { verb };
  const skipped = found[0] === '' ? 0 : found[0].trim().split(' ').length;
  // A table may itself be named "table": the word belongs to the name when nothing follows it.
  const table = nameAt(tokens, 1 + skipped) ?? nameAt(tokens, skipped);
  return table ? { verb, table } : { verb };
}

/** The verb of a statement, and the table that it changes. */
export const statementHead = (sql: string): StatementHead => headOf(tokensOf(sql));

export const SAFE_HOURS = 168; // of VACUUM: a week, as tables have it by default

/** What a statement destroys when it was not meant so, as a sentence; undefined for all others. */
export function dangerOf(sql: string): string | undefined {
  const tokens = tokensOf(sql);
  const { verb, table } = headOf(tokens);
  const name = table?.join('.') ?? '';
  const has = (word: string) => tokens.some((token) => token.depth === 0 && token.word === word);
  switch (verb) {
    case 'DELETE':
      return table && !has('WHERE') ? `Deletes all rows of ${name}.` : undefined;
    case 'UPDATE':
      return table && !has('WHERE') ? `Changes all rows of ${name}.` : undefined;
    case 'TRUNCATE':
      return table && `Deletes all rows of ${name}.`;
    case 'DROP':
      return dropDanger(tokens, name);
    case 'VACUUM': {
      const retain = tokens.findIndex(({ word }) => word === 'RETAIN');
      const hours = Number(tokens[retain + 1]?.text);
      if (retain < 0 || has('DRY') || !(hours < SAFE_HOURS)) return undefined;
      return `Deletes files of ${name} that versions of the last week need: they can no longer be read or restored.`;
    }
    default:
      return undefined;
  }
}

function dropDanger(tokens: Token[], table: string): string | undefined {
  if (table) return `Drops the table ${table}. UNDROP TABLE brings it back within 7 days.`;
  const kind = tokens[1]?.word ?? '';
  if (!['SCHEMA', 'DATABASE', 'CATALOG', 'VOLUME', 'VIEW'].includes(kind)) return undefined;
  const at = tokens[2]?.word === 'IF' ? 4 : 2;
  const name = nameAt(tokens, at)?.join('.') ?? '';
  const cascade = tokens.some(({ word }) => word === 'CASCADE') ? ' and all that is in it' : '';
  return `Drops the ${kind.toLowerCase()} ${name}${cascade}.`;
}
