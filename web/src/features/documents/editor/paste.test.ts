import Delta from 'quill-delta';
import { describe, expect, test } from 'vitest';
import { looksLikeMarkdown, tidy, withoutImages } from '@/features/documents/editor/paste';

let row = 0;
const newRow = () => `row-${(row += 1)}`;
const tidied = (delta: Delta) => tidy(delta, newRow).ops;

describe('a paste', () => {
  test('keeps its shape and loses colours and fonts', () => {
    const delta = new Delta()
      .insert('Big', { bold: true, color: 'red', font: 'Arial', size: '20px' })
      .insert('\n', { header: 2, direction: 'rtl' })
      .insert('item')
      .insert('\n', { list: 'bullet', indent: 1 });
    expect(tidied(delta)).toEqual([
      { insert: 'Big', attributes: { bold: true } },
      { insert: '\n', attributes: { header: 2 } },
      { insert: 'item' },
      { insert: '\n', attributes: { list: 'bullet', indent: 1 } },
    ]);
  });
  test('loses links that run something, and marks that are no colours of ours', () => {
    const delta = new Delta()
      .insert('a', { link: 'javascript:alert(1)', background: 'url(x)' })
      .insert('b', { link: 'https://b.example', background: 'yellow' });
    expect(tidied(delta)).toEqual([
      { insert: 'a' },
      { insert: 'b', attributes: { link: 'https://b.example', background: 'yellow' } },
    ]);
  });
  test('has links in the place of images of other sites', () => {
    const delta = new Delta()
      .insert({ image: 'https://a.example/x.png' }, { alt: 'A chart' })
      .insert({ image: '/api/v1/documents/1-2/files/3-4' })
      .insert({ image: 'data:image/svg+xml;base64,AAAA' })
      .insert({ chart: 'https://a.example' })
      .insert({ formula: 'a^2' });
    expect(tidied(delta)).toEqual([
      { insert: 'A chart', attributes: { link: 'https://a.example/x.png' } },
      { insert: { image: '/api/v1/documents/1-2/files/3-4' } },
      { insert: { formula: 'a^2' } },
    ]);
  });
  test('has rows of its own: two tables do not grow together', () => {
    const table = new Delta().insert('a').insert('\n', { table: '1' }).insert('\n', { table: '1' });
    const rows = [...tidied(table), ...tidied(table)].flatMap(({ attributes }) =>
      attributes ? [attributes.table] : [],
    );
    expect(new Set(rows).size).toBe(2);
  });
});

test.each([
  ['# Title\n\nSome text', true],
  ['- one\n- **two**', true],
  ['```js\nx\n```', true],
  ['| a | b |\n|---|---|\n| 1 | 2 |', true],
  ['Just words. And more.', false],
  ['- a dash alone', false],
  ['#hashtag and 1. thing', false],
])('%j looks like Markdown: %s', (text, expected) => {
  expect(looksLikeMarkdown(text)).toBe(expected);
});

test('the images of a paste are files, with their places and looks', () => {
  const pixel = 'data:image/png;base64,AAAA';
  const first = { alt: 'a', width: '20', link: 'https://example.com/' };
  const { delta, images } = withoutImages(
    new Delta()
      .insert('one ')
      .insert({ image: pixel }, first)
      .insert({ image: pixel })
      .insert(' two')
      .insert({ image: '/api/v1/documents/d/files/f' }),
  );
  expect(delta.ops).toEqual([
    { insert: 'one  two' },
    { insert: { image: '/api/v1/documents/d/files/f' } },
  ]);
  expect(images.map(({ file, ...rest }) => [file.name, file.size, rest])).toEqual([
    ['a.png', 3, { index: 4, attributes: first }],
    ['image.png', 3, { index: 4, attributes: undefined }],
  ]);
});
