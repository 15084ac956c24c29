import { expect, test } from 'vitest';
import { nameProblem, qualified, tableNameFromFile } from './identifiers';

test('names are quoted only where they must be', () => {
  expect(qualified('main', 'default', 'orders')).toBe('main.default.orders');
  expect(qualified('my data', 'order', 'a`b')).toBe('`my data`.`order`.`a``b`');
});

test('a file name becomes a plain table name', () => {
  expect(tableNameFromFile('Q1 Sales (2).csv')).toBe('q1_sales_2');
  expect(tableNameFromFile('2024-Été.csv.gz')).toBe('t_2024_ete');
  expect(tableNameFromFile('???.csv')).toBe('table_1');
});

test('names that the server refuses are refused early', () => {
  expect(nameProblem('')).toBeDefined();
  expect(nameProblem('a.b')).toBeDefined();
  expect(nameProblem('a/b')).toBeDefined();
  expect(nameProblem('orders')).toBeUndefined();
});
