import { expect, test } from 'vitest';
import { markdownToDelta } from '@/features/documents/editor/markdown';

const convert = (text: string) => {
  let row = 0;
  return markdownToDelta(text, () => `r${(row += 1)}`).ops;
};

test('headings, words and links', () => {
  expect(convert('## A *b*\n\nSee [there](https://a.example) and `code`, **bold**.')).toEqual([
    { insert: 'A ' },
    { insert: 'b', attributes: { italic: true } },
    { insert: '\n', attributes: { header: 2 } },
    { insert: 'See ' },
    { insert: 'there', attributes: { link: 'https://a.example' } },
    { insert: ' and ' },
    { insert: 'code', attributes: { code: true } },
    { insert: ', ' },
    { insert: 'bold', attributes: { bold: true } },
    { insert: '.\n' },
  ]);
});
test('lists and tasks, inside one another', () => {
  expect(convert('- a\n  - b\n1. c\n- [ ] d\n- [x] e')).toEqual([
    { insert: 'a' },
    { insert: '\n', attributes: { list: 'bullet' } },
    { insert: 'b' },
    { insert: '\n', attributes: { list: 'bullet', indent: 1 } },
    { insert: 'c' },
    { insert: '\n', attributes: { list: 'ordered' } },
    { insert: 'd' },
    { insert: '\n', attributes: { list: 'unchecked' } },
    { insert: 'e' },
    { insert: '\n', attributes: { list: 'checked' } },
  ]);
});
test('code keeps its lines and knows its language', () => {
  expect(convert('```py\nx = 1\n\n# no heading\n```\nafter')).toEqual([
    { insert: 'x = 1' },
    { insert: '\n\n', attributes: { 'code-block': 'python' } },
    { insert: '# no heading' },
    { insert: '\n', attributes: { 'code-block': 'python' } },
    { insert: 'after\n' },
  ]);
});
test('tables and dividers', () => {
  expect(convert('| a | b |\n|---|:-:|\n| 1 |\n\n---')).toEqual([
    { insert: 'a', attributes: { bold: true } },
    { insert: '\n', attributes: { table: 'r1' } },
    { insert: 'b', attributes: { bold: true } },
    { insert: '\n', attributes: { table: 'r1' } },
    { insert: '1' },
    { insert: '\n\n', attributes: { table: 'r2' } },
    { insert: { divider: true } },
  ]);
});
test('a link that would run something is only words', () => {
  expect(convert('[x](javascript:alert)')).toEqual([{ insert: 'x\n' }]);
});
test('a long line of signs ends soon', () => {
  expect(convert('*'.repeat(3000) + '_'.repeat(3000)).length).toBeGreaterThan(0);
});
