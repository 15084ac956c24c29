import { expect, test } from 'vitest';
import { mentioned, parts, typedMention } from '@/features/documents/comments/mentions';

const ANN = { id: 'a', name: 'Ann' };
const ANNA = { id: 'b', name: 'Anna Lee' };

test.each([
  ['Hello @An', 9, { from: 6, name: 'An' }],
  ['@Anna L', 7, { from: 0, name: 'Anna L' }],
  ['mail@example', 12, undefined],
  ['@Ann and so on', 14, undefined],
])('what is typed behind an @: %j', (text, cursor, expected) => {
  expect(typedMention(text, cursor)).toEqual(expected);
});

test('only those whose names still stand there are mentioned, once each', () => {
  expect(mentioned('@Ann, @Ann!', [ANN, ANNA, ANN])).toEqual([ANN]);
});

test('names are marked, the longest first, and nothing else is', () => {
  expect(parts('Ask @Anna Lee <b>', [ANN, ANNA])).toEqual([
    { text: 'Ask ', mention: false },
    { text: '@Anna Lee', mention: true },
    { text: ' <b>', mention: false },
  ]);
  expect(parts('a.*b', [{ id: 'c', name: '.*' }])).toEqual([{ text: 'a.*b', mention: false }]);
});
