import { describe, expect, test } from 'vitest';
import { errorOffset, splitStatements, statementAt } from './sql-split';

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

describe('splitStatements', () => {
  test('splits at semicolons outside of quotes and comments', () => {
    expect(
      texts(`select ';' as a; select "b;" from \`c;\` -- d;\n; /* ; /* ; */ */ select 1`),
    ).toEqual([`select ';' as a`, 'select "b;" from `c;`', 'select 1']);
  });
  test('knows doubled quotes and dollar quotes', () => {
    expect(texts(`select 'it''s;' ; select $$a;b$$; select $t$ ; $$ ; $t$`)).toEqual([
      `select 'it''s;'`,
      'select $$a;b$$',
      'select $t$ ; $$ ; $t$',
    ]);
  });
  test('ignores empty statements and text that is only comments', () => {
    expect(texts(';;  -- nothing\n;')).toEqual([]);
  });
  test('an unclosed quote runs to the end', () => {
    expect(texts("select 'a; b")).toEqual(["select 'a; b"]);
  });
  test('keeps comments inside a statement', () => {
    expect(texts('select 1 -- one\n, 2')).toEqual(['select 1 -- one\n, 2']);
  });
});

describe('statementAt', () => {
  const sql = 'select 1;\n\n-- second\nselect 2;\nselect 3';
  test('takes the one under the cursor', () => {
    expect(statementAt(sql, 3)?.text).toBe('select 1');
    expect(statementAt(sql, sql.indexOf('2'))?.text).toBe('select 2');
    expect(statementAt(sql, sql.length)?.text).toBe('select 3');
  });
  test('right after the semicolon it is the one before', () => {
    expect(statementAt(sql, 9)?.text).toBe('select 1');
  });
  test('on a leading comment it is the one that follows', () => {
    expect(statementAt(sql, sql.indexOf('second'))?.text).toBe('select 2');
  });
});

test('the place of an error is found in its text', () => {
  expect(errorOffset('Unknown column x (line 2 column 3).', 'select\n  x')).toBe(9);
  expect(errorOffset('Out of memory.', 'select x')).toBeUndefined();
});

test('without a place, the name that the error speaks of is looked for', () => {
  const offset = (detail: string, sql: string) => errorOffset(detail, sql);
  const column = 'Referenced column "nope" not found in FROM clause!';
  expect(offset(column, "select 'nope', nopes, -- nope\n nope")).toBe(31);
  expect(offset(column, 'select `nope`')).toBe(8);
  const table = 'There is no table or view main.default.t that you may see.';
  expect(offset(table, 'select * from default.t')).toBe(22);
  expect(offset('The function foo is not allowed here.', 'select foo(1)')).toBe(7);
  expect(offset('Values list "s" does not have a column named "idd"', 'on s.idd')).toBe(5);
  expect(offset(column, 'select 1')).toBeUndefined();
});
