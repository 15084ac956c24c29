import { describe, expect, test } from 'vitest';
import {
  commonColumns,
  missingRowsSql,
  parameterText,
  propertyChanges,
  rowSet,
  schemaChanges,
} from '@/features/table/history/diff';

const column = (name: string, type: string, nullable = true) => ({
  name,
  type,
  nullable,
  comment: '',
});
const before = {
  columns: [column('id', 'INT'), column('old', 'STRING'), column('n', 'INT', false)],
  properties: { a: '1', b: '2' },
};
const after = {
  columns: [column('ID', 'BIGINT'), column('n', 'INT'), column('new', 'DATE')],
  properties: { b: '3', c: '4' },
};

describe('versions', () => {
  test('columns that came, went and changed', () => {
    const same = { ...before, columns: [column('id', 'BIGINT'), ...before.columns.slice(1)] };
    expect(schemaChanges(before, same)).toEqual([
      { kind: 'changed', name: 'id', before: 'INT', after: 'BIGINT' },
    ]);
    expect(schemaChanges(before, after).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'removed id',
      'removed old',
      'changed n',
      'added ID',
      'added new',
    ]);
  });
  test('properties', () => {
    expect(propertyChanges(before, after)).toEqual([
      { kind: 'removed', name: 'a', before: '1' },
      { kind: 'changed', name: 'b', before: '2', after: '3' },
      { kind: 'added', name: 'c', after: '4' },
    ]);
  });
  test('rows are compared by the columns that both have', () => {
    expect(commonColumns(before, after)).toEqual(['ID', 'n']);
    const sql = missingRowsSql('a.b.c', ['ID', 'n'], 5, 3);
    expect(sql).toContain('SELECT ID, n FROM a.b.c VERSION AS OF 5\nEXCEPT ALL\nSELECT ID, n');
    expect(sql).toContain('AS n_');
  });
  test('the count stands beside the rows', () => {
    const columns = [
      { name: 'id', type: 'INT' },
      { name: 'n', type: 'BIGINT' },
    ];
    const result = { columns, rows: [[7, 120]] } as never;
    expect(rowSet(result)).toEqual({ columns: [columns[0]], rows: [[7]], count: 120 });
  });
});

test('parameters that say something', () => {
  const parameters = { predicate: '["id < 10"]', zOrderBy: '[]', auto: 'false', mode: 'Append' };
  expect(parameterText(parameters)).toBe('predicate: id < 10 · mode: Append');
  expect(parameterText({ matchedPredicates: '[{"actionType":"update"}]' })).toBe(
    'matchedPredicates: update',
  );
  expect(parameterText({ version: 2, timestamp: null })).toBe('version: 2');
});
