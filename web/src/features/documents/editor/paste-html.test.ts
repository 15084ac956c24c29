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
