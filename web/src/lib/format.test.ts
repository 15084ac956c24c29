import { describe, expect, test } from 'vitest';
import {
  columnFormat,
  formatAgo,
  formatBytes,
  formatDuration,
  formatFullTime,
  formatMany,
  formatPercent,
  setFormats,
} from './format';

const show = (name: string, type: string, value: unknown) =>
  columnFormat({ name, type }).text(value);

describe('columnFormat', () => {
  test('groups large numbers but not years and ids', () => {
    expect(show('n', 'BIGINT', 336776)).toBe('336,776');
    expect(show('n', 'INTEGER', 2013)).toBe('2013');
    expect(show('order_id', 'BIGINT', 1234567)).toBe('1234567');
  });
  test('keeps every digit of large integers and decimals', () => {
    expect(show('n', 'BIGINT', '9223372036854775807')).toBe('9,223,372,036,854,775,807');
    expect(show('price', 'DECIMAL(18,2)', '-12345678901234567.50')).toBe(
      '-12,345,678,901,234,567.50',
    );
    expect(show('price', 'DECIMAL(18,2)', '-0.50')).toBe('-0.50');
  });
  test('non-finite numbers and nested values are shown as text', () => {
    expect(show('x', 'DOUBLE', 'NaN')).toBe('NaN');
    expect(show('x', 'STRUCT(a INTEGER)', { a: 1 })).toBe('{"a":1}');
  });
  test('an instant names UTC in its tooltip and keeps its microseconds', () => {
    const format = columnFormat({ name: 't', type: 'TIMESTAMP WITH TIME ZONE' });
    expect(format.text('2013-01-01T05:15:00.123456Z')).toMatch(/\.123456$/);
    expect(format.title('2013-01-01T05:15:00Z')).toBe('2013-01-01T05:15:00Z (UTC)');
  });
});

test('one is singular', () => {
  expect(formatMany(1, 'row')).toBe('1 row');
  expect(formatMany(2000, 'row')).toBe('2,000 rows');
});

test('sizes, durations and ages read well', () => {
  expect(formatBytes(1)).toBe('1 byte');
  expect(formatBytes(1536)).toBe('1.5 KB');
  expect(formatBytes(5 * 1024 ** 3)).toBe('5 GB');
  expect(formatDuration(12_345)).toBe('12.3 s');
  expect(formatDuration(90_000)).toBe('1 min 30 s');
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(formatAgo('2026-01-01T23:57:00Z', now)).toBe('3 minutes ago');
});

test('times and numbers follow what the user chose, and say when that is new', () => {
  const time = '2026-01-01T00:30:00Z';
  expect(setFormats('en-GB', 'Asia/Tokyo')).toBe(true);
  expect(setFormats('en-GB', 'Asia/Tokyo')).toBe(false);
  expect(formatFullTime(time)).toBe('1 Jan 2026, 09:30:00 GMT+9');
  expect(show('t', 'TIMESTAMP WITH TIME ZONE', time)).toBe('2026-01-01 09:30:00');
  expect(formatPercent(0.126)).toBe('13%');
  expect(setFormats('de-DE', 'UTC')).toBe(true);
  expect(formatFullTime(time)).toBe('01.01.2026, 00:30:00 UTC');
  expect(formatPercent(0.126)).toBe('13\u00a0%');
  // What the browser does not know is as if nothing were chosen.
  setFormats('xx-nowhere-', 'Mars/Olympus');
  expect(formatFullTime(time)).toContain('2026');
  setFormats('', '');
});
