import { expect, test } from 'vitest';
import type { TableDetail } from '@/api/types';
import {
  addCheckSql,
  constraintsOf,
  dropConstraintSql,
  hoursProblem,
  optimizeSql,
  propertiesOf,
  setPropertySql,
  vacuumSql,
} from '@/features/table/maintenance/statements';

test('OPTIMIZE', () => {
  expect(optimizeSql('t', '', [])).toBe('OPTIMIZE t');
  expect(optimizeSql('t', " day = '2026-01-01' ", ['id', 'a b'])).toBe(
    "OPTIMIZE t WHERE day = '2026-01-01' ZORDER BY (id, `a b`)",
  );
});

test('VACUUM', () => {
  expect(vacuumSql('t', '', true)).toBe('VACUUM t DRY RUN');
  expect(vacuumSql('t', ' 0.5 ', false)).toBe('VACUUM t RETAIN 0.5 HOURS');
  expect(['', '0', '168', '0.5'].map(hoursProblem)).toEqual(Array(4).fill(undefined));
  expect(['-1', '1e9', 'a week', '1; DROP'].map((text) => typeof hoursProblem(text))).toEqual(
    Array(4).fill('string'),
  );
});

const detail = {
  columns: [
    { name: 'id', type: 'INT', nullable: false, comment: '' },
    { name: 'n', type: 'INT', nullable: true, comment: '' },
  ],
  properties: { 'delta.constraints.small': 'n < 10', 'delta.checkpointInterval': '5' },
} as unknown as TableDetail;

test('constraints', () => {
  const [small, id] = constraintsOf(detail);
  expect(small).toEqual({ kind: 'check', name: 'small', condition: 'n < 10' });
  expect(id?.name).toBe('id');
  expect(addCheckSql('t', 'small', 'n < 10')).toBe(
    'ALTER TABLE t ADD CONSTRAINT small CHECK (n < 10)',
  );
  expect(dropConstraintSql('t', small!)).toBe('ALTER TABLE t DROP CONSTRAINT small');
  expect(dropConstraintSql('t', id!)).toBe('ALTER TABLE t ALTER COLUMN id DROP NOT NULL');
});

test('properties', () => {
  expect(propertiesOf(detail)).toEqual([['delta.checkpointInterval', '5']]);
  expect(setPropertySql('t', 'a.b', "it's")).toBe(
    "ALTER TABLE t SET TBLPROPERTIES ('a.b' = 'it''s')",
  );
});
