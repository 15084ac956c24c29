import type { TableDetail } from '@/api/types';
import { quoteIdentifier, quoteText } from '@/lib/identifiers';

export function optimizeSql(table: string, where: string, zorder: string[]): string {
  const condition = where.trim() ? ` WHERE ${where.trim()}` : '';
  const order = zorder.length > 0 ? ` ZORDER BY (${zorder.map(quoteIdentifier).join(', ')})` : '';
  return `OPTIMIZE ${table}${condition}${order}`;
}

/** `hours` empty: as long as the table says. */
export function vacuumSql(table: string, hours: string, dryRun: boolean): string {
  const retain = hours.trim() ? ` RETAIN ${Number(hours)} HOURS` : '';
  return `VACUUM ${table}${retain}${dryRun ? ' DRY RUN' : ''}`;
}

export const hoursProblem = (hours: string): string | undefined =>
  hours.trim() === '' || (/^\d+(\.\d+)?$/.test(hours.trim()) && Number(hours) <= 8_784_000)
    ? undefined
    : 'Enter a number of hours.';

const PREFIX = 'delta.constraints.';

export type Constraint = { kind: 'check' | 'notNull'; name: string; condition: string };

/** What the table's rows must satisfy: conditions, and columns that may not be NULL. */
export function constraintsOf(detail: TableDetail): Constraint[] {
  const checks = Object.entries(detail.properties)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, condition]): Constraint => ({
      kind: 'check',
      name: key.slice(PREFIX.length),
      condition,
    }));
  const columns = detail.columns
    .filter(({ nullable }) => !nullable)
    .map(({ name }): Constraint => ({ kind: 'notNull', name, condition: 'NOT NULL' }));
  return [...checks, ...columns];
}

export const addCheckSql = (table: string, name: string, condition: string): string =>
  `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(name)} CHECK (${condition})`;

export const setNotNullSql = (table: string, column: string): string =>
  `ALTER TABLE ${table} ALTER COLUMN ${quoteIdentifier(column)} SET NOT NULL`;

export const dropConstraintSql = (table: string, { kind, name }: Constraint): string =>
  kind === 'check'
    ? `ALTER TABLE ${table} DROP CONSTRAINT ${quoteIdentifier(name)}`
    : `ALTER TABLE ${table} ALTER COLUMN ${quoteIdentifier(name)} DROP NOT NULL`;

export const propertiesOf = (detail: TableDetail): [string, string][] =>
  Object.entries(detail.properties).filter(([key]) => !key.startsWith(PREFIX));

export const setPropertySql = (table: string, key: string, value: string): string =>
  `ALTER TABLE ${table} SET TBLPROPERTIES (${quoteText(key)} = ${quoteText(value)})`;

export const unsetPropertySql = (table: string, key: string): string =>
  `ALTER TABLE ${table} UNSET TBLPROPERTIES (${quoteText(key)})`;
