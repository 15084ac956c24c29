import { skipOpaque } from '@/lib/sql-split';

export interface Token {
  kind: 'word' | 'quoted' | 'symbol';
  text: string; // a quoted name without its quotes
  from: number;
  to: number;
}

/** The words, quoted names and symbols of a statement; comments and strings are left out. */
export function tokens(sql: string): Token[] {
  const found: Token[] = [];
  const word = /[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*/uy;
  for (let at = 0; at < sql.length;) {
    const opaque = skipOpaque(sql, at);
    if (opaque) {
      const quote = sql[at];
      if (quote === '`' || quote === '"') {
        const closed = sql[opaque.end - 1] === quote && opaque.end - at > 1;
        const inner = sql.slice(at + 1, closed ? opaque.end - 1 : opaque.end);
        const text = inner.replaceAll(quote + quote, quote);
        found.push({ kind: 'quoted', text, from: at, to: opaque.end });
      }
      at = opaque.end;
      continue;
    }
    word.lastIndex = at;
    const match = word.exec(sql);
    if (match) {
      found.push({ kind: 'word', text: match[0], from: at, to: at + match[0].length });
      at += match[0].length;
      continue;
    }
    if (/\S/.test(sql[at]!)) found.push({ kind: 'symbol', text: sql[at]!, from: at, to: at + 1 });
    at += 1;
  }
  return found;
}

/** A table that a statement names, and the name by which its columns are called. */
export interface TableReference {
  parts: string[];
  alias: string;
}

const BEFORE_TABLE = new Set(['from', 'join', 'into', 'update', 'table', 'describe', 'desc']);
const FROM = new Set(['from']);
const AS = new Set(['as']);
const NO_ALIAS = new Set(
  (
    'where group order having limit join inner left right full cross natural on using union ' +
    'intersect except set values select qualify window sample version timestamp at for when as'
  ).split(' '),
);

const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'quoted' || (token?.kind === 'word' && !/^\d/.test(token.text));
const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'symbol' && token.text === text;
const isKeyword = (token: Token | undefined, words: Set<string>): boolean =>
  token?.kind === 'word' && words.has(token.text.toLowerCase());

/** The tables of a statement, with their aliases. */
export function tableReferences(sql: string): TableReference[] {
  const all = tokens(sql);
  const references: TableReference[] = [];
  const read = (start: number): number => {
    const parts: string[] = [];
    let at = start;
    while (isName(all[at]) && !isKeyword(all[at], NO_ALIAS)) {
      parts.push(all[at]!.text);
      at += 1;
      if (!isSymbol(all[at], '.')) break;
      at += 1;
    }
    if (parts.length === 0) return start;
    if (isKeyword(all[at], AS)) at += 1;
    let alias = parts.at(-1)!;
    if (isName(all[at]) && !isKeyword(all[at], NO_ALIAS)) {
      alias = all[at]!.text;
      at += 1;
    }
    references.push({ parts, alias });
    return isSymbol(all[at], ',') ? read(at + 1) : at;
  };
  for (let at = 0; at < all.length; at += 1) {
    if (isKeyword(all[at], BEFORE_TABLE)) at = Math.max(at, read(at + 1) - 1);
  }
  return references;
}

/** What can stand at the cursor. */
export interface CompletionPlace {
  /** "table": the name of a table is wanted; "column": anything of an expression. */
  wanted: 'table' | 'column';
  /** The dotted parts before the word at the cursor. */
  path: string[];
  /** Where the word at the cursor begins. */
  from: number;
}

/** Looks at the text before the cursor; undefined inside a comment or a string. */
export function completionPlace(sql: string, position: number): CompletionPlace | undefined {
  for (let at = 0; at < position;) {
    const opaque = skipOpaque(sql, at);
    const name = sql[at] === '`' || sql[at] === '"';
    if (opaque && opaque.end >= position && !name) {
      if (opaque.end > position || opaque.comment) return undefined;
    }
    at = opaque?.end ?? at + 1;
  }
  const before = tokens(sql.slice(0, position));
  let at = before.length - 1;
  let from = position;
  if (before[at]?.to === position && isName(before[at])) {
    from = before[at]!.from;
    at -= 1;
  }
  const path: string[] = [];
  while (isSymbol(before[at], '.') && isName(before[at - 1])) {
    path.unshift(before[at - 1]!.text);
    at -= 2;
  }
  let listed = at;
  // "from a, b, |": go back over the list of tables to the keyword that began it.
  while (listed >= 0 && !isKeyword(before[listed], BEFORE_TABLE)) {
    const token = before[listed]!;
    const inList = isName(token) || isSymbol(token, '.') || isSymbol(token, ',');
    if (!inList || (isKeyword(token, NO_ALIAS) && !isKeyword(token, AS))) break;
    listed -= 1;
  }
  const direct = isKeyword(before[at], BEFORE_TABLE);
  const list = isSymbol(before[at], ',') && isKeyword(before[listed], FROM);
  return { wanted: direct || list ? 'table' : 'column', path, from };
}
