// Changing data in the editor, and what its report, its warnings and its errors say.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { openBrowser, picture, runSql, signIn, url } from './browser.mjs';

const TABLE = `dml_${Date.now()}`;

let browser, page, problems;
before(async () => {
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
  await page.goto(`${url}/sql`);
});
after(() => browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const report = () => page.getByRole('region', { name: 'Report' });
/** The report's numbers by their labels. */
const facts = async () => {
  const labels = await report().locator('dl dt').allInnerTexts();
  const values = await report().locator('dl dd').allInnerTexts();
  return Object.fromEntries(labels.map((label, index) => [label, values[index].split('\n')[0]]));
};
/** Runs a statement and waits for the report with this title. */
const change = async (sql, title) => {
  await runSql(page, sql);
  await report().getByRole('heading', { name: title, exact: true }).waitFor();
};

test('statements that change rows report what they did', async () => {
  await change(
    `CREATE TABLE ${TABLE} (id BIGINT, v DOUBLE)`,
    `Created the table main.default.${TABLE}.`,
  );
  await change(`INSERT INTO ${TABLE} SELECT range, 0 FROM range(1000)`, 'Inserted 1,000 rows');
  await change(`DELETE FROM ${TABLE} WHERE id < 10`, 'Deleted 10 rows');
  await report().getByText('Rows copied').waitFor();
  const deleted = await facts();
  assert.equal(deleted['Rows deleted'], '10');
  assert.equal(deleted['Rows copied'], '990');
  assert.equal(deleted['Files added'], '1');
  assert.equal(deleted['Version'], '2');
  await change(`UPDATE ${TABLE} SET v = 1 WHERE id BETWEEN 20 AND 30`, 'Updated 11 rows');
  await change(
    `MERGE INTO ${TABLE} AS t USING (SELECT range AS id, 2.0 AS v FROM range(990, 1010)) AS s
     ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
    'Merged: 10 rows inserted, 10 rows updated, 0 rows deleted',
  );
  await change(`OPTIMIZE ${TABLE} ZORDER BY (id)`, 'Packed 1 file into 1 file');
  await change(`RESTORE ${TABLE} TO VERSION AS OF 1`, 'Restored');
  await change(
    `ALTER TABLE ${TABLE} ADD COLUMN w INT`,
    `Added 1 columns to main.default.${TABLE}.`,
  );
});

test('a report leads to its version in the history', async () => {
  await change(`DELETE FROM ${TABLE} WHERE id = 3`, 'Deleted 1 row');
  await report()
    .getByRole('link', { name: /in the table’s history/ })
    .click();
  await page.waitForURL(`**/${TABLE}?tab=history&at=8`);
  await page.getByText('DELETE', { exact: true }).first().waitFor();
  await page.goBack();
});

test('a statement that destroys much asks first, until it is told not to', async () => {
  await runSql(page, `DELETE FROM ${TABLE}`);
  const dialog = page.getByRole('dialog', { name: 'Run this statement?' });
  await dialog.getByText(`Deletes all rows of ${TABLE}.`).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await change(`UPDATE ${TABLE} SET v = 5 WHERE id = 4`, 'Updated 1 row'); // nothing was deleted

  await runSql(page, `DELETE FROM ${TABLE}`);
  await dialog.getByRole('checkbox', { name: 'Do not ask again in this tab' }).check();
  await dialog.getByRole('button', { name: 'Run', exact: true }).click();
  await report().getByRole('heading', { name: 'Deleted 999 rows' }).waitFor();
  await change(`TRUNCATE TABLE ${TABLE}`, 'Deleted 0 rows');
  await report().getByText('Nothing changed').waitFor();

  await page.getByRole('button', { name: 'New query' }).click();
  await runSql(page, `DROP TABLE ${TABLE}`); // another tab asks again
  await dialog.getByRole('button', { name: 'Cancel' }).click();
});

test('an error shows its place in the editor', async () => {
  await runSql(page, `DELETE FROM ${TABLE}\nWHERE nope = 1 AND id = 2`);
  await page.getByRole('alert').getByText(/nope/).waitFor();
  await page.locator('.cm-lintRange-error', { hasText: 'nope' }).waitFor();
  await runSql(page, `DELETE form ${TABLE}`);
  await page.locator('.cm-lintRange-error', { hasText: 'form' }).waitFor();
});

test('a long statement offers to be cancelled where it is watched', async () => {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('Control+a');
  const endless = 'SELECT count(*) FROM range(100000000) a, range(1000000) b';
  await page.keyboard.insertText(`INSERT INTO ${TABLE} (id) ${endless}`);
  await page.keyboard.press('Control+Enter');
  await page.getByText(/Running, \d/).waitFor();
  await page.getByRole('button', { name: 'Cancel the statement' }).click();
  await page.getByText('The statement was stopped').waitFor();
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
