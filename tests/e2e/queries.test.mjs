// The statements that run and ran: seen live, found, cancelled; by their user and by an administrator.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { connect, openBrowser, picture, signIn, url } from './browser.mjs';

const MARK = `mark_${Date.now()}`;
const LONG = `SELECT count(*) AS ${MARK} FROM range(10000000) a, range(10000000) b`;
const ANN = { email: `ann-${MARK}@example.com`, password: 'a-good-password-2' };

let browser, page, problems, ann;
const running = []; // promises of how statements ended that would go on for long
before(async () => {
  ({ browser, page, problems } = await openBrowser());
  const admin = await connect();
  await admin.post('/api/v1/users', { ...ANN, name: 'Ann' });
  ann = await connect(ANN);
  await ann.sql(`SELECT 1 AS ${MARK}_done`);
  await admin.sql(`SELECT 2 AS ${MARK}_done`);
  await assert.rejects(ann.sql(`SELECT nothing AS ${MARK}_broken`));
  await signIn(page);
});
after(() => browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const rows = () => page.getByRole('list', { name: 'Statements' }).locator(':scope > li');
const startLong = () => {
  const answer = ann.post('/api/v1/query', { sql: LONG, timeout_s: 60 });
  running.push(answer.then(async (ended) => (await ended.json()).id));
};

test('an administrator finds the statements of everyone', async () => {
  await page.getByRole('link', { name: 'Queries' }).click();
  await page.getByLabel('Text of the statement').fill(MARK);
  await page.waitForFunction(
    () => document.querySelectorAll('[aria-label=Statements] > li').length === 3,
  );
  await page.getByLabel('User', { exact: true }).selectOption(ANN.email);
  await page.waitForFunction(
    () => document.querySelectorAll('[aria-label=Statements] > li').length === 2,
  );
  await page.getByLabel('State', { exact: true }).selectOption('Failed');
  const failed = rows().filter({ hasText: `${MARK}_broken` });
  await failed.waitFor();
  await failed.getByRole('button', { name: 'Show the whole statement' }).click();
  await failed
    .getByText(/nothing/)
    .last()
    .waitFor();
  assert.equal(await rows().count(), 1);
  await page.getByLabel('State', { exact: true }).selectOption('Cancelled');
  await page.getByRole('heading', { name: 'No such statements' }).waitFor();
});

test('what runs shows up by itself, and is cancelled', async () => {
  await page.getByLabel('State', { exact: true }).selectOption('Running');
  await page.getByRole('heading', { name: 'Nothing is running' }).waitFor();
  startLong();
  const row = rows().filter({ hasText: MARK });
  await row.waitFor();
  await row.getByText(ANN.email).waitFor();
  await row.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Nothing is running' }).waitFor();
  assert.match(await running[0], /query.cancelled/);
});

test('a statement is opened in the editor', async () => {
  await page.getByRole('button', { name: 'Show all statements' }).click();
  await page.getByLabel('Text of the statement').fill(`2 AS ${MARK}`);
  await page.waitForFunction(
    () => document.querySelectorAll('[aria-label=Statements] > li').length === 1,
  );
  await rows().getByRole('button', { name: 'Open in the editor' }).click();
  await page.waitForURL('**/sql');
  await page.getByRole('textbox', { name: 'SQL' }).getByText(`${MARK}_done`).waitFor();
});

test('others see and cancel their own alone', async () => {
  const own = await openBrowser({ width: 390, height: 844 });
  try {
    await signIn(own.page, ANN);
    startLong();
    await own.page.goto(`${url}/queries?text=${MARK}`);
    const list = own.page.getByRole('list', { name: 'Statements' });
    await list.getByText('Running').waitFor();
    assert.equal(await list.getByText(`2 AS ${MARK}_done`).count(), 0);
    assert.equal(await own.page.getByLabel('User', { exact: true }).count(), 0);
    await own.page.getByRole('button', { name: 'Cancel' }).click();
    assert.match(await running[1], /query.cancelled/);
    await list.getByText('Running').waitFor({ state: 'detached' });
    // Who may only read has no way to change a table.
    await own.page.goto(`${url}/catalog/samples/nycflights13/airlines?tab=history`);
    await own.page.getByRole('button', { name: 'Actions on version 0', exact: true }).click();
    await own.page.getByRole('menuitem', { name: 'Query this version' }).waitFor();
    assert.equal(await own.page.getByRole('menuitem', { name: 'Restore…' }).count(), 0);
    await own.page.goto(`${url}/catalog/samples/nycflights13/airlines?tab=maintenance`);
    await own.page.getByText('Maintenance is for those who may write').waitFor();
    assert.equal(await own.page.getByRole('tab', { name: 'Maintenance' }).count(), 0);
    await own.page.goto(`${url}/settings?tab=storage`);
    await own.page.getByRole('tab', { name: 'API keys' }).waitFor();
    assert.equal(await own.page.getByRole('tab', { name: 'Storage credentials' }).count(), 0);
    assert.deepEqual(own.problems, []);
  } finally {
    await own.browser.close();
  }
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
