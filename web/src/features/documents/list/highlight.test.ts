import { expect, test } from 'vitest';
import { highlighted } from '@/features/documents/list/highlight';

const hits = (text: string, search: string) =>
  highlighted(text, search).flatMap((bit) => (bit.hit ? [bit.text] : []));

test('all words of a search are marked, in any case', () => {
  expect(hits('Der ÜBERBLICK, ein Überblick', 'überblick')).toEqual(['ÜBERBLICK', 'Überblick']);
  expect(hits('one two three', ' three  one ')).toEqual(['one', 'three']);
  expect(hits('plans', 'plan plans')).toEqual(['plans']);
});

test('nothing of a search is a pattern, and no text is lost', () => {
  for (const search of ['', '(', 'a.c', '[x', '\\', '$&', '.*']) {
    const bits = highlighted('abc a.c [x] (y) \\ $& .*', search);
    expect(bits.map(({ text }) => text).join('')).toBe('abc a.c [x] (y) \\ $& .*');
  }
  expect(hits('abc a.c', 'a.c')).toEqual(['a.c']);
});
