// OpenBricks as the provider: an application with a certified client library signs people in here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, openBrowser, password, email, picture, signIn, url } from './browser.mjs';

const name = `Hub ${Date.now()}`;
let admin, phone, child, application, id, secret;

before(async () => {
  const script = new URL('../sso/client.mjs', import.meta.url).pathname;
  child = spawn(process.execPath, [script, '{}'], { stdio: ['ignore', 'pipe', 'inherit'] });
  application = await new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => resolve(String(data).trim()));
    child.on('exit', () => reject(new Error('the application did not start')));
  });
  admin = await openBrowser();
  phone = await openBrowser({ width: 390, height: 844, dark: true });
});
after(async () => {
  await admin?.browser.close();
  await phone?.browser.close();
  child.kill();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(admin.page, `${context.name.replace(/\W+/g, '-')}-admin`);
    await picture(phone.page, `${context.name.replace(/\W+/g, '-')}-phone`);
  }
});

/** Where the application's button "Sign in" leads. */
function login(more = {}) {
  const to = new URL('/login', application);
  const values = { issuer: new URL(url).origin, client_id: id, client_secret: secret, ...more };
  for (const [key, value] of Object.entries(values)) to.searchParams.set(key, value);
  return to.href;
}

/** What the application learned. */
async function learned(page) {
  await page.waitForURL(`${application}/callback*`);
  return JSON.parse(await page.locator('body').textContent());
}

test('an administrator registers an application', async () => {
  const { page } = admin;
  await signIn(page);
  await page.goto(new URL('/settings?tab=sign-on', url).href);
  await page.getByRole('button', { name: 'Register application' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Redirect addresses').fill('http://app.example/cb');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByText('must be https://').first().waitFor();
  await dialog.getByLabel('Redirect addresses').fill(`${application}/callback`);
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByText('Copy it now').waitFor();
  secret = await dialog.locator('code').textContent();
  await dialog.getByRole('button', { name: 'I have copied it' }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  id = await row.locator('code').textContent();
  assert.match(id, /^obc_/);
  assert.deepEqual(await accessProblems(page), []);
});

test('somebody who is not signed in signs in, decides, and is back at the application', async () => {
  const { page } = phone;
  await page.goto(login());
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('wants to know of').waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: 'Let it know' }).click();
  const { claims, info } = await learned(page);
  assert.equal(claims.email, email);
  assert.equal(info.sub, claims.sub);
});

test('the next time nobody is asked, and a new sign-in can be demanded', async () => {
  const { page } = phone;
  await page.goto(login());
  assert.equal((await learned(page)).claims.email, email);
  await page.goto(login({ prompt: 'none' }));
  assert.equal((await learned(page)).claims.email, email);
  await page.goto(login({ prompt: 'login' }));
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.equal((await learned(page)).claims.email, email);
});

test('who refuses, or is signed out and must not be asked, is sent back', async () => {
  const { page } = phone;
  await page.goto(new URL('/settings?tab=account', url).href);
  await page.getByRole('button', { name: `Keep ${name} out` }).click();
  await page.getByRole('button', { name: `Keep ${name} out` }).waitFor({ state: 'detached' });
  await page.goto(login());
  await page.getByRole('button', { name: 'Refuse' }).click();
  assert.equal((await learned(page)).error, 'access_denied');
  await page.goto(new URL('/settings?tab=account', url).href);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.goto(login({ prompt: 'none' }));
  assert.equal((await learned(page)).error, 'login_required');
});

test('an address that is not registered gets nothing', async () => {
  const { page } = admin;
  const to = new URL('/oauth/authorize', url);
  to.search = new URLSearchParams({ client_id: id, redirect_uri: 'https://evil.example/' });
  await page.goto(to.href);
  await page.getByText('is not registered for it').waitFor();
  assert.equal(new URL(page.url()).pathname, '/oauth/authorize');
  await page.goto(new URL('/settings?tab=sign-on', url).href);
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('listitem').filter({ hasText: name }).waitFor({ state: 'detached' });
  assert.deepEqual([...admin.problems, ...phone.problems], []);
});
