// An account from its invitation to its end: second factor, sessions, names, administrators' help.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const guest = { email: `guest-${Date.now()}@example.com`, password: 'a-good-password-2' };
let admin, own, secret, recovery;

before(async () => {
  admin = await openBrowser();
  own = await openBrowser({ width: 390, height: 844, dark: true });
});
after(async () => {
  await admin.browser.close();
  await own.browser.close();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(admin.page, `${context.name.replace(/\W+/g, '-')}-admin`);
    await picture(own.page, `${context.name.replace(/\W+/g, '-')}-own`);
  }
});

/** As an authenticator app makes it (RFC 6238). */
function codeOf(base32, ahead = 0) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac('sha1', key).update(step).digest();
  const value = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

async function openAccount(page) {
  await page.goto(new URL('/settings?tab=account', url).href);
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
}

async function passwordStep(page, user) {
  await page.goto(new URL('/sign-in', url).href);
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('an administrator invites, and the guest accepts on a phone', async () => {
  const { page } = admin;
  await signIn(page);
  await page.goto(new URL('/settings?tab=users', url).href);
  await page.getByRole('button', { name: 'Invite by email' }).click();
  await page.getByLabel('Email').fill(guest.email);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  const link = await page.getByText('/accept-invitation#token=').textContent();
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByRole('list', { name: 'Invitations' }).getByText(guest.email).waitFor();

  await own.page.goto(link.trim());
  await own.page.getByText(guest.email).waitFor();
  assert.ok(!own.page.url().includes('token='), 'the token leaves the address');
  await own.page.getByRole('button', { name: 'Accept and sign in' }).click();
  await own.page.getByText('Enter your name.').waitFor();
  await own.page.getByLabel('Name').fill('A guest');
  await own.page.getByLabel('Password', { exact: true }).fill(guest.password);
  await own.page.getByRole('button', { name: 'Accept and sign in' }).click();
  await own.page.getByRole('heading', { name: /^Hello/ }).waitFor();
});

test('the name changes', async () => {
  await openAccount(own.page);
  await own.page.getByLabel('Name').fill('Another name');
  await own.page.getByRole('button', { name: 'Save name' }).click();
  await own.page.getByRole('heading', { name: 'Another name' }).waitFor();
});

test('the second factor is turned on with a QR code', async () => {
  const { page } = own;
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByLabel('Your password').fill(guest.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('img', { name: 'QR code of the key' }).waitFor();
  secret = (await page.locator('p.font-mono span').textContent()).replaceAll(' ', '');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, -1));
  await page.getByRole('dialog').getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor();
  recovery = await page.getByRole('dialog').getByRole('listitem').allTextContents();
  assert.equal(recovery.length, 10);
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('10 recovery codes are left').waitFor();
});

test('signing in takes a code', async () => {
  const { page } = own;
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Email').waitFor();
  await passwordStep(page, guest);
  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('The code is wrong').waitFor();
  await page.getByLabel('Code', { exact: true }).fill(codeOf(secret, 1));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
});

test('another session is seen and ended', async () => {
  const { post } = await connect();
  const half = await (await post('/api/v1/auth/login', guest)).json();
  const body = { challenge: half.challenge, code: recovery[0] };
  assert.equal((await post('/api/v1/auth/second-factor', body)).status, 200);
  await openAccount(own.page);
  await own.page.getByText('this one').waitFor();
  await own.page.getByRole('button', { name: 'End all others' }).click();
  await own.page.getByRole('button', { name: 'End all others' }).waitFor({ state: 'detached' });
});

test('a program is approved by its code', async () => {
  const post = (path, form) =>
    fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'user-agent': 'openbricks-cli' },
      body: new URLSearchParams({ client_id: 'openbricks', ...form }),
    });
  const started = await (await post('/api/v1/oauth/device', {})).json();
  const { page } = own;
  await page.goto(started.verification_uri_complete);
  assert.equal(await page.getByLabel('Code').inputValue(), started.user_code);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('to act as').waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Approved.').waitFor();
  const answer = await post('/api/v1/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: started.device_code,
  });
  assert.equal(answer.status, 200);
});

test('an administrator sets a temporary password, which its user replaces', async () => {
  const { page } = admin;
  await page.reload();
  await page.getByRole('button', { name: `Actions on ${guest.email}` }).click();
  await page.getByRole('menuitem', { name: 'Turn off the second factor' }).click();
  await page.getByRole('button', { name: 'Turn off', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: `Actions on ${guest.email}` }).click();
  await page.getByRole('menuitem', { name: 'Set a temporary password' }).click();
  await page.getByLabel('Password', { exact: true }).fill('for the moment');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.getByText('Temporary password set').waitFor();

  await passwordStep(own.page, { ...guest, password: 'for the moment' });
  guest.password = 'an-own-password-3';
  await own.page.getByLabel('New password').fill(guest.password);
  await own.page.getByRole('button', { name: 'Set password and sign in' }).click();
  await own.page.getByRole('heading', { name: /^Hello/ }).waitFor();
});

test('pages without signing in are accessible', async () => {
  const { page, context } = own;
  await openAccount(page);
  assert.deepEqual(await accessProblems(page), []);
  const fresh = await context.newPage();
  for (const path of ['/forgot-password', '/sign-up', '/reset-password', '/verify-email']) {
    await fresh.goto(new URL(path, url).href);
    await fresh.getByRole('button').first().waitFor();
    assert.deepEqual(await accessProblems(fresh), [], path);
  }
  await fresh.close();
});

test('the account goes', async () => {
  const { page } = own;
  await openAccount(page);
  await page.getByRole('button', { name: 'Delete my account' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password').fill(guest.password);
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await passwordStep(page, guest);
  await page.getByRole('alert').getByText('do not match').waitFor();
  assert.deepEqual([...admin.problems, ...own.problems], []);
});
