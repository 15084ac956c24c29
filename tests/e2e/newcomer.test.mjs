// A newcomer's first five minutes: from a CSV file to a table, a query, a chart and an old version.
// The server has to run with --samples.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, test } from 'node:test';
import { cells, openBrowser, picture, runSql, signIn, url, waitForSamples } from './browser.mjs';

const CARRIERS = ['UA', 'AA', 'B6', 'DL'];
const csv = ['carrier,day,passengers'];
for (let i = 0; i < 400; i += 1) {
  csv.push(`${CARRIERS[i % 4]},2013-01-${String(1 + (i % 28)).padStart(2, '0')},${100 + i}`);
}

let browser, page, problems;
before(async () => {
  await waitForSamples();
  ({ browser, page, problems } = await openBrowser());
});
after(() => browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

test('a wrong password is refused, the right one opens the workspace', async () => {
  await page.goto(url);
  await page.getByLabel('Email').fill('admin@localhost');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('do not match').waitFor();
  await signIn(page);
  await page.reload(); // the session outlives it
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
});

test('a file is uploaded into a new volume, a large one in chunks', async () => {
  await page.getByRole('link', { name: 'Files', exact: true }).click();
  await page.getByRole('button', { name: 'Create volume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByText('Drop files here').waitFor();
  await page.locator('input[type=file]').setInputFiles([
    { name: 'Trips 2013.csv', mimeType: 'text/csv', buffer: Buffer.from(csv.join('\n')) },
    { name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(20_000_000) },
  ]);
  await page.getByText('Uploaded 2 files').waitFor();
  await page.getByRole('cell', { name: '19 MB' }).waitFor();
});

test('a file of the same name asks what to do', async () => {
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const again = { name: 'Trips 2013.csv', mimeType: 'text/csv', buffer: Buffer.from('a\n1\n') };
  await page.locator('input[type=file]').setInputFiles([again]);
  await page.getByRole('button', { name: 'Keep both' }).click();
  await page.getByText('Trips 2013 (2).csv', { exact: true }).first().waitFor();
});

test('the file becomes a table, a column renamed on the way', async () => {
  await page
    .getByRole('row', { name: /^Trips 2013\.csv/ })
    .getByRole('button', { name: 'Make a table' })
    .click();
  await page.getByLabel('Name of passengers').fill('pax');
  assert.equal(await page.getByLabel('Type of day').inputValue(), 'DATE');
  await page.getByRole('button', { name: 'Create table' }).click();
  await page.waitForURL('**/catalog/main/default/trips_2013?tab=preview');
  await page.getByRole('gridcell', { name: '2013-01-02' }).first().waitFor();
});

test('SQL joins it to the samples', async () => {
  await page.goto(`${url}/sql`);
  const sql = `SELECT a.name, sum(t.pax) AS pax
    FROM trips_2013 t JOIN samples.nycflights13.airlines a ON a.carrier = t.carrier
    GROUP BY a.name ORDER BY pax DESC`;
  await runSql(page, sql);
  await page.getByRole('gridcell', { name: 'Delta Air Lines Inc.' }).waitFor();
  assert.deepEqual((await cells(page)).slice(0, 2), ['Delta Air Lines Inc.', '30,100']);
});

test('the result is drawn, and its plan shown', async () => {
  await page.getByRole('tab', { name: 'Chart' }).click();
  await page.locator('.main-svg .bars path').first().waitFor();
  assert.equal(await page.locator('.main-svg .bars path').count(), 4);
  await page.getByRole('tab', { name: 'Plan' }).click();
  await page.getByText('HASH_JOIN').waitFor();
  await page.getByRole('tab', { name: 'Result' }).click();
});

test('the whole result can be downloaded', async () => {
  await page.getByRole('button', { name: 'Download' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Download CSV' }).click();
  const text = await readFile(await (await download).path(), 'utf8');
  assert.equal(text.trim().split('\n').length, 5);
});

test('large integers keep all their digits', async () => {
  await runSql(page, 'SELECT 9223372036854775807 AS big, 9007199254740993 AS odd');
  await page.getByRole('gridcell', { name: '9,223,372,036,854,775,807' }).waitFor();
  await page.getByRole('gridcell', { name: '9,007,199,254,740,993' }).waitFor();
});

test('an error says what is wrong', async () => {
  await runSql(page, 'SELECT nope FROM trips_2013');
  await page.getByRole('alert').getByText(/nope/).waitFor();
});

test('the next rows of a long result come when it is scrolled', async () => {
  await page.getByLabel('Most rows to return').selectOption('No limit');
  await runSql(page, 'SELECT * FROM samples.nycflights13.flights');
  await page.getByText('10,000 rows loaded, more below').waitFor();
  await page.getByRole('grid', { name: 'Result' }).focus();
  await page.keyboard.press('Control+End');
  await page.getByText('20,000 rows loaded, more below').waitFor();
});

test('a running statement is cancelled', async () => {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('SELECT count(*) FROM range(100000000000) a, range(1000) b');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The statement was stopped').waitFor();
});

test('rows are appended, and the version before can still be seen', async () => {
  await runSql(page, "INSERT INTO trips_2013 VALUES ('WN', DATE '2014-01-01', 5)");
  await page.getByRole('heading', { name: 'Inserted 1 row', exact: true }).waitFor();
  await page.goto(`${url}/catalog/main/default/trips_2013?tab=history`);
  await page.getByText('latest', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'View' }).last().click();
  await page.getByText('Version 0').waitFor();
  await page.getByText('All 400 rows').waitFor();
  await page.getByRole('button', { name: 'Show the latest' }).click();
  await page.getByText('All 401 rows').waitFor();
});

test('the details name the location for other engines', async () => {
  await page.getByRole('tab', { name: 'Details' }).click();
  await page.getByText(/DeltaTable\(".+"\)/).waitFor();
});

test('a dropped table comes back with undo', async () => {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Drop' }).click();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('trips_2013 is back').waitFor();
  await page.getByRole('treeitem', { name: 'trips_2013' }).waitFor();
});

test('tabs of the editor survive a reload', async () => {
  await page.goto(`${url}/sql`);
  await page.getByRole('button', { name: 'New query' }).click();
  await runSql(page, 'SELECT 42 AS answer');
  await page.reload();
  await page.getByRole('textbox', { name: 'SQL' }).getByText('SELECT 42 AS answer').waitFor();
});

test('the command palette finds a table', async () => {
  await page.goto(url);
  await page.getByRole('heading', { name: /^Hello/ }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('flights');
  await page
    .getByRole('option', { name: /nycflights13\.flights/ })
    .first()
    .click();
  await page.waitForURL('**/catalog/samples/nycflights13/flights');
});

test('signing out leads to the sign-in page', async () => {
  await page.goto(`${url}/settings?tab=account`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Email').waitFor();
  await page.goto(`${url}/sql`);
  await page.waitForURL('**/sign-in?next=**');
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
