import Delta from 'quill-delta';
import { expect, test } from 'vitest';
import { foreignText, shown } from '@/features/documents/editor/foreign';

test('what the editor knows is shown as it is', () => {
  const ops = [
    { insert: 'a', attributes: { bold: true, link: 'https://a.example' } },
    { insert: { image: 'x' }, attributes: { alt: 'b', width: '20' } },
    { insert: { formula: 'a^2' } },
    { insert: '\n', attributes: { list: 'checked', indent: 1 } },
    { retain: 3, attributes: { bold: null } },
    { delete: 2 },
  ];
  expect(shown(ops)).toEqual(ops);
  expect(shown(new Delta(ops))).toEqual(ops);
});

test('whatever else takes one place, and is nothing that the editor would have to make', () => {
  for (const embed of [{ chart: 1 }, {}, { scroll: 'x' }, { cursor: true }, 5, true, null, [1]])
    expect(shown([{ insert: embed as never }])).toEqual([{ insert: { foreign: embed } }]);
  expect(shown([{ insert: 'a', attributes: { image: 'x', cursor: true, block: true } }])).toEqual([
    { insert: 'a' },
  ]);
  expect(shown([{ retain: 1, attributes: { scroll: 1, bold: true } }])).toEqual([
    { retain: 1, attributes: { bold: true } },
  ]);
});

test('embeds without a form of their own are told by a text', () => {
  expect(foreignText('formula', 'a^2')).toBe('a^2');
  expect(foreignText('mention', { name: 'Ann' })).toBe('@Ann');
  expect(foreignText('mention', null)).toBe('@someone');
  expect(foreignText('foreign', { chart: 1 })).toMatch(/cannot show/);
});
