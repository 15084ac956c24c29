// The audit log for administrators, and keys that are limited to some areas.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const NAME = `audited ${Date.now()}`;
const PASSWORD = 'a-password-that-nobody-sees';

let browser, page, problems, api;
before(async () => {
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
  api = await connect();
});
after(() => browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const log = () => page.getByRole('list', { name: 'Audit log' });
const dialog = () => page.getByRole('dialog');

test('a key is limited to what is chosen', async () => {
  await page.goto(`${url}/settings?tab=keys`);
  await page.getByRole('button', { name: 'Create API key' }).click();
  await dialog().getByLabel('Name').fill(NAME);
  await dialog().getByLabel('May do').selectOption('Only what you choose');
  await dialog().getByLabel('SQL and query history').selectOption('No access');
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByText('Give access to at least one area.').waitFor();
  await dialog().getByLabel('SQL and query history').selectOption('Read');
  await dialog().getByLabel('Files in volumes').selectOption('Read and change');
  await picture(page, 'key-scopes');
  assert.deepEqual(await accessProblems(page), []);
  await dialog().getByRole('button', { name: 'Create' }).click();
  const key = await dialog().locator('code').innerText();
  await dialog().getByRole('button', { name: 'Done' }).click();
  await page.getByRole('listitem').filter({ hasText: NAME }).getByText('limited to').waitFor();
  const headers = { authorization: `Bearer ${key}` };
  const ask = (path) => fetch(new URL(path, url), { headers });
  assert.equal((await ask('/api/v1/queries')).status, 200);
  const refused = await ask('/api/v1/catalogs');
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).scope, 'catalog:read');
});

test('a service account is made, with a secret that works, and deleted', async () => {
  await page.goto(`${url}/settings?tab=services`);
  await page.getByRole('button', { name: 'Create service account' }).click();
  await dialog().getByLabel('Name').fill(`load ${NAME}`);
  await dialog().getByRole('button', { name: 'Create' }).click();
  await dialog().getByRole('button', { name: 'New secret' }).click();
  await dialog().getByText('Copy the secret now').waitFor();
  const [id, secret] = await dialog().locator('code').allInnerTexts();
  assert.ok(secret.startsWith('obs_'));
  await picture(page, 'service-secret');
  assert.deepEqual(await accessProblems(page), []);
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
  const ask = () =>
    fetch(new URL('/api/v1/oauth/token', url), {
      method: 'POST',
      body: new URLSearchParams(form),
    });
  assert.equal((await ask()).status, 200);
  await dialog().getByRole('button', { name: 'Done' }).click();
  const list = page.getByRole('list', { name: 'Service accounts' });
  const row = list.getByRole('listitem').filter({ hasText: NAME });
  await picture(page, 'services');
  assert.deepEqual(await accessProblems(page), []);
  await row.getByRole('button', { name: /Actions on/ }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await row.getByText('disabled').waitFor();
  assert.equal((await ask()).status, 401);
  await row.getByRole('button', { name: /Actions on/ }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await dialog().getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
});

test('administrators see who did what', async () => {
  assert.equal((await api.post('/api/v1/groups', { name: NAME })).status, 201);
  const wrong = { email: 'nobody@example.com', password: PASSWORD };
  assert.equal((await api.post('/api/v1/auth/login', wrong)).status, 401);
  await page.goto(`${url}/settings?tab=audit`);
  await log().getByText('group.create').first().waitFor();
  await log().getByText('key.create').first().waitFor();
  await page.getByLabel('Object').fill(NAME);
  await log().getByText('auth.signIn').first().waitFor({ state: 'detached' });
  const made = log().getByRole('listitem').filter({ hasText: 'group.create' });
  await made.getByRole('button', { name: 'Show the details' }).click();
  await made.getByText('127.0.0.1').waitFor();
  await picture(page, 'audit-log');
  assert.deepEqual(await accessProblems(page), []);
  await page.getByLabel('Object').fill('');
  await page.getByLabel('Outcome').selectOption('Denied');
  const denied = log().getByRole('listitem').filter({ hasText: 'nobody@example.com' }).first();
  await denied.getByText('denied').waitFor();
  await page.getByLabel('Who').fill('somebody who never was here');
  await page.getByText('No such entries').waitFor();
  await page.getByRole('button', { name: 'Show all entries' }).click();
  await log().getByText('group.create').first().waitFor();
});

test('what is shown can be exported', async () => {
  await page.getByLabel('Object').fill(NAME);
  await log().getByText('auth.signIn').first().waitFor({ state: 'detached' });
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const text = await readFile(await (await download).path(), 'utf8');
  const lines = text.trim().split('\r\n');
  assert.ok(lines[0].startsWith('time,id,action,outcome'));
  assert.ok(lines.length >= 3 && lines.slice(1).every((line) => line.includes(NAME)));
  assert.ok(!text.includes(PASSWORD));
});

test('on a phone, and in the dark', async () => {
  const phone = await openBrowser({ width: 390, height: 844, dark: true });
  try {
    await signIn(phone.page);
    await phone.page.goto(`${url}/settings?tab=audit`);
    await phone.page.getByRole('list', { name: 'Audit log' }).waitFor();
    await picture(phone.page, 'audit-phone');
    assert.deepEqual(await accessProblems(phone.page), []);
    const wide = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} wide`);
    assert.deepEqual(phone.problems, []);
  } finally {
    await phone.browser.close();
  }
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
