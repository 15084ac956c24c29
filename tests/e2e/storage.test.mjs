// Storage credentials: made, tested, changed and deleted by an administrator, secrets never shown.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAME = `lake_${Date.now()}`;
const SPARE = `spare_${Date.now()}`;
const SECRET = 'a-secret-that-nobody-sees';

let browser, page, problems, store, place;
before(async () => {
  store = spawn(`${ROOT}.venv/bin/python`, ['-m', 'tests.harness.s3'], { cwd: ROOT });
  const [line] = await once(store.stdout, 'data');
  place = (bucket) => `s3://${bucket}/e2e?endpoint=${String(line).trim()}&region=us-east-1`;
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
});
after(async () => {
  await browser.close();
  store.kill();
});
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const dialog = () => page.getByRole('dialog');
const row = () =>
  page.getByRole('list', { name: 'Storage credentials' }).getByRole('listitem').filter({
    hasText: NAME,
  });

test('a credential is made once its store answers', async () => {
  await page.goto(`${url}/settings?tab=storage`);
  await page.getByRole('button', { name: 'Create credential' }).click();
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByText('Enter a name.').waitFor();
  await dialog().getByText('Enter the access key.').waitFor();
  await dialog().getByLabel('Name').fill(NAME);
  await dialog().getByLabel('URLs').fill(place('nowhere'));
  await dialog().getByLabel('Access key').fill('key');
  await dialog().getByLabel('Secret key').fill(SECRET);
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog()
    .getByRole('alert')
    .getByText(/bucket/i)
    .waitFor();
  await dialog().getByLabel('URLs').fill(place('test'));
  await dialog().getByRole('button', { name: 'Create' }).click();
  await row().first().waitFor();
  await dialog().waitFor({ state: 'detached' });
  const { post } = await connect();
  const spare = { name: SPARE, urls: [place('test').replace('/e2e?', '/spare?')] };
  const secrets = { access_key: 'key', secret_key: SECRET };
  assert.equal((await post('/api/v1/storage-credentials', { ...spare, ...secrets })).status, 201);
  await page.reload();
});

test('its stores are asked again', async () => {
  await row().first().getByRole('button', { name: 'Test' }).click();
  await row().first().getByLabel('Works').waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test('its URLs are changed, the secrets kept and not shown', async () => {
  await page.getByRole('button', { name: `Change ${NAME}` }).click();
  assert.equal(await dialog().getByLabel('Secret key').inputValue(), '');
  const both = `${place('test')}\n${place('test').replace('/e2e?', '/other?')}`;
  await dialog().getByLabel('URLs').fill(both);
  await dialog().getByRole('button', { name: 'Save' }).click();
  await row().first().getByText('/other?').waitFor();
  await row().first().getByRole('button', { name: 'Test' }).click();
  await row().first().getByLabel('Works').nth(1).waitFor();
  const { send } = await connect();
  const listed = await (await send('/api/v1/storage-credentials')).text();
  assert.ok(listed.includes(NAME) && !listed.includes(SECRET));
  assert.ok(!(await page.content()).includes(SECRET));
});

test('an external table is made below its URL', async () => {
  await page.goto(`${url}/catalog/main/default`);
  await page.getByRole('button', { name: 'Add external table' }).click();
  await dialog().getByLabel('Name').fill(NAME);
  await dialog().getByLabel('Location').fill('s3://test/elsewhere/t');
  await dialog().getByRole('button', { name: 'Add' }).click();
  await dialog().getByRole('alert').getByText('storage credential').waitFor();
  await dialog().getByLabel('Location').fill('s3://test/e2e/t');
  await dialog().getByRole('button', { name: 'Add' }).click();
  await dialog().getByRole('alert').getByText('no Delta table at that location').waitFor();
  await dialog().getByLabel('Columns of a new table').fill('id BIGINT, name STRING');
  await dialog().getByRole('button', { name: 'Add' }).click();
  await page.waitForURL(`**/catalog/main/default/${NAME}`);
  await page.getByText('external', { exact: true }).first().waitFor();
  const { sql } = await connect();
  await sql(`INSERT INTO ${NAME} VALUES (1, 'a')`);
  assert.deepEqual(await sql(`SELECT * FROM ${NAME}`), [[1, 'a']]);
  await page.goto(`${url}/settings?tab=storage`);
});

test('a store that is away is told', async () => {
  store.kill('SIGKILL');
  await once(store, 'exit');
  await row().first().getByRole('button', { name: 'Test' }).click();
  await row().first().getByLabel('Fails').first().waitFor({ timeout: 60_000 });
});

test('one that a table needs is kept', async () => {
  await page.getByRole('button', { name: `Delete ${NAME}` }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await dialog().getByRole('alert').getByText('Tables lie at its URLs').waitFor();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
});

test('one that nothing needs is deleted', async () => {
  await page.getByRole('button', { name: `Delete ${SPARE}` }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: `Delete ${SPARE}` }).waitFor({ state: 'detached' });
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
