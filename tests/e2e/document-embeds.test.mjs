// Results of SQL within a document: everybody sees them with rights of their own.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const STAMP = Date.now();
const TABLE = `main.default.secret_${STAMP}`;
const FRIEND = {
  email: `looker-${STAMP}@example.org`,
  name: `Lena ${STAMP}`,
  password: 'a long password of a looker',
};

let api, browser, page, theirs, problems, id;
before(async () => {
  api = await connect();
  assert.equal((await api.post('/api/v1/users', FRIEND)).status, 201);
  await api.sql(`CREATE TABLE ${TABLE} (name STRING, amount INT)`);
  await api.sql(`INSERT INTO ${TABLE} VALUES ('Quokka', 41), ('Wombat', 17)`);
  const made = await api.post('/api/v1/documents', { title: `Figures ${STAMP}` });
  id = (await made.json()).id;
  const changed = await api.send(`/api/v1/documents/${id}`, {
    method: 'PATCH',
    headers: api.headers,
    body: JSON.stringify({ link_access: 'view' }),
  });
  assert.ok(changed.ok, await changed.text());
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(15_000);
  theirs = await context.newPage();
  await signIn(theirs, FRIEND);
});
after(async () => {
  await browser?.close();
  await api?.sql(`DROP TABLE IF EXISTS ${TABLE}`);
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(page, context.name.replace(/\W+/g, '-'));
    await picture(theirs, `${context.name.replace(/\W+/g, '-')}-theirs`);
  }
});

const sheet = (on = page) => on.getByRole('textbox', { name: 'Text of the document' });
const dialog = () => page.getByRole('dialog');
const saved = () => page.getByRole('status').filter({ hasText: 'Saved' }).first().waitFor();

async function insert(sql, view) {
  await page.keyboard.type('/query');
  await page.getByRole('listbox', { name: 'Insert' }).getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await dialog().getByLabel('SQL').fill(sql);
  await dialog().getByLabel('Show as').selectOption(view);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().waitFor({ state: 'detached' });
}

test('the slash menu inserts a result and a chart, which can be run again', async () => {
  await page.goto(`${url}/documents/${id}`);
  await sheet().click();
  await insert(`SELECT * FROM ${TABLE} ORDER BY amount DESC`, 'table');
  await sheet().getByRole('cell', { name: 'Quokka' }).waitFor();
  await sheet().click();
  await page.keyboard.press('Control+End');
  await insert(`SELECT name, amount FROM ${TABLE}`, 'chart');
  await sheet().locator('.js-plotly-plot').waitFor();
  await saved();
  assert.deepEqual(await accessProblems(page), []);
  await api.sql(`INSERT INTO ${TABLE} VALUES ('Numbat', 99)`);
  await sheet().getByRole('button', { name: 'Run again' }).first().click();
  await sheet().getByRole('cell', { name: 'Numbat' }).waitFor();
  assert.deepEqual(problems, []);
});

test('who may not read the table is told so, and gets none of its data', async () => {
  const answers = [];
  theirs.on('response', async (answer) => answers.push(await answer.text().catch(() => '')));
  await theirs.goto(`${url}/documents/${id}`);
  const refusals = sheet(theirs).getByRole('alert');
  await refusals.nth(1).waitFor();
  for (const text of await refusals.allInnerTexts()) assert.match(text, new RegExp(TABLE));
  assert.equal(await sheet(theirs).getByRole('cell').count(), 0);
  assert.equal(await sheet(theirs).locator('.js-plotly-plot').count(), 0);
  assert.ok(!answers.some((text) => /Quokka|Wombat|Numbat/.test(text)));
});

test('guests and files get the query’s place without its result', async () => {
  const page = await (await fetch(`${url}/d/${id}`)).text();
  assert.ok(page.includes(`Figures ${STAMP}`) && !page.includes('Quokka'));
  for (const format of ['html', 'markdown']) {
    const file = await api.send(`/api/v1/documents/${id}/export?format=${format}`);
    assert.equal(file.status, 200, format);
    assert.ok(!(await file.text()).includes('Quokka'), format);
  }
});

test('what is printed holds whole results, and none of the buttons', async () => {
  await page.emulateMedia({ media: 'print' });
  await sheet().getByRole('cell', { name: 'Wombat' }).waitFor();
  const cut = await sheet()
    .getByRole('table', { name: 'Result' })
    .evaluate((node) => node.parentElement.scrollHeight > node.parentElement.clientHeight + 1);
  assert.equal(cut, false);
  assert.equal(await sheet().getByRole('button', { name: 'Run again' }).count(), 0);
  await page.emulateMedia({ media: 'screen' });
});
