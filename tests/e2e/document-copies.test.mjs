// What the browser keeps of documents and queries goes when somebody signs out, or somebody else signs in.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import {
  accessProblems,
  connect,
  email,
  openBrowser,
  password,
  picture,
  runSql,
  signIn,
  url,
} from './browser.mjs';
import { openWire } from './wire.mjs';

const STAMP = Date.now();
const WORDS = `Secret words ${STAMP}`;
const person = (name) => ({
  email: `${name}-${STAMP}@example.org`,
  name: `${name} ${STAMP}`,
  password: `a long password of ${name}`,
});
const ANNA = person('anna');
const BERT = person('bert');
const ADMIN = { email, password };

let api, browser, page, problems, wire, id;
before(async () => {
  api = await connect();
  wire = await openWire(url);
  for (const one of [ANNA, BERT]) assert.equal((await api.post('/api/v1/users', one)).status, 201);
  ({ browser, page, problems } = await openBrowser());
});
after(async () => {
  await browser?.close();
  await wire?.cut();
});
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const sheet = () => page.getByRole('textbox', { name: 'Text of the document' });
const says = (text) => page.getByRole('status').filter({ hasText: text }).first().waitFor();
const dialog = () => page.getByRole('dialog');
const copies = () =>
  page.evaluate(async () =>
    (await indexedDB.databases()).flatMap(({ name }) =>
      name.startsWith('openbricks-document') ? [name] : [],
    ),
  );
async function untilCopies(count) {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if ((await copies()).length === count) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  assert.equal((await copies()).length, count, String(await copies()));
}
async function enter(user, at = url) {
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  assert.ok(page.url().startsWith(at));
}
async function write(text, at = url, user = ANNA) {
  const mine = await connect(user);
  id = (await (await mine.post('/api/v1/documents', { title: WORDS })).json()).id;
  await page.goto(`${at}/documents/${id}`);
  await sheet().click();
  await page.keyboard.type(text);
  await says('Saved');
}
async function signOut() {
  await page.getByRole('button', { name: /^Account of / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}
const seesNothing = async () =>
  assert.ok(!(await page.content()).includes(String(WORDS)), 'the next one sees what was here');

test('signing out on a document leaves nothing of it behind', async () => {
  await signIn(page, ANNA);
  await write(WORDS);
  await untilCopies(1);
  await signOut();
  await page.getByLabel('Email').waitFor();
  assert.equal(await dialog().count(), 0);
  await untilCopies(0);
  await seesNothing();
  await enter(BERT);
  // Where the first one was: the next one may not see it.
  await page.getByText('There is no document that you may see there').waitFor();
  await page.goto(`${url}/documents`);
  await page.getByText('No documents yet').waitFor();
  await seesNothing();
  assert.deepEqual(await copies(), []);
  assert.deepEqual(
    problems.filter((text) => !/WebSocket/.test(text)),
    [],
  );
  await signOut();
  await page.getByLabel('Email').waitFor();
});

test('with changes that wait it says first how many would be lost', async () => {
  await page.goto(wire.url);
  await enter(ANNA, wire.url);
  await write('First.', wire.url);
  await wire.cut();
  await says('Offline');
  await page.keyboard.type(' More');
  await says('Offline: 5 changes wait');
  await signOut();
  await dialog().getByText('5 changes to documents have not reached the server').waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  await says('Offline: 5 changes wait');
  // The list of documents does not have it open: the copy itself knows.
  await wire.mend();
  await says('Saved');
  await wire.cut();
  await says('Offline');
  await sheet().click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('!');
  await says('Offline: 1 change waits');
  await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link').first().click();
  await signOut();
  await dialog().getByText('1 change to documents has not reached the server').waitFor();
  await dialog()
    .getByRole('button', { name: /^Lose 1 change/ })
    .click();
  await page.getByLabel('Email').waitFor();
  await untilCopies(0);
  await wire.mend();
  const text = await (await connect(ANNA)).send(`/api/v1/documents/${id}/content?format=text`);
  assert.equal((await text.text()).trim(), 'First. More');
});

test('a session that ended elsewhere leaves its copies only to the same user', async () => {
  await page.goto(url);
  await enter(ANNA);
  await write(WORDS);
  await untilCopies(1);
  // She ends all her sessions but that of another place.
  const elsewhere = await connect(ANNA);
  const ended = await elsewhere.send('/api/v1/auth/sessions', { method: 'DELETE' });
  assert.ok(ended.ok, await ended.text());
  await page.reload();
  await page.getByLabel('Email').waitFor();
  await seesNothing();
  await untilCopies(1);
  await enter(BERT);
  await untilCopies(0);
  await seesNothing();
});

test('signing out in one tab clears what another one has open', async () => {
  await signOut();
  await page.getByLabel('Email').waitFor();
  await page.goto(url);
  await enter(ANNA);
  await write(WORDS);
  const other = await page.context().newPage();
  const failed = [];
  other.on('pageerror', (error) => failed.push(String(error)));
  await other.goto(`${url}/documents/${id}`);
  await other.getByRole('textbox', { name: 'Text of the document' }).getByText(WORDS).waitFor();
  await untilCopies(1);
  await signOut();
  await page.getByLabel('Email').waitFor();
  await other.getByLabel('Email').waitFor();
  await untilCopies(0);
  assert.deepEqual(failed, []);
  await other.close();
});

test('who looks as somebody else is told of their own changes that wait', async () => {
  await page.goto(wire.url);
  await enter(ADMIN, wire.url);
  await write('Mine.', wire.url, ADMIN);
  await wire.cut();
  await says('Offline');
  await page.keyboard.type('!!');
  await says('Offline: 2 changes wait');
  // Away from the document, so that they wait on when the server is back.
  await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link').first().click();
  await wire.mend();
  await page.getByRole('button', { name: /^Account of / }).click();
  await page.getByRole('menuitem', { name: 'Account' }).click();
  await page.getByRole('tab', { name: 'Users' }).click();
  await page.getByRole('button', { name: `Actions on ${ANNA.email}` }).click();
  await page.getByRole('menuitem', { name: 'View as' }).click();
  await dialog().getByRole('button', { name: 'View', exact: true }).click();
  await page.getByRole('region', { name: 'Viewing as' }).waitFor();
  await signOut();
  await dialog().getByText('2 changes to documents have not reached the server').waitFor();
  await dialog()
    .getByRole('button', { name: /^Lose 2 changes/ })
    .click();
  await page.getByLabel('Email').waitFor();
  await untilCopies(0);
});

test('queries that somebody wrote are not shown to the next one', async () => {
  const statement = `SELECT 'of anna, ${STAMP}'`;
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  const editor = () => page.getByRole('textbox', { name: 'SQL' });
  await page.goto(`${url}/sql`);
  await enter(ANNA);
  await runSql(page, statement);
  await page.reload();
  await editor().getByText(`of anna, ${STAMP}`).waitFor();
  assert.ok((await kept()).includes(`of anna, ${STAMP}`));
  await signOut();
  await page.getByLabel('Email').waitFor();
  assert.ok(!(await kept()).includes(`of anna, ${STAMP}`), await kept());
  await enter(BERT);
  await editor().waitFor();
  assert.ok(!(await page.content()).includes(`of anna, ${STAMP}`));
  await page.reload();
  await editor().waitFor();
  assert.ok(!(await page.content()).includes(`of anna, ${STAMP}`));
});
