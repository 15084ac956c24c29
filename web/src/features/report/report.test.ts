import { describe, expect, test } from 'vitest';
import type { QueryResult, TableVersion } from '@/api/types';
import { factsOf, factText } from '@/features/report/facts';
import {
  ownCommit,
  reportOf,
  sharedRows,
  targetOf,
  titleOf,
  withCommit,
} from '@/features/report/report';

const answer = (values: Record<string, unknown>): QueryResult => ({
  query_id: '1',
  columns: Object.keys(values).map((name) => ({ name, type: 'BIGINT' })),
  rows: [Object.values(values)],
  statistics: { elapsed_ms: 1, files: 0, files_skipped: 0, bytes: 0, cached: false },
});

const commit = (operation: string, metrics: object, parameters: object = {}): TableVersion => ({
  version: 4,
  timestamp: '2026-01-01T00:00:00Z',
  operation,
  metrics,
  parameters,
});

describe('factsOf', () => {
  test.each([
    ['DELETE', { numDeletedRows: '10', numAddedFiles: '1' }, ['10 rows deleted', '1 file added']],
    ['WRITE', { num_added_rows: 3, num_added_files: 1 }, ['3 rows written', '1 file added']],
    ['MERGE', { numOutputRows: '9', numTargetRowsInserted: '2' }, ['2 rows inserted']],
    ['OPTIMIZE', { filesAdded: '{"totalSize":2048}' }, ['2 KB added']],
    ['VACUUM END', { numDeletedFiles: '0' }, ['0 files deleted']],
    ['SET TBLPROPERTIES', {}, []],
    ['WRITE', { numOutputRows: 'many', numFiles: null }, []],
  ])('%s %j', (operation, metrics, texts) => {
    expect(factsOf(operation, metrics).map(factText)).toEqual(texts);
  });
});

describe('reportOf', () => {
  test('says how many rows were changed', () => {
    const report = reportOf(
      'DELETE FROM t WHERE id < 10',
      answer({ num_affected_rows: 10, version: 2 }),
    )!;
    expect(titleOf(report)).toBe('Deleted 10 rows');
    expect(report.version).toBe(2);
  });
  test('reads what MERGE, OPTIMIZE and VACUUM answer', () => {
    const merge = answer({
      num_affected_rows: 3,
      version: 4,
      num_updated_rows: 1,
      num_deleted_rows: 0,
      num_inserted_rows: 2,
    });
    expect(titleOf(reportOf('MERGE INTO t USING s ON a', merge)!)).toBe(
      'Merged: 2 rows inserted, 1 row updated, 0 rows deleted',
    );
    const optimize = answer({
      path: '/x',
      version: 5,
      metrics: { numFilesAdded: 1, numFilesRemoved: 20, filesAdded: { totalSize: 100 } },
    });
    expect(titleOf(reportOf('OPTIMIZE t', optimize)!)).toBe('Packed 20 files into 1 file');
    const vacuum = answer({ path: '/x', numDeletedFiles: 2, sizeOfDataToDelete: 2048 });
    expect(titleOf(reportOf('VACUUM t', vacuum)!)).toBe('Deleted 2 files, 2 KB');
  });
  test('leaves rows as they are', () => {
    expect(reportOf('VACUUM t DRY RUN', answer({ path: 'a.parquet' }))).toBeUndefined();
    expect(reportOf('SELECT 1 AS version', answer({ version: 1 }))).toBeUndefined();
  });
});

describe('withCommit', () => {
  const report = reportOf(
    'INSERT INTO t VALUES (1)',
    answer({ num_affected_rows: 1, version: 4 }),
  )!;
  const shared = commit('WRITE', { numOutputRows: '5', numFiles: '1' }, { mode: 'Append' });
  test('adds what the answer does not say', () => {
    expect(withCommit(report, shared).map(factText)).toEqual(['1 row inserted', '1 file added']);
  });
  test('tells of appends that share the version', () => {
    expect(sharedRows(report, shared)).toBe(4);
    expect(sharedRows(report, undefined)).toBe(0);
  });
});

describe('ownCommit', () => {
  const deleted = (rows: number) =>
    reportOf('DELETE FROM t WHERE a', answer({ num_affected_rows: rows, version: 4 }))!;
  test('is not that of an older version', () => {
    const remove = commit('DELETE', { numDeletedRows: '7' });
    expect(ownCommit(deleted(7), remove)).toBe(remove);
    expect(ownCommit(deleted(0), remove)).toBeUndefined();
    expect(ownCommit(deleted(7), commit('MERGE', {}))).toBeUndefined();
  });
  test.each([
    ['INSERT INTO t SELECT * FROM s', true],
    ['INSERT OVERWRITE t SELECT * FROM s', undefined],
    ['INSERT INTO t REPLACE WHERE a SELECT * FROM s', undefined],
    ['INSERT WITH SCHEMA EVOLUTION INTO t BY NAME SELECT * FROM s', undefined],
  ])('%s without rows', (sql, unchanged) => {
    const report = reportOf(sql, answer({ num_affected_rows: 0, version: 4 }))!;
    expect(report.unchanged).toBe(unchanged);
  });
  test('is the WRITE of an INSERT, and any kind of CREATE', () => {
    const insert = reportOf(
      'INSERT INTO t VALUES (1)',
      answer({ num_affected_rows: 1, version: 4 }),
    )!;
    expect(ownCommit(insert, commit('WRITE', {}))).toBeDefined();
    const create = reportOf(
      'CREATE TABLE t AS SELECT 1',
      answer({ num_affected_rows: 1, version: 0 }),
    )!;
    expect(ownCommit(create, commit('CREATE TABLE AS SELECT', {}))).toBeDefined();
  });
});

test('targetOf completes the name', () => {
  const place = { catalog: 'main', schema: 'default' };
  expect(targetOf('UPDATE s.t SET a = 1', place)).toEqual({
    catalog: 'main',
    schema: 's',
    table: 't',
  });
  expect(targetOf('SELECT 1', place)).toBeUndefined();
});
