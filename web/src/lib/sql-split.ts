/** One statement of a text; `from` and `to` are offsets of its first and after its last character. */
export interface Statement {
  from: number;
  to: number;
  text: string;
}

function skipBlockComment(sql: string, start: number): number {
  let depth = 1;
  let at = start + 2;
  while (at < sql.length && depth > 0) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
    } else at += 1;
  }
  return at;
}

function skipQuoted(sql: string, start: number, quote: string): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql[at] !== quote) continue;
    if (sql[at + 1] !== quote) return at + 1;
    at += 1;
  }
  return sql.length;
}

/** After the comment, string or quoted name that starts at `at`; undefined when none starts there. */
export function skipOpaque(sql: string, at: number): { end: number; comment: boolean } | undefined {
  if (sql.startsWith('--', at)) {
    const end = sql.indexOf('\n', at);
    return { end: end < 0 ? sql.length : end, comment: true };
  }
  if (sql.startsWith('/*', at)) return { end: skipBlockComment(sql, at), comment: true };
  const letter = sql[at]!;
  if (letter === "'" || letter === '"' || letter === '`') {
    return { end: skipQuoted(sql, at, letter), comment: false };
  }
  if (letter === '$') {
    const tag = /^\$([A-Za-z_][A-Za-z0-9_]*)?\$/.exec(sql.slice(at, at + 64))?.[0];
    if (!tag) return undefined;
    const end = sql.indexOf(tag, at + tag.length);
    return { end: end < 0 ? sql.length : end + tag.length, comment: false };
  }
  return undefined;
}

/** The statements of a text, without the semicolons, blank space and leading comments around them. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let from = -1;
  let to = 0;
  const close = () => {
    if (from >= 0) statements.push({ from, to, text: sql.slice(from, to) });
    from = -1;
  };
  for (let at = 0; at < sql.length;) {
    const opaque = skipOpaque(sql, at);
    const end = opaque?.end ?? at + 1;
    if (!opaque && sql[at] === ';') close();
    else if (!opaque?.comment && (opaque || /\S/.test(sql[at]!))) {
      if (from < 0) from = at;
      to = end;
    }
    at = end;
  }
  close();
  return statements;
}

/** The statement that the cursor is in, or else the one before it (or the first). */
export function statementAt(sql: string, position: number): Statement | undefined {
  const statements = splitStatements(sql);
  const within = statements.find(({ from, to }) => position >= from && position <= to);
  if (within) return within;
  const after = statements.find(({ from }) => from > position);
  // On a blank line or comment before a statement, in the same block: the next one is meant.
  const before = statements.filter(({ to }) => to < position).at(-1);
  if (after && (!before || !sql.slice(position, after.from).includes('\n\n'))) {
    if (!before || sql.slice(before.to, position).includes('\n')) return after;
  }
  return before ?? after;
}

/** The offset of a line and column (both from 1), clamped to the text. */
export function offsetOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let current = 1; current < line; current += 1) {
    const next = text.indexOf('\n', at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return Math.min(at + Math.max(0, column - 1), text.length);
}

/** Whether a text stands at a place as a whole word, in any case. */
function wordAt(sql: string, at: number, word: string): boolean {
  const part = /[\p{L}\p{N}_]/u;
  return (
    sql.slice(at, at + word.length).toLowerCase() === word.toLowerCase() &&
    !part.test(sql[at - 1] ?? '') &&
    !part.test(sql[at + word.length] ?? '')
  );
}

const NAMED =
  /(?:table or view|table|view|column|function) (?:named )?(?:"([^"]+)"|(\w[\w.]*\w|\w))/i;

/** The first place of the name that an error speaks of, outside of strings and comments. */
function namedOffset(detail: string, statement: string): number | undefined {
  const match = NAMED.exec(detail);
  const name = match?.[1] ?? match?.[2]?.split('.').at(-1);
  if (!name) return undefined;
  for (let at = 0; at < statement.length;) {
    const end = skipOpaque(statement, at)?.end ?? at + 1;
    const quoted = end > at + 1 && /["`]/.test(statement[at]!);
    if (quoted && wordAt(statement, at + 1, name)) return at + 1;
    if (end === at + 1 && wordAt(statement, at, name)) return at;
    at = end;
  }
  return undefined;
}

/** The place that an error's text names ("… line 2 column 7 …"), as an offset in the statement. */
export function errorOffset(detail: string, statement: string): number | undefined {
  const match = /line (\d+)[,:]? column (\d+)/i.exec(detail);
  if (match) return offsetOf(statement, Number(match[1]), Number(match[2]));
  return namedOffset(detail, statement);
}
