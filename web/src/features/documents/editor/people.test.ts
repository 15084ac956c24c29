import { expect, test } from 'vitest';
import { presentOf } from '@/features/documents/editor/people';

test('everybody is there once, oneself first, and names are only text of bounded length', () => {
  const people = presentOf(
    new Map<number, { user?: { id?: unknown; name?: unknown } }>([
      [1, { user: { id: 'b', name: 'Bob' } }],
      [2, { user: { id: 'me', name: 'Me' } }],
      [3, { user: { id: 'b', name: 'Bob' } }],
      [4, { user: { id: 7, name: { evil: true } } }],
      [5, {}],
      [6, { user: { id: 'x', name: 'x'.repeat(500) } }],
    ]),
    2,
  );
  expect(people.map(({ name, me }) => [name.slice(0, 5), me])).toEqual([
    ['Me', true],
    ['Bob', false],
    ['Guest', false],
    ['xxxxx', false],
  ]);
  expect(Math.max(...people.map(({ name }) => name.length))).toBe(60);
});
