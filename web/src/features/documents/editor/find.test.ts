import { expect, test } from 'vitest';
import { findAll, nextFrom } from '@/features/documents/editor/find';
import { outlineOf } from '@/features/documents/editor/outline';
import { plainText } from '@/features/documents/editor/plain-text';
import { countWords } from '@/features/documents/editor/words';

test('finds with and without regard to case, and takes signs as they are', () => {
  expect(findAll('a.b A.B axb', 'a.b', false)).toEqual([
    { index: 0, length: 3 },
    { index: 4, length: 3 },
  ]);
  expect(findAll('a.b A.B', 'a.b', true)).toHaveLength(1);
  expect(findAll('anything', '', false)).toEqual([]);
});
test('an embed takes one place', () => {
  const text = plainText([{ insert: 'x' }, { insert: { divider: true } }, { insert: 'find' }]);
  expect(findAll(text, 'find', false)).toEqual([{ index: 2, length: 4 }]);
});
test('goes on from the cursor, and from the end to the start', () => {
  const all = findAll('one two one', 'one', false);
  expect(nextFrom(all, 1)).toBe(1);
  expect(nextFrom(all, 9)).toBe(0);
});
test('the outline knows where headings begin', () => {
  expect(
    outlineOf([
      { insert: 'words\nTitle' },
      { insert: '\n', attributes: { header: 1 } },
      { insert: { divider: true } },
      { insert: 'Sub' },
      { insert: '\n', attributes: { header: 2 } },
    ]),
  ).toEqual([
    { index: 6, level: 1, text: 'Title' },
    { index: 12, level: 2, text: 'Sub' },
  ]);
});
test('counts words', () => {
  expect(countWords("It’s a state-of-the-art test, n'est-ce pas?\n")).toEqual({
    words: 6,
    characters: 43,
  });
});
