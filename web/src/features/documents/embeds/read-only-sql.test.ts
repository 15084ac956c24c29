import { expect, test } from 'vitest';
import { readOnlySql } from '@/features/documents/embeds/read-only-sql';

test.each([
  ['SELECT 1', 'SELECT 1'],
  [' from t ; ', 'from t'],
  ['values (1)', 'values (1)'],
])('%j runs as it is', (sql, expected) => {
  expect(readOnlySql(sql)).toBe(expected);
});

test.each([
  'DELETE FROM t',
  'WITH a AS (SELECT 1) DELETE FROM t',
  '/* /* */ DELETE FROM t -- */ SELECT 1',
  '-- SELECT\nDROP TABLE t',
  'selection',
])('%j stands where only a query can stand', (sql) => {
  expect(readOnlySql(sql)).toBe(`SELECT * FROM (\n${sql}\n)`);
});
