// The list of documents: folders, search and the keyboard.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const STAMP = Date.now();
const TEAM = `Team ${STAMP}`;
const WORD = `zebra${STAMP}`;

let api, browser, page, problems, workspace;
const made = async (path, values) => {
  const answer = await api.post(path, values);
  assert.equal(answer.status, 201, await answer.clone().text());
  return answer.json();
};
before(async () => {
  api = await connect();
  workspace = (await made('/api/v1/workspaces', { name: TEAM })).id;
  await made('/api/v1/documents', { title: `At the top ${STAMP}`, workspace });
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
});
after(() => browser?.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const dialog = () => page.getByRole('dialog');
const table = () => page.getByRole('table', { name: 'Documents' });
const row = (text) => table().getByRole('row').filter({ hasText: text });
const trail = () => page.getByRole('navigation', { name: 'Breadcrumb' });
const button = (name) => page.getByRole('button', { name, exact: true });

test('folders are made, entered and left again', async () => {
  await page.goto(`${url}/documents`);
  await page.getByRole('main').getByLabel('Workspace').selectOption({ label: TEAM });
  await row(`At the top ${STAMP}`).waitFor();
  await button('New folder').click();
  await dialog().getByLabel('Name').fill('Plans');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await table().getByRole('link', { name: 'Plans' }).click();
  await page.getByText('This folder is empty').waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await button('New folder').click();
  await dialog().getByLabel('Name').fill('Spring');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await table().getByRole('link', { name: 'Spring' }).click();
  await trail().getByRole('heading', { name: 'Spring' }).waitFor();
  await trail().getByRole('link', { name: 'Plans' }).click();
  await trail().getByRole('heading', { name: 'Plans' }).waitFor();
  assert.equal(await row(`At the top ${STAMP}`).count(), 0);
  await page.reload();
  await row('Spring').waitFor();
  await trail().getByRole('link', { name: TEAM }).click();
  await row(`At the top ${STAMP}`).waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test('a document is made in the folder that is shown, and moved to another', async () => {
  await table().getByRole('link', { name: 'Plans' }).click();
  await row('Spring').waitFor();
  await button('New document').click();
  await dialog().getByRole('button', { name: /Blank/ }).click();
  const title = page.getByRole('textbox', { name: 'Title' });
  await title.fill(`In the folder ${STAMP}`);
  await title.press('Enter');
  const sheet = page.getByRole('textbox', { name: 'Text of the document' });
  await sheet.click();
  await page.keyboard.type(`One ${WORD} among horses`);
  await page.getByRole('status').filter({ hasText: 'Saved' }).first().waitFor();
  await page.goBack();
  await row(`In the folder ${STAMP}`).waitFor();
  await page.getByRole('button', { name: `Actions for In the folder ${STAMP}` }).click();
  await page.getByRole('menuitem', { name: 'Move', exact: true }).click();
  await dialog().getByRole('button', { name: 'Spring' }).click();
  await dialog().getByRole('button', { name: 'Move here' }).click();
  await row(`In the folder ${STAMP}`).waitFor({ state: 'detached' });
  await table().getByRole('link', { name: 'Spring' }).click();
  await row(`In the folder ${STAMP}`).waitFor();
});

test('a search looks into all folders, and marks what it found', async () => {
  await trail().getByRole('link', { name: TEAM }).click();
  await row(`At the top ${STAMP}`).waitFor();
  const search = page.getByRole('searchbox');
  // The server learns of new text some seconds later.
  const found = async () =>
    (await (await api.send(`/api/v1/documents?text=${WORD}`)).json()).documents.length > 0;
  for (const end = Date.now() + 20_000; Date.now() < end && !(await found());)
    await new Promise((next) => setTimeout(next, 100));
  await search.fill(WORD.toUpperCase());
  await row(`In the folder ${STAMP}`).locator('mark', { hasText: WORD }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await search.fill(`nothing ${STAMP} like this`);
  await page.getByText('Nothing found').waitFor();
  await button('Clear the search').click();
  await row(`At the top ${STAMP}`).waitFor();
});

test('the keyboard goes from the search through the rows', async () => {
  await page.getByRole('searchbox').press('ArrowDown');
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  assert.equal(await focused(), 'Plans');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), `At the top ${STAMP}`);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await trail().getByRole('heading', { name: 'Plans' }).waitFor();
});

test('a folder that is not there says so, and offers the way back', async () => {
  const missing = '00000000-0000-4000-8000-000000000000';
  await page.goto(`${url}/documents?workspace=${workspace}&folder=${missing}`);
  await page.getByRole('alert').first().waitFor();
  await page.getByRole('link', { name: 'All documents' }).click();
  await row(`At the top ${STAMP}`).waitFor();
  assert.deepEqual(problems, []);
});
