// Documents: written together, offline, with comments, suggestions, versions and share links.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, connect, openBrowser, picture, signIn, url } from './browser.mjs';
import { openWire } from './wire.mjs';

const STAMP = Date.now();
const FRIEND = {
  email: `writer-${STAMP}@example.org`,
  name: `Fritz ${STAMP}`,
  password: 'a long password of a writer',
};
const TITLE = `Plans ${STAMP}`;
const TOLD = 40_000; // milliseconds until the page hears of something, or looks by itself
const TEXT = { name: 'Text of the document' };

let api, browser, page, problems, theirs, id, friend, wire;
before(async () => {
  api = await connect();
  wire = await openWire(url);
  const made = await api.post('/api/v1/users', FRIEND);
  assert.equal(made.status, 201);
  friend = (await made.json()).id;
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(15_000);
  theirs = await context.newPage();
  theirs.on('pageerror', (error) => problems.push(String(error)));
  await signIn(theirs, FRIEND);
});
after(async () => {
  await browser?.close();
  await wire?.cut();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(page, context.name.replace(/\W+/g, '-'));
    await picture(theirs, `${context.name.replace(/\W+/g, '-')}-theirs`);
  }
});

const sheet = (on = page) => on.getByRole('textbox', TEXT);
const dialog = (on = page) => on.getByRole('dialog');
const says = (text, on = page) =>
  on.getByRole('status').filter({ hasText: text }).first().waitFor();
const grant = async (role) => {
  const path = `/api/v1/permissions/document/${id}/${friend}`;
  const headers = { ...(await bearer()), 'content-type': 'application/json' };
  const answer = await api.send(path, { method: 'PUT', headers, body: JSON.stringify({ role }) });
  assert.ok(answer.ok, await answer.text());
};
const bearer = async () => {
  const { email, password } = await import('./browser.mjs');
  const login = await fetch(new URL('/api/v1/auth/login', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return { authorization: `Bearer ${(await login.json()).access_token}` };
};
const atEnd = async (on = page) => {
  await sheet(on).click();
  await on.keyboard.press('Control+End');
};

test('a document is made and named', async () => {
  await page.goto(`${url}/documents`);
  await page.getByRole('button', { name: 'New document' }).first().click();
  await dialog().getByRole('button', { name: /Blank/ }).click();
  await sheet().click();
  await page.keyboard.type('# Our plans\nFirst words.');
  await page.getByRole('textbox', { name: 'Title' }).fill(TITLE);
  await page.keyboard.press('Enter');
  await says('Saved');
  id = new URL(page.url()).pathname.split('/').pop();
  await page.getByRole('heading', { name: 'Our plans' }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test("two write at once, see each other's names, and undo only their own", async () => {
  await grant('editor');
  await theirs.goto(`${url}/documents/${id}`);
  await sheet(theirs).getByText('First words.').waitFor();
  await atEnd(theirs);
  await theirs.keyboard.insertText(' From Fritz.'); // one change, to be undone at once
  await sheet().getByText('First words. From Fritz.').waitFor();
  const flag = page.locator('.ql-cursor-name', { hasText: FRIEND.name });
  await flag.waitFor({ state: 'attached' });
  await page.getByRole('list', { name: 'In this document' }).getByLabel(FRIEND.name).waitFor();
  await atEnd();
  await page.keyboard.type(' Mine.');
  await sheet(theirs).getByText('From Fritz. Mine.').waitFor();
  await atEnd(theirs);
  await theirs.keyboard.press('Control+z');
  await sheet().getByText('First words. Mine.').waitFor();
});

test('the slash menu makes tables and tasks; a click checks one', async () => {
  await atEnd();
  await page.keyboard.press('Enter');
  await page.keyboard.type('/task');
  await page.getByRole('listbox', { name: 'Insert' }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('Buy milk');
  await page.locator('li[data-list=unchecked]').click({ position: { x: 10, y: 12 } });
  await theirs.locator('li[data-list=checked]', { hasText: 'Buy milk' }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.type('/table');
  await page.keyboard.press('Enter');
  await page.keyboard.type('corner');
  await theirs.locator('td', { hasText: 'corner' }).waitFor();
  assert.equal(await theirs.locator('td').count(), 9);
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Row below' }).click();
  await theirs.locator('td').nth(11).waitFor();
});

test('finds, and replaces all at once', async () => {
  await page.keyboard.press('Control+h');
  await page.getByRole('textbox', { name: 'Find', exact: true }).fill('wor');
  await page.getByRole('search').getByText('1 of 1').waitFor();
  await page.getByRole('textbox', { name: 'Replace with' }).fill('lord');
  await page.getByRole('button', { name: 'Replace all' }).click();
  await sheet(theirs).getByText('First lordds.').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await sheet(theirs).getByText('First words.').waitFor();
});

test('what is suggested destroys nothing until it is accepted', async () => {
  await theirs.getByLabel('Mode').selectOption('suggest');
  await sheet(theirs).getByText('First words.').click();
  await theirs.keyboard.press('Home');
  await theirs.keyboard.type('Very ');
  await theirs.keyboard.press('Shift+End');
  await theirs.keyboard.press('Delete');
  await sheet().locator('del', { hasText: 'First words. Mine.' }).waitFor();
  await sheet().locator('ins', { hasText: 'Very ' }).waitFor();
  await page.getByRole('button', { name: 'Reject all' }).click();
  await sheet(theirs).getByText('First words. Mine.', { exact: true }).waitFor();
  await sheet(theirs).locator('del, ins').first().waitFor({ state: 'detached' });
  await theirs.getByLabel('Mode').selectOption('write');
});

test('a comment mentions somebody, who finds it in the inbox and answers', async () => {
  await sheet().getByText('First words.').click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.press('Control+Alt+m');
  const field = page.getByRole('combobox', { name: 'Comment', exact: true });
  await field.fill(`Is this right, @${FRIEND.name.slice(0, -1)}`);
  await page.getByRole('listbox', { name: 'People' }).getByRole('option').first().click();
  await page
    .getByRole('complementary')
    .getByRole('button', { name: 'Comment', exact: true })
    .click();
  const thread = page.getByRole('list', { name: 'Comments' }).getByRole('listitem');
  await thread.getByText(`Is this right, @${FRIEND.name}`).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await theirs.getByRole('link', { name: /^Inbox, / }).waitFor({ timeout: TOLD });
  await theirs.goto(`${url}/inbox`);
  await theirs
    .getByRole('list', { name: 'Inbox' })
    .getByRole('link', { name: 'mentioned you in' })
    .click();
  await theirs.getByRole('combobox', { name: 'Reply' }).fill('It is.');
  await theirs.getByRole('button', { name: 'Reply' }).click();
  await thread.getByText('It is.', { exact: true }).waitFor({ timeout: TOLD });
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByText('No open comments').waitFor();
  await page.getByRole('button', { name: 'Close comments' }).click();
});

test('what is written while the server is away waits, and comes back', async () => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(30_000);
  const far = await context.newPage();
  await far.goto(wire.url);
  await far.getByLabel('Email').fill(FRIEND.email);
  await far.getByLabel('Password', { exact: true }).fill(FRIEND.password);
  await far.getByRole('button', { name: 'Sign in' }).click();
  await far.getByRole('navigation', { name: 'Workspace' }).waitFor();
  await far.goto(`${wire.url}/documents/${id}`);
  await sheet(far).getByText('First words.').waitFor();
  await says('Saved', far);
  await wire.cut();
  await says('Offline', far);
  await sheet(far).getByText('First words.').click();
  await far.keyboard.press('End');
  await far.keyboard.type(' Offline.');
  await says('9 changes wait', far);
  await sheet().getByText('First words.').click();
  await page.keyboard.press('Home');
  await page.keyboard.type('Online. ');
  await says('Saved');
  await wire.mend();
  await says('Saved', far);
  const merged = 'Online. First words. Mine. Offline.';
  await sheet(far).getByText(merged).waitFor();
  await sheet().getByText(merged).waitFor();
  await context.close();
});

test('a version is kept, compared and restored', async () => {
  await page.getByRole('button', { name: 'Versions', exact: true }).click();
  await page.getByRole('button', { name: 'Keep this one' }).click();
  await dialog().getByLabel('Name').fill('Before the change');
  await dialog().getByRole('button', { name: 'Keep' }).click();
  await dialog().waitFor({ state: 'detached' });
  await sheet().getByText('Our plans').click();
  await page.keyboard.press('End');
  await page.keyboard.type(' changed');
  await says('Saved');
  await page.getByRole('list', { name: 'Versions' }).getByText('Before the change').click();
  await page.locator('.ob-diff-insert, .ob-diff-delete', { hasText: 'changed' }).first().waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: 'Restore' }).click();
  await dialog().getByRole('button', { name: 'Restore' }).click();
  await sheet(page).getByRole('heading', { name: 'Our plans', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Close versions' }).click();
});

test('nothing that is pasted, named or commented ever runs', async () => {
  const evil = '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>';
  await atEnd();
  await page.keyboard.press('Enter');
  await page.evaluate((html) => {
    const data = new DataTransfer();
    data.setData('text/html', html);
    data.setData('text/plain', 'pasted');
    const event = new ClipboardEvent('paste', {
      clipboardData: data,
      bubbles: true,
      cancelable: true,
    });
    document.querySelector('.ql-editor').dispatchEvent(event);
  }, `${evil}<p>pasted <a href="javascript:globalThis.ran=1">link</a> <b onclick="globalThis.ran=1">bold</b></p><svg onload="globalThis.ran=1"></svg><iframe srcdoc="<script>parent.ran=1</script>"></iframe>`);
  await sheet(theirs).locator('strong', { hasText: 'bold' }).waitFor();
  assert.equal(
    await sheet(theirs).locator('a[href^="javascript"], script, iframe, [onclick]').count(),
    0,
  );
  const headers = { ...(await bearer()), 'content-type': 'application/json' };
  await api.send(`/api/v1/documents/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ title: evil }),
  });
  await api.post(`/api/v1/documents/${id}/comments`, { text: evil, quote: evil });
  await theirs.reload();
  await sheet(theirs).getByText('pasted').waitFor();
  // The panel stays open over a reload.
  const panel = theirs.getByRole('button', { name: 'Comments', exact: true });
  if ((await panel.getAttribute('aria-pressed')) !== 'true') await panel.click();
  await theirs.getByRole('list', { name: 'Comments' }).getByText('onerror').first().waitFor();
  await page.goto(`${url}/documents`);
  await page.getByRole('table', { name: 'Documents' }).getByText('globalThis.ran').waitFor();
  for (const one of [page, theirs])
    assert.equal(await one.evaluate(() => globalThis.ran), undefined);
  await api.send(`/api/v1/documents/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ title: TITLE }),
  });
});

test('a share link opens it without signing in, for reading only', async () => {
  await page.goto(`${url}/documents/${id}`);
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await dialog().getByRole('region', { name: 'Links' }).getByLabel('Password').fill('open sesame');
  await dialog().getByRole('button', { name: 'Create link' }).click();
  await dialog().getByText('Whoever has it can read').waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await page.keyboard.press('Escape');
  const list = await api.send(`/api/v1/documents/${id}/links`);
  const [{ token }] = (await list.json()).links;
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
  });
  context.setDefaultTimeout(15_000);
  const guest = await context.newPage();
  await guest.goto(`${url}/documents/${id}?share=${token}`);
  await guest.getByLabel('Password of the link').fill('open sesame');
  await guest.getByRole('button', { name: 'Open' }).click();
  await sheet(guest).getByText('First words.').waitFor();
  await says('Read only', guest);
  assert.equal(await sheet(guest).getAttribute('contenteditable'), 'false');
  assert.equal(await guest.getByRole('navigation', { name: 'Workspace' }).count(), 0);
  await page.getByRole('list', { name: 'In this document' }).getByLabel('Guest').waitFor();
  assert.deepEqual(await accessProblems(guest), []);
  await context.close();
});

test('who may only read cannot write', async () => {
  await grant('viewer');
  await theirs.goto(`${url}/documents/${id}`);
  await says('Read only', theirs);
  assert.equal(await sheet(theirs).getAttribute('contenteditable'), 'false');
  assert.equal(await theirs.getByRole('toolbar', { name: 'Format' }).count(), 0);
});

test('the list finds text, and gives back what was thrown away', async () => {
  await page.goto(`${url}/documents`);
  await page.getByRole('searchbox').fill('words');
  await page.getByRole('row').filter({ hasText: TITLE }).waitFor();
  await page.getByRole('button', { name: `Actions for ${TITLE}` }).click();
  await page.getByRole('menuitem', { name: 'Move to trash' }).click();
  await page.getByRole('row').filter({ hasText: TITLE }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('row').filter({ hasText: TITLE }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await page.getByRole('button', { name: `Star ${TITLE}` }).click();
  await page.getByRole('tab', { name: 'Starred' }).click();
  await page.getByRole('row').filter({ hasText: TITLE }).waitFor();
  // Chromium tells of the handlers in what is pasted when it is parsed, where none of them can run.
  const expected = /WebSocket|ERR_|Failed to load|inline event handler/;
  const others = problems.filter((text) => !expected.test(text));
  assert.deepEqual(others, []);
});
