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
