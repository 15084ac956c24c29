// The editor on a phone: what floats and what is beside the text can be seen and reached.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const STAMP = Date.now();
const WIDTH = 390;
const NAVIGATION = { name: 'Workspace' };

let api, browser, page, problems, id;
before(async () => {
  api = await connect();
  id = (await (await api.post('/api/v1/documents', { title: `Phone ${STAMP}` })).json()).id;
  const cell = (text, row) => [{ insert: text }, { insert: '\n', attributes: { table: row } }];
  const ops = [
    { insert: 'A line with the end far right, ' },
    { insert: 'linked', attributes: { link: 'https://example.org/a/long/address/of/a/page' } },
    { insert: '\nSELECT a, b, c FROM somewhere.far.away' },
    { insert: '\n', attributes: { 'code-block': 'sql' } },
    ...['one', 'two', 'three', 'four', 'five'].flatMap((text) => cell(text, 'row')),
    { insert: `${'line\n'.repeat(30)}שלום עולם\nThe end.\n` },
  ];
  const answer = await api.send(`/api/v1/documents/${id}/content`, {
    method: 'PUT',
    headers: api.headers,
    body: JSON.stringify({ delta: { ops } }),
  });
  assert.ok(answer.ok, await answer.text());
  await api.post(`/api/v1/documents/${id}/versions`, { name: 'Kept' });
  ({ browser, page, problems } = await openBrowser({ width: WIDTH, height: 844 }));
  await signIn(page);
  await page.goto(`${url}/documents/${id}`);
  await sheet().getByText('The end.').waitFor();
});
after(() => browser?.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const sheet = () => page.getByRole('textbox', { name: 'Text of the document' });
const boxOf = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox();
  return { left: x, top: y, right: x + width, bottom: y + height, width };
};
// A table that scrolls: the caret goes through its cells, and browsers let the keyboard scroll it.
const otherProblems = async () =>
  (await accessProblems(page)).filter(
    (text) => !/^scrollable-region-focusable.*<table>/.test(text),
  );
const fits = ({ left, right }) => assert.ok(left >= 0 && right <= WIDTH, `${left} to ${right}`);

test('the slash menu stays above what is below the text', async () => {
  await sheet().getByText('The end.').click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('/');
  const menu = page.getByRole('listbox', { name: 'Insert' });
  await menu.waitFor();
  const [box, bar] = [await boxOf(menu), await boxOf(page.getByRole('navigation', NAVIGATION))];
  fits(box);
  assert.ok(box.bottom <= bar.top, `${box.bottom} is below ${bar.top}`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Backspace');
});

test('the address of a link can be read and changed', async () => {
  await sheet().getByRole('link', { name: 'linked' }).click();
  const field = page.getByRole('textbox', { name: 'Address' });
  await field.waitFor();
  fits(await boxOf(page.getByRole('form', { name: 'Link' })));
  assert.ok((await boxOf(field)).width > 150);
});

test('code is not covered, and a wide table is moved within itself', async () => {
  const block = sheet().locator('.ql-code-block-container');
  const [choice, line] = [
    await boxOf(block.locator('select')),
    await boxOf(block.locator('.ql-code-block').first()),
  ];
  assert.ok(choice.bottom <= line.top, `${choice.bottom} covers ${line.top}`);
  const table = sheet().locator('table');
  fits(await boxOf(table));
  assert.ok((await boxOf(sheet().locator('td').first())).width >= 100);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(over, 0);
});

test('Hebrew begins on the right', async () => {
  const { left, right } = await sheet()
    .getByText('שלום')
    .evaluate((node) => {
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left, right } = range.getBoundingClientRect();
      return { left, right };
    });
  assert.ok(left > WIDTH / 2 && right <= WIDTH, `${left} to ${right}`);
});

test('finding has room for what is looked for', async () => {
  await sheet().getByText('The end.').click();
  await page.keyboard.press('Control+h');
  for (const name of ['Find', 'Replace with']) {
    const box = await boxOf(page.getByRole('textbox', { name, exact: true }));
    fits(box);
    assert.ok(box.width > 100, `${name}: ${box.width}`);
  }
  assert.deepEqual(await otherProblems(), []);
  await page.getByRole('button', { name: 'Close the search' }).click();
});

test('a version that is chosen is shown', async () => {
  await page.getByRole('button', { name: 'Versions', exact: true }).click();
  await page.getByRole('list', { name: 'Versions' }).getByText('Kept').click();
  const text = page.getByLabel('Text of the version');
  await text.getByText('linked').click({ trial: true }); // nothing lies over it
  assert.deepEqual(await otherProblems(), []);
  await page.getByRole('button', { name: 'Back to the document' }).click();
  await sheet().getByText('The end.').waitFor();
});

test('the outline goes away when it has led somewhere', async () => {
  await sheet().getByText('A line with').click();
  await page.keyboard.press('Control+Alt+1');
  await page.getByRole('button', { name: 'Outline', exact: true }).click();
  await page.getByRole('complementary').getByText('A line with').click();
  await sheet().getByText('A line with').click({ trial: true });
  assert.deepEqual(problems, []);
});
