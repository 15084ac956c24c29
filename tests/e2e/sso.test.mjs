// Single sign-on from its set-up to a sign-in at a real provider, on a desktop and on a phone.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const secret = 'a-secret-of-the-client-that-nobody-sees';
const stamp = Date.now();
const slug = `acme-${stamp}`;
const domain = `d${stamp}.example`;
const children = [];
let admin, own, issuer;

/** Starts a provider of tests/sso; its address is the first line that it prints. */
function startProvider(script, settings) {
  const path = new URL(`../sso/${script}`, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (data) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(String(data));
      if (found) resolve(found[0]);
    });
    child.on('exit', () => reject(new Error(`${script} did not start`)));
  });
}

function startOidc() {
  const client = {
    client_id: 'openbricks',
    client_secret: secret,
    redirect_uris: [new URL(`/api/v1/auth/sso/${slug}/callback`, url).href],
    scope: 'openid email profile groups',
  };
  const ada = { email: `ada@${domain}`, email_verified: true, name: 'Ada', groups: ['dev'] };
  const eve = { email: `eve@${domain}`, email_verified: false, name: 'Eve' };
  return startProvider('oidc.mjs', { clients: [client], accounts: { ada, eve } });
}

/** A key and the certificate that it signed itself. */
function samlKeys() {
  const folder = mkdtempSync(join(tmpdir(), 'saml-'));
  const [key, certificate] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=idp'];
  execFileSync('openssl', ['req', ...options, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const read = (path) => readFileSync(path, 'utf8');
  const made = { key: read(key), certificate: read(certificate) };
  rmSync(folder, { recursive: true });
  return made;
}

before(async () => {
  issuer = await startOidc();
  admin = await openBrowser();
  own = await openBrowser({ width: 390, height: 844, dark: true });
});
after(async () => {
  await admin?.browser.close();
  await own?.browser.close();
  for (const child of children) child.kill();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(admin.page, `${context.name.replace(/\W+/g, '-')}-admin`);
    await picture(own.page, `${context.name.replace(/\W+/g, '-')}-own`);
  }
});

async function openProviders(page) {
  await page.goto(new URL('/settings?tab=sign-on', url).href);
  await page.getByRole('tab', { name: 'Single sign-on' }).waitFor();
}

/** Signs in on the provider's pages and consents there. */
async function atProvider(page, login) {
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('an administrator adds a provider and tests it', async () => {
  const { page } = admin;
  await signIn(page);
  const { post } = await connect();
  assert.ok((await post('/api/v1/groups', { name: `Developers ${stamp}` })).ok);
  await openProviders(page);
  await page.getByRole('button', { name: 'Add provider' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByText('Enter the issuer.').waitFor();
  await dialog.getByLabel('Name', { exact: true }).fill(`Acme ${stamp}`);
  assert.equal(await dialog.getByLabel('Short name').inputValue(), slug);
  await dialog.getByLabel('Issuer').fill(issuer);
  await dialog.getByLabel('Client id').fill('openbricks');
  await dialog.getByLabel('Client secret').fill(secret);
  await dialog.getByLabel('Scopes').fill('email profile groups');
  await dialog.getByLabel('Claim with groups').fill('groups');
  await dialog.getByRole('button', { name: 'Add a group' }).click();
  await dialog.getByLabel('Group at the provider 1').fill('dev');
  await dialog.getByLabel('Group here 1').selectOption({ label: `Developers ${stamp}` });
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const row = page.getByRole('listitem').filter({ hasText: `Acme ${stamp}` });
  await row.getByText(`/api/v1/auth/sso/${slug}/callback`).waitFor();
  await row.getByRole('button', { name: 'Test' }).click();
  await row.getByText('It answers as it should.').waitFor();

  await row.getByRole('button', { name: 'Provisioning by' }).click();
  await dialog.getByText('There is no token yet.').waitFor();
  await dialog.getByRole('button', { name: 'Make a token' }).click();
  await dialog.locator('code').nth(1).waitFor();
  const [base, token] = await dialog.locator('code').allTextContents();
  const scim = () => fetch(`${base}/Users`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await scim()).status, 200);
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'End the token' }).click();
  await dialog.getByText('There is no token yet.').waitFor();
  assert.equal((await scim()).status, 401);
  await dialog.getByRole('button', { name: 'Close' }).click();
  assert.deepEqual(await accessProblems(page), []);
});

test('somebody signs in with it on a phone', async () => {
  const { page } = own;
  await page.goto(new URL('/settings?tab=account', url).href);
  await page.getByRole('link', { name: `Continue with Acme ${stamp}` }).click();
  await atProvider(page, 'ada');
  await page.getByRole('heading', { name: 'Linked identities' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/settings');
  await page.getByRole('heading', { name: 'Ada' }).waitFor();
  await page.getByText(`with Acme ${stamp}`).waitFor();
  assert.deepEqual(await accessProblems(page), []);

  // It lasts over a reload, and ends like any session.
  await page.reload();
  await page.getByRole('heading', { name: 'Ada' }).waitFor();
  const { send } = await connect();
  const groups = (await (await send('/api/v1/groups')).json()).items;
  const group = groups.find(({ name }) => name === `Developers ${stamp}`);
  assert.equal(group.members, 1);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('link', { name: `Continue with Acme ${stamp}` }).waitFor();
});

test('a refusal is told on the page', async () => {
  const { page } = own;
  await page.context().clearCookies();
  await page.goto(new URL('/sign-in', url).href);
  await page.getByRole('link', { name: `Continue with Acme ${stamp}` }).click();
  await atProvider(page, 'eve');
  const alert = page.getByRole('alert');
  await alert.getByText('does not say that your email address is verified').waitFor();
  await alert.getByText(/^Request /).waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test('an enforced domain leads from the email to the provider', async () => {
  await openProviders(admin.page);
  await admin.page.getByRole('button', { name: `Change Acme ${stamp}` }).click();
  await admin.page.getByLabel('Enforced domains').fill(domain);
  await admin.page.getByRole('button', { name: 'Save' }).click();
  await admin.page.getByText(`enforced for ${domain}`).waitFor();

  const { page } = own;
  await page.context().clearCookies();
  await page.goto(new URL('/sign-in', url).href);
  await page.getByLabel('Email').fill(`ada@${domain}`);
  await page.getByLabel('Email').press('Tab');
  await page.getByText(`People of ${domain} sign in with Acme ${stamp}.`).waitFor();
  await page.getByLabel('Email').press('Enter');
  await atProvider(page, 'ada');
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
});

test('SAML signs in through a real identity provider', async () => {
  const { page } = admin;
  const name = `Saml ${stamp}`;
  const { key, certificate } = samlKeys();
  await openProviders(page);
  await page.getByRole('button', { name: 'Add provider' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Kind').selectOption('SAML 2.0');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel('Entity id').fill('urn:test:idp');
  await dialog.getByLabel('Sign-on address').fill('http://127.0.0.1:9/saml/sso');
  await dialog.getByLabel('Certificate').fill(certificate);
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const row = page.getByRole('listitem').filter({ hasText: name });
  await row.locator('code').nth(1).waitFor();
  const [metadata, consumer] = await row.locator('code').allTextContents();
  const idp = await startProvider('saml.mjs', {
    key,
    cert: certificate,
    issuer: 'urn:test:idp',
    acsUrl: consumer,
    audience: metadata,
    signResponse: false,
  });
  await row.getByRole('button', { name: `Change ${name}` }).click();
  await dialog.getByLabel('Sign-on address').fill(`${idp}/saml/sso`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });

  const own = await openBrowser({ width: 390, height: 844 });
  await own.page.goto(new URL('/catalog', url).href);
  await own.page.getByRole('link', { name: `Continue with ${name}` }).click();
  await own.page.locator('input[name=userName]').fill(`grace-${stamp}@saml.example`);
  await own.page.locator('input[name=email]').fill(`grace-${stamp}@saml.example`);
  await own.page.locator('#btn-sign-in').click();
  await own.page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  assert.equal(new URL(own.page.url()).pathname, '/catalog');
  await own.page.goto(new URL('/settings?tab=account', url).href);
  await own.page.getByText(`grace-${stamp}@saml.example`).first().waitFor();
  assert.deepEqual(own.problems, []);
  await own.browser.close();
  await row.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await row.waitFor({ state: 'detached' });
});

test('the own account links and unlinks an identity', async () => {
  const { page } = admin;
  await page.goto(new URL('/settings?tab=account', url).href);
  await page.getByRole('button', { name: `Link Acme ${stamp}` }).click();
  await atProvider(page, 'eve');
  const list = page.getByRole('list', { name: 'Linked identities' });
  await list.getByText(`eve@${domain}`).waitFor();
  await list.getByRole('button', { name: `Unlink Acme ${stamp}` }).click();
  await page.getByRole('button', { name: `Link Acme ${stamp}` }).waitFor();

  await openProviders(page);
  await page.getByRole('button', { name: `Delete Acme ${stamp}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No providers yet').waitFor();
  assert.deepEqual([...admin.problems, ...own.problems], []);
});
