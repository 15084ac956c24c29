// Passkeys with the browser's own virtual authenticator: added, used in three ways, and removed.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';

// Browsers know passkeys at localhost, not at addresses.
const here = new URL(url);
if (here.hostname === '127.0.0.1') here.hostname = 'localhost';
const at = (path) => new URL(path, here).href;
const person = { email: `pass-${Date.now()}@example.com`, password: 'a-good-password-2' };
let own, cdp, authenticator, recovery;

before(async () => {
  own = await openBrowser({ width: 390, height: 844, dark: true });
  const { post } = await connect();
  assert.ok((await post('/api/v1/users', { ...person, name: 'Pass' })).ok);
  cdp = await own.context.newCDPSession(own.page);
  await cdp.send('WebAuthn.enable');
  await plugIn();
});
after(() => own.browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(own.page, context.name.replace(/\W+/g, '-'));
  }
});

/** A device with a fingerprint reader that knows its owner. */
async function plugIn() {
  const options = {
    protocol: 'ctap2',
    ctap2Version: 'ctap2_1',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const made = await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  authenticator = made.authenticatorId;
}

const verified = (isUserVerified) =>
  cdp.send('WebAuthn.setUserVerified', { authenticatorId: authenticator, isUserVerified });

/** Whether it answers by itself; when not, it waits until told to. */
const present = (enabled) =>
  cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: authenticator, enabled });

async function signOut(page) {
  await page.goto(at('/settings?tab=account'));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Email').waitFor();
}

async function passwordStep(page) {
  await page.getByLabel('Email').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const list = () => own.page.getByRole('list', { name: 'Passkeys' });
const signedIn = () => own.page.getByRole('navigation', { name: 'Workspace' }).waitFor();

test('a passkey is added', async () => {
  const { page } = own;
  // Nothing answers in the field of the email yet.
  await present(false);
  await page.goto(at('/sign-in'));
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await passwordStep(page);
  await signedIn();
  await present(true);
  await page.goto(at('/settings?tab=account'));
  await page.getByText('You have no passkeys yet.').waitFor();
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('My device');
  await page.getByLabel('Your password').fill('not my password');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('alert').getByText('password is wrong').waitFor();
  await page.getByLabel('Your password').fill(person.password);
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: 'Go on' }).click();
  await list().getByText('My device').waitFor();
  await list().getByText('never used').waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test('the same device is not added twice', async () => {
  const { page } = own;
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Your password').fill(person.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('alert').getByText('has a passkey of your account already').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
});

test('it signs in with the button, and what goes wrong is told', async () => {
  const { page } = own;
  await present(false);
  await signOut(page);
  // Offered again after the failure, it would sign in before the button is pressed.
  await page.evaluate(() => {
    PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
  });
  await verified(false);
  await present(true);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').getByText('it was cancelled, or took too long').waitFor();
  await verified(true);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await signedIn();
  await page.goto(at('/settings?tab=account'));
  await page.getByText('with a passkey').waitFor();
  await list()
    .getByText(/used (now|.*ago)/)
    .waitFor();
});

test('it signs in where the browser fills in the email', async () => {
  const { page } = own;
  // The browser chooses by itself, as a person would in its list.
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/passkey-sign-in'));
  await page.getByRole('button', { name: 'Sign out' }).click();
  assert.equal((await answered).status(), 200);
  await signedIn();
});

test('it stands for the code of a second factor', async () => {
  const { page } = own;
  const { post } = await connect(person);
  const enrolled = await post('/api/v1/auth/second-factor/enrol', { password: person.password });
  const { secret } = await enrolled.json();
  const code = codeOf(secret);
  const confirmed = await post('/api/v1/auth/second-factor/confirm', { code });
  recovery = (await confirmed.json()).recovery_codes;
  await present(false);
  await signOut(page);
  await passwordStep(page);
  await page.getByLabel('Code', { exact: true }).waitFor();
  await present(true);
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: 'Use a passkey instead' }).click();
  await signedIn();
});

test('it is renamed and removed', async () => {
  const { page } = own;
  await page.goto(at('/settings?tab=account'));
  await page.getByRole('button', { name: 'Rename My device' }).click();
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Another');
  await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('button', { name: 'Remove Another' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password').fill(person.password);
  await dialog.getByLabel('Code').fill('000000');
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('alert').getByText('The code is wrong').waitFor();
  await dialog.getByLabel('Code').fill(recovery[0]);
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('You have no passkeys yet.').waitFor();
  // The device still has it, and the server says no more than that it is not known.
  await present(false);
  await signOut(page);
  await present(true);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').getByText('it is not known here').waitFor();
  assert.deepEqual(own.problems, []);
});

test('an administrator removes all of a user', async () => {
  const admin = await openBrowser();
  const { page } = admin;
  await signIn(page);
  await page.goto(new URL('/settings?tab=users', url).href);
  await page.getByRole('button', { name: `Actions on ${person.email}` }).click();
  await page.getByRole('menuitem', { name: 'Remove all passkeys' }).click();
  const answered = page.waitForResponse((answer) => answer.url().endsWith('/passkeys'));
  await page.getByRole('dialog').getByRole('button', { name: 'Remove passkeys' }).click();
  assert.equal((await answered).status(), 204);
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(admin.problems, []);
  await admin.browser.close();
});

test('at an address without a name the page says where they work', async () => {
  if (new URL(url).hostname !== '127.0.0.1') return;
  const { page } = own;
  await page.goto(new URL('/sign-in', url).href);
  await page.getByLabel('Email').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
});

function codeOf(base32) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac('sha1', key).update(step).digest();
  const value = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}
