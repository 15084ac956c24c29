import { describe, expect, test } from 'vitest';
import { dangerOf, statementHead } from '@/lib/statement';

describe('statementHead', () => {
  test.each([
    ['insert into a.b.c values (1)', 'INSERT', ['a', 'b', 'c']],
    ['INSERT WITH SCHEMA EVOLUTION INTO TABLE t BY NAME SELECT 1', 'INSERT', ['t']],
    ['INSERT OVERWRITE `my table` SELECT 1', 'INSERT', ['my table']],
    ['-- note\nDELETE /* x */ FROM sales . orders AS o WHERE 1', 'DELETE', ['sales', 'orders']],
    ['update "T" set a = 1', 'UPDATE', ['T']],
    ['MERGE INTO a.t USING s ON 1', 'MERGE', ['a', 't']],
    ['RESTORE TABLE t TO VERSION AS OF 3', 'RESTORE', ['t']],
    ['RESTORE t VERSION AS OF 3', 'RESTORE', ['t']],
    ['optimize `a``b` ZORDER BY (x)', 'OPTIMIZE', ['a`b']],
    ['CREATE OR REPLACE TABLE IF NOT EXISTS x.y (a INT)', 'CREATE', ['x', 'y']],
    ['alter table t1 add column a int', 'ALTER', ['t1']],
    ['CREATE VIEW v AS SELECT 1', 'CREATE', undefined],
    ['SELECT 1', 'SELECT', undefined],
    ['DELETE', 'DELETE', undefined],
    ['', '', undefined],
  ])('%s', (sql, verb, table) => {
    expect(statementHead(sql)).toEqual(table ? { verb, table } : { verb });
  });
});

describe('dangerOf', () => {
  test.each([
    'DELETE FROM t',
    'delete from t as x',
    'DELETE FROM t -- WHERE id = 1',
    "UPDATE t SET a = 'where'",
    'UPDATE t SET a = (SELECT max(b) FROM s WHERE b > 1)',
    'TRUNCATE TABLE t',
    'DROP TABLE IF EXISTS a.t',
    'DROP SCHEMA a.s CASCADE',
    'VACUUM t RETAIN 0 HOURS',
    'VACUUM t RETAIN 0.5 HOURS',
  ])('%s is asked about', (sql) => {
    expect(dangerOf(sql)).toBeDefined();
  });
  test.each([
    'DELETE FROM t WHERE true',
    'UPDATE t SET a = 1 WHERE id = 2',
    'VACUUM t',
    'VACUUM t RETAIN 168 HOURS',
    'VACUUM t RETAIN 0 HOURS DRY RUN',
    'INSERT INTO t SELECT * FROM s',
    'SELECT 1',
    'ALTER TABLE t DROP CONSTRAINT c',
  ])('%s is not', (sql) => {
    expect(dangerOf(sql)).toBeUndefined();
  });
  test('names what would be lost', () => {
    expect(dangerOf('DROP SCHEMA IF EXISTS a.s CASCADE')).toBe(
      'Drops the schema a.s and all that is in it.',
    );
    expect(dangerOf('delete from a.t')).toBe('Deletes all rows of a.t.');
  });
});
