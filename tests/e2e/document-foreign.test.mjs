// Documents with content that other clients made, which the editor has no form for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect, openBrowser, signIn, url } from './browser.mjs';

const RUNS = '<img src=x onerror="window.ran = 1">';
const OPS = [
  { insert: { formula: 'a^2' } },
  { insert: { video: 'javascript:window.ran=1' } },
  { insert: { mention: { name: RUNS } } },
  { insert: { chart: RUNS } },
  { insert: { scroll: 'x' } },
  { insert: { container: 'x', other: 1 } },
  { insert: {} },
  { insert: 'text', attributes: { image: 'y', cursor: true, block: true, onclick: RUNS } },
  { insert: '\n', attributes: { list: RUNS, table: { a: 1 } } },
  { insert: 'end\n' },
];

let api, browser, page, problems, id;
before(async () => {
  api = await connect();
  const made = await api.post('/api/v1/documents', { title: RUNS });
  id = (await made.json()).id;
  const saved = await api.send(`/api/v1/documents/${id}/content`, {
    method: 'PUT',
    headers: api.headers,
    body: JSON.stringify({ delta: { ops: OPS } }),
  });
  assert.equal(saved.status, 204, await saved.text());
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
});
after(() => browser?.close());

test('the editor shows what it can, runs nothing and keeps all of it', async () => {
  await page.goto(`${url}/documents/${id}`);
  const sheet = page.getByRole('textbox', { name: 'Text of the document' });
  await sheet.getByText('a^2').waitFor();
  assert.equal(await sheet.getByText('Something that this editor cannot show').count(), 4);
  assert.equal(await sheet.locator('img, a, [onerror], [onclick]').count(), 0);
  await sheet.getByText('end').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' and more');
  const content = async () => {
    const answer = await api.send(`/api/v1/documents/${id}/content`);
    return (await answer.json()).ops;
  };
  let ops;
  for (let i = 0; i < 200 && !JSON.stringify(ops ?? '').includes('and more'); i += 1)
    ops = await content();
  const [last] = ops.splice(-1);
  assert.match(last.insert, /^end and more\n/);
  assert.deepEqual(ops, OPS.slice(0, -1));
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  assert.deepEqual(problems, []);
});
