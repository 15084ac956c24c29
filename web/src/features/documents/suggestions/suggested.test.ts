import Delta from 'quill-delta';
import { describe, expect, test } from 'vitest';
import { decided, suggested, suggestionsIn } from '@/features/documents/suggestions/suggested';

const ANN = { id: 's1', user: 'ann', name: 'Ann' };
const BOB = { id: 's2', user: 'bob', name: 'Bob' };
const before = new Delta().insert('Hello\nworld\n');
const after = (delta: Delta, from = before, by = ANN) =>
  from.compose(suggested(delta, from, by).change);
const textOf = (delta: Delta) => delta.ops.map(({ insert }) => insert).join('');

describe('a suggestion', () => {
  test('destroys nothing, whatever is deleted', () => {
    for (let index = 0; index < before.length(); index += 1) {
      for (let length = 1; index + length <= before.length(); length += 1) {
        const deletion = new Delta().retain(index).delete(length);
        expect(textOf(after(deletion))).toBe('Hello\nworld\n');
      }
    }
  });
  test('marks what is inserted, and line ends apart', () => {
    expect(after(new Delta().retain(5).insert('!\n')).ops).toEqual([
      { insert: 'Hello' },
      { insert: '!', attributes: { 'suggest-insert': 's1|ann|Ann' } },
      { insert: '\n', attributes: { 'suggest-line': 's1|ann|Ann' } },
      { insert: '\nworld\n' },
    ]);
  });
  test('of one’s own goes when one deletes it; another’s is only marked', () => {
    const written = after(new Delta().retain(5).insert('!!'));
    expect(textOf(after(new Delta().retain(5).delete(2), written))).toBe('Hello\nworld\n');
    expect(textOf(after(new Delta().retain(5).delete(2), written, BOB))).toBe('Hello!!\nworld\n');
  });
  test('tells where the cursor goes behind what the Delete key marked', () => {
    expect(suggested(new Delta().retain(1).delete(1), before, ANN).deleted).toBe(2);
  });
});

describe('deciding', () => {
  const mixed = after(new Delta().insert('Oh, ').retain(1).delete(4), before);
  test('accepting all does what was suggested', () => {
    expect(mixed.compose(decided(mixed.ops, true, () => true)).ops).toEqual([
      { insert: 'Oh, H\nworld\n' },
    ]);
  });
  test('rejecting all gives the text back as it was', () => {
    expect(mixed.compose(decided(mixed.ops, false, () => true)).ops).toEqual(before.ops);
  });
  test('one of them leaves the others', () => {
    const one = mixed.compose(decided(mixed.ops, true, (_s, kind) => kind === 'insert'));
    expect(textOf(one)).toBe('Oh, Hello\nworld\n');
    expect(suggestionsIn(one.ops)).toEqual([{ ...ANN, kind: 'delete', text: 'ello', index: 5 }]);
  });
  test('a line break that was suggested goes, and one that was to go does', () => {
    const broken = after(new Delta().retain(2).insert('\n').retain(3).delete(1));
    expect(textOf(broken.compose(decided(broken.ops, true, () => true)))).toBe('He\nlloworld\n');
    expect(textOf(broken.compose(decided(broken.ops, false, () => true)))).toBe('Hello\nworld\n');
  });
});
