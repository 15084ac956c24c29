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
