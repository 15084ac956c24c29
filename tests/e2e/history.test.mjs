// The table page: versions compared and restored, files kept in order, rules and settings changed.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { accessProblems, cells, connect, openBrowser, picture, signIn, url } from './browser.mjs';

const TABLE = `past_${Date.now()}`;
const PAGE = `${url}/catalog/main/default/${TABLE}`;

let browser, page, problems, sql;
before(async () => {
  ({ browser, page, problems } = await openBrowser());
  ({ sql } = await connect());
  await sql(`CREATE TABLE ${TABLE} (id BIGINT, name STRING) TBLPROPERTIES ('team' = 'sales')`); // 0
  await sql(`INSERT INTO ${TABLE} SELECT range, 'n' || range FROM range(300)`); // 1
  await sql(`DELETE FROM ${TABLE} WHERE id < 10`); // 2
  await sql(`ALTER TABLE ${TABLE} ADD COLUMN age INT`); // 3
  await sql(`INSERT INTO ${TABLE} VALUES (1000, 'new', 7)`); // 4
  await signIn(page);
});
after(() => browser.close());
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, '-'));
});

const fact = (label) =>
  page.locator('dl > div', { has: page.getByText(label, { exact: true }) }).locator('dd');
const action = async (version, name) => {
  await page.getByRole('button', { name: `Actions on version ${version}`, exact: true }).click();
  await page.getByRole('menuitem', { name }).click();
};

test('versions say what they did', async () => {
  await page.goto(`${PAGE}?tab=history`);
  const deleted = page.getByRole('listitem', { name: 'Version 2' });
  await deleted.getByText('10 rows deleted').waitFor();
  await deleted.getByText('predicate: id < 10').waitFor();
  await deleted.getByRole('button', { name: 'Show the metrics' }).click();
  await deleted.getByText('num copied rows').waitFor();
});

test('two versions are compared', async () => {
  await page.getByRole('checkbox', { name: 'Compare version 4' }).check();
  await page.getByRole('checkbox', { name: 'Compare version 1' }).check();
  await page.getByRole('button', { name: 'Compare 1 with 4' }).click();
  await page.getByRole('heading', { name: 'From version 1 to version 4' }).waitFor();
  await page.getByRole('tab', { name: 'Rows added (1)' }).waitFor();
  assert.deepEqual(await cells(page), ['1000', 'new']);
  await page.getByRole('tab', { name: 'Rows removed (10)' }).click();
  await page.getByRole('gridcell', { name: 'n9', exact: true }).waitFor();
  await page.getByRole('tab', { name: 'Columns (1)' }).click();
  await page.getByRole('tabpanel').getByText('age').last().waitFor();
  await page.reload(); // the comparison can be shared
  await page.getByRole('button', { name: 'Swap' }).click();
  await page.getByRole('tab', { name: 'Rows added (10)' }).waitFor();
  await page.getByRole('button', { name: 'History', exact: true }).click();
});

test('a version is opened in the editor', async () => {
  await action(1, 'Query this version');
  await page.waitForURL('**/sql');
  await page.getByRole('textbox', { name: 'SQL' }).getByText('VERSION AS OF 1').waitFor();
  await page.goto(`${PAGE}?tab=history`);
});

test('a restore is shown first, done, and undone', async () => {
  await action(1, 'Restore…');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('3 versions would be undone').waitFor();
  await fact('Rows removed').getByText('1', { exact: true }).waitFor();
  await fact('Rows added').getByText('10', { exact: true }).waitFor();
  await dialog.getByText('removed', { exact: true }).waitFor(); // the column age
  assert.deepEqual(await accessProblems(page), []);
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await dialog.getByText('Data added').waitFor();
  assert.deepEqual(await sql(`SELECT count(*), max(id) FROM ${TABLE}`), [[300, 299]]);
  await dialog.getByRole('button', { name: 'Undo: back to version 4' }).click();
  await dialog.getByRole('button', { name: 'Undo: back to version 5' }).waitFor();
  assert.deepEqual(await sql(`SELECT count(*), max(id) FROM ${TABLE}`), [[291, 1000]]);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('listitem', { name: 'Version 6' }).waitFor();
});

test('a long history goes to any version', async () => {
  await page.getByRole('textbox', { name: 'Go to version' }).fill('2');
  await page.keyboard.press('Enter');
  await page.getByRole('listitem', { name: 'Version 3' }).waitFor({ state: 'detached' });
  await page.getByRole('listitem', { name: 'Version 0' }).waitFor();
  const asked = page.getByRole('listitem', { name: 'Version 2' });
  assert.ok(await asked.getByRole('button', { name: 'View', exact: true }).isEnabled());
  await page.getByRole('button', { name: 'Show the newest' }).click();
  await page.getByRole('listitem', { name: 'Version 6' }).waitFor();
});

test('small files are packed', async () => {
  await page.getByRole('tab', { name: 'Maintenance' }).click();
  await page.getByText('OPTIMIZE would pack 2 files').waitFor();
  await page.getByRole('checkbox', { name: 'id', exact: true }).check();
  await page.getByText(`OPTIMIZE main.default.${TABLE} ZORDER BY (id)`).waitFor();
  await page.getByRole('button', { name: 'Optimize', exact: true }).click();
  await page.getByRole('heading', { name: 'Packed 2 files into 1 file' }).waitFor();
  await page.getByText('OPTIMIZE would change nothing now.').waitFor();
});

test('a rule is added, broken and dropped', async () => {
  await page.getByRole('button', { name: 'Add constraint' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('small');
  await dialog.getByLabel('Condition').fill('id < 10');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await dialog.getByRole('alert').waitFor(); // some row breaks it
  await dialog.getByLabel('Condition').fill('id >= 0');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page.getByText('CHECK (id >= 0)').waitFor();
  await assert.rejects(sql(`INSERT INTO ${TABLE} VALUES (-1, 'x', 1)`), /small/);
  await page.getByRole('button', { name: 'Add constraint' }).click();
  await dialog.getByLabel('Kind').selectOption('notNull');
  await dialog.getByLabel('Column').selectOption('name');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('button', { name: 'Drop name' }).waitFor();
  await page.getByRole('button', { name: 'Drop small' }).click();
  await dialog.getByRole('button', { name: 'Drop' }).click();
  await page.getByText('CHECK (id >= 0)').waitFor({ state: 'detached' });
});

test('properties are changed and removed with undo', async () => {
  await page.getByRole('button', { name: 'Change team' }).click();
  await page.getByRole('dialog').getByLabel('Value').fill("it's ours");
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText("it's ours").waitFor();
  await page.getByRole('button', { name: 'Remove team' }).click();
  await page.getByText("it's ours").waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText("it's ours").waitFor();
});

test('files that nobody needs are listed, then deleted', async () => {
  await page.getByLabel('Retain, in hours').fill('0');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('alert').getByText('168 hours').waitFor(); // the guard of the server
  await sql(`ALTER TABLE ${TABLE} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' =
    'interval 0 hours')`);
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByText(/\d files would be deleted/).waitFor();
  await page.getByRole('button', { name: /^Delete \d files/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: /^Deleted \d files/ }).waitFor();
});

test('a version whose files are gone says so', async () => {
  await page.goto(`${PAGE}?tab=history&from=1&to=4`);
  await page.getByText('VACUUM has deleted files of one of these versions').waitFor();
  await page.getByRole('tab', { name: 'Columns (1)' }).waitFor(); // what the log tells is there
  await page.goto(`${PAGE}?tab=history`);
  await action(1, 'Restore…');
  await page.getByText('VACUUM has deleted files of one of these versions').waitFor();
  const restore = page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true });
  assert.ok(await restore.isDisabled());
});

test('the page never complained', () => {
  assert.deepEqual(problems, []);
});
