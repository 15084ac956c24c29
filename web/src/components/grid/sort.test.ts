import { expect, test } from 'vitest';
import { nextSort, sortedIndexes } from './sort';

const order = (type: string, values: unknown[], descending = false) =>
  sortedIndexes(
    values.map((value) => [value]),
    [{ type }],
    { column: 0, descending },
  );

test('numbers sort by value, beyond 2^53 too, and NULL comes last', () => {
  expect(order('BIGINT', [10, null, 9, '9223372036854775807', '9223372036854775806'])).toEqual([
    2, 0, 4, 3, 1,
  ]);
  expect(order('BIGINT', [10, null, 9], true)).toEqual([0, 2, 1]);
});

test('decimals sort by value, not by digits', () => {
  expect(order('DECIMAL(10,2)', ['10.00', '9.50', '-1.00'])).toEqual([2, 1, 0]);
});

test('text sorts as people expect', () => {
  expect(order('VARCHAR', ['b10', 'b9', 'a'])).toEqual([2, 1, 0]);
});

test('a header cycles through ascending, descending and unsorted', () => {
  const ascending = nextSort(undefined, 1);
  expect(ascending).toEqual({ column: 1, descending: false });
  expect(nextSort(ascending, 1)).toEqual({ column: 1, descending: true });
  expect(nextSort({ column: 1, descending: true }, 1)).toBeUndefined();
});
