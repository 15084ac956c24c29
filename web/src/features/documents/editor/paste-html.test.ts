// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { disarm, shape } from '@/features/documents/editor/paste-html';

const parsed = (html: string) => new DOMParser().parseFromString(html, 'text/html');
function shaped(html: string): Document {
  const doc = parsed(html);
  disarm(doc);
  shape(doc);
  return doc;
}
const widths = (doc: Document) => [...doc.querySelectorAll('tr')].map((row) => row.cells.length);
const texts = (doc: Document, selector: string) =>
  [...doc.querySelectorAll(selector)].map((node) => node.textContent);

const OURS = '/api/v1/documents/d1/files/f1';

test('an image of a document stays the one that it is', () => {
  const doc = shaped(
    `<img data-src="${OURS}" src="blob:http://localhost/1"><img src="/other.png">`,
  );
  const [ours, other] = doc.querySelectorAll('img');
  expect(ours!.dataset.src).toBe(OURS);
  expect(other!.dataset.src).toBe('/other.png');
  expect(doc.querySelector('[src]')).toBeNull();
});

test('what another parse would read otherwise is gone', () => {
  const doc = parsed(
    '<p style="mso-list:l0 level1">item<noscript><!--</noscript><img src=x onerror=alert(1)>--></noscript>' +
      '<noembed>1</noembed><noframes>2</noframes><style>3</style></p><!-- 4 --><xmp>5</xmp><plaintext>6',
  );
  disarm(doc);
  expect(doc.body.innerHTML).toBe('<p style="mso-list:l0 level1">item</p>');
});

test("Word's definitions of lists are still there for Quill", () => {
  const doc = parsed('<head><style><!-- @list l0:level1 {} --></style><!--[if mso]>--></head>');
  disarm(doc);
  expect(doc.head.innerHTML).toBe('<style><!-- @list l0:level1 {} --></style>');
});

test('all columns of a wide table stay', () => {
  const row = Array.from({ length: 70 }, (_, n) => `<td>c${n}</td>`).join('');
  const doc = shaped(`<table><tr>${row}</tr><tr><td>one</td></tr></table>`);
  expect(widths(doc)).toEqual([70, 70]);
  expect(texts(doc, 'tr:first-child td')[69]).toBe('c69');
});

test('cells behind a wide one stay, and what it spans is bounded', () => {
  const doc = shaped(
    '<table><tr><td colspan="1000" rowspan="1000">wide</td><td>a</td><td rowspan="9">b</td></tr>' +
      '<tr><td>c</td></tr></table>',
  );
  expect(widths(doc)).toEqual([66, 66]);
  expect(texts(doc, 'td').filter(Boolean)).toEqual(['wide', 'a', 'b', 'c']);
});

test('a table that would be mostly empty becomes lines', () => {
  const wide = Array.from({ length: 160 }, (_, n) => `<td>c${n}</td>`).join('');
  const long = '<tr><th>x</th></tr>'.repeat(160);
  const doc = shaped(`<p>before</p><table><tr>${wide}</tr>${long}</table>`);
  expect(doc.querySelector('table')).toBeNull();
  expect(doc.querySelectorAll('p')).toHaveLength(1 + 161);
  expect(doc.querySelectorAll('p')[1]!.textContent).toMatch(/^c0 c1 .* c159 $/);
  expect(doc.querySelectorAll('p:last-child b')).not.toHaveLength(0);
});

const BOTH = 'style="text-decoration: underline line-through"';
test.each([
  [`<table ${BOTH}><tr><td>a</td><td>b</td></tr></table>`, ['a', 'b']],
  [`<table><tbody ${BOTH}><tr><td>a</td><td>b</td></tr></tbody></table>`, ['a', 'b']],
  [`<table><thead ${BOTH}><tr><td>a</td></tr></thead><tr><td>b</td></tr></table>`, ['a']],
  [`<table><tfoot ${BOTH}><tr><td>a</td></tr></tfoot></table>`, ['a']],
  [`<table><tr ${BOTH}><td>a</td></tr><tr><td>b</td></tr></table>`, ['a']],
  [`<ul ${BOTH}><li>a</li><li>b</li></ul>`, ['a', 'b']],
  [`<ol ${BOTH}><li>a</li></ol>`, ['a']],
  [`<p ${BOTH}>a</p><p>b</p>`, ['a']],
])('%s is struck and keeps its shape', (html, struck) => {
  const doc = shaped(html);
  const plain = shaped(html.replace(BOTH, ''));
  expect(texts(doc, 's')).toEqual(struck);
  for (const mark of doc.querySelectorAll('s')) mark.replaceWith(...mark.childNodes);
  for (const node of doc.querySelectorAll('[style]')) node.removeAttribute('style');
  expect(doc.body.innerHTML).toBe(plain.body.innerHTML);
});

test.each(['html', 'body'])('the style and class of %s leave the body where it is', (tag) => {
  const doc = parsed('<p>text</p>');
  const node = doc.querySelector(tag)!;
  node.setAttribute('style', 'text-decoration: underline line-through');
  node.className = 'msoDel';
  shape(doc);
  expect(doc.body.textContent).toBe('text');
});

test.each(['constructor', '__proto__', 'toString', 'orange'])('%s is no marker of Word', (mark) => {
  const doc = shaped(`<span style="mso-highlight:${mark}">a</span>`);
  expect(doc.querySelector('span')!.className).toBe('');
});

test('a marker of Word is one of ours', () => {
  const doc = shaped('<span style="mso-highlight:Aqua">a</span>');
  expect(doc.querySelector('span')!.className).toBe('ob-mark-blue');
});
