import { describe, expect, test } from 'vitest';
import type { InferredFile } from '@/api/types';
import {
  columnProblems,
  createRequest,
  draftColumns,
  draftProblem,
  readerOptions,
  type Draft,
} from './draft';

const inferred: InferredFile = {
  format: 'csv',
  columns: [
    { name: 'id', type: 'BIGINT' },
    { name: 'city', type: 'STRING' },
  ],
  rows: [],
};
const draft = (values: Partial<Draft> = {}): Draft => ({
  catalog: 'main',
  schema: 'default',
  name: 'orders',
  mode: 'create',
  columns: draftColumns(inferred),
  ...values,
});

describe('createRequest', () => {
  test('sends no columns when the inferred ones are taken as they are', () => {
    expect(createRequest(draft(), inferred, '/Volumes/a/b/c/d.csv', undefined)).toEqual({
      name: 'main.default.orders',
      path: '/Volumes/a/b/c/d.csv',
      format: 'csv',
      mode: 'create',
    });
  });
  test('sends all columns when one was changed, and the partitions', () => {
    const columns = draftColumns(inferred);
    columns[0]!.type = 'STRING';
    columns[1]!.partition = true;
    const request = createRequest(draft({ columns }), inferred, 'p', { header: true });
    expect(request.columns).toEqual([
      { name: 'id', type: 'STRING' },
      { name: 'city', type: 'STRING' },
    ]);
    expect(request.partition_by).toEqual(['city']);
    expect(request.options).toEqual({ header: true });
  });
  test('appending never redefines the table', () => {
    const columns = draftColumns(inferred);
    columns[0]!.partition = true;
    const request = createRequest(draft({ columns, mode: 'append' }), inferred, 'p', undefined);
    expect(request).not.toHaveProperty('partition_by');
    expect(request).not.toHaveProperty('columns');
  });
});

test('names that are empty or given twice are found', () => {
  const columns = draftColumns(inferred);
  columns[1]!.name = 'ID';
  expect(columnProblems(columns)[1]).toMatch(/same name/);
  expect(draftProblem(draft({ columns }))).toMatch(/same name/);
  expect(draftProblem(draft({ name: 'a.b' }))).toBeDefined();
  expect(draftProblem(draft())).toBeUndefined();
});

test('not every column can be a partition', () => {
  const columns = draftColumns(inferred).map((column) => ({ ...column, partition: true }));
  expect(draftProblem(draft({ columns }))).toMatch(/partition/);
});

test('only what was chosen is sent as an option', () => {
  expect(readerOptions('csv', { header: '', delimiter: '' })).toBeUndefined();
  expect(readerOptions('csv', { header: 'no', delimiter: ';' })).toEqual({
    header: false,
    delimiter: ';',
  });
  expect(readerOptions('parquet', { header: 'no', delimiter: ';' })).toBeUndefined();
});
