// A real Chromium on the page of the server that OPENBRICKS_URL names (see tests/harness/serve.py).
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const STEP = 15_000; // milliseconds that one step may take on a busy machine
const SAMPLES = 90_000; // milliseconds until the samples must be there
const output = new URL('./output/', import.meta.url).pathname;

export const url = process.env.OPENBRICKS_URL;
export const email = process.env.OPENBRICKS_EMAIL ?? 'admin@localhost';
export const password = process.env.OPENBRICKS_PASSWORD;
const ADMIN = { email, password };

/** Starts a browser; `problems` gathers what the page complains about in its console. */
export async function openBrowser({ width = 1440, height = 900, dark = false } = {}) {
  if (!url || !password) throw new Error('Set OPENBRICKS_URL and OPENBRICKS_PASSWORD.');
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const phone = width < 768;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: phone,
    isMobile: phone,
    acceptDownloads: true,
  });
  context.setDefaultTimeout(STEP);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // A refused request is also logged by the browser; whether it was meant is the test's matter.
    const logged = message.type() === 'error' && !message.text().startsWith('Failed to load');
    if (logged) problems.push(message.text());
  });
  return { browser, context, page, problems };
}

export async function signIn(page, user = ADMIN) {
  await page.goto(url);
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password', { exact: true }).fill(user.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
}

/** The API as a user: `send` asks it, `sql` runs a statement and gives its rows. */
export async function connect(user = ADMIN) {
  const post = (path, body, headers = {}) =>
    fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const { email, password } = user;
  const login = await post('/api/v1/auth/login', { email, password });
  const headers = { authorization: `Bearer ${(await login.json()).access_token}` };
  const send = (path, options) => fetch(new URL(path, url), { headers, ...options });
  const sql = async (statement) => {
    const answer = await post('/api/v1/query', { sql: statement }, headers);
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${statement}: ${body.detail}`);
    return body.rows;
  };
  return {
    send,
    sql,
    headers: { ...headers, 'content-type': 'application/json' },
    post: (path, body) => post(path, body, headers),
  };
}

/** Waits until the samples are loaded, which goes on after the server has come up. */
export async function waitForSamples() {
  const { send } = await connect();
  const table = '/api/v1/catalogs/samples/schemas/nycflights13/tables/flights';
  for (const end = Date.now() + SAMPLES; Date.now() < end;) {
    if ((await send(table)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('There are no samples: start the server with --samples.');
}

/** Puts a statement in the editor's front tab and runs it. */
export async function runSql(page, sql) {
  await page.getByRole('textbox', { name: 'SQL' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Escape'); // closes the completions
  await page.keyboard.press('Control+Enter');
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
}

/** The texts of the result's cells that are in view, row by row. */
export const cells = (page) => page.getByRole('gridcell').allInnerTexts();

/**
 * What axe-core finds wrong on the page for people who use it without a mouse or without seeing it,
 * as texts. Its script is run from outside of the page, whose policy would refuse it.
 */
export async function accessProblems(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      resultTypes: ['violations'],
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
      rules: { 'color-contrast': { enabled: false } }, // layout.test.mjs looks at it
    }),
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`),
  );
}

/** Keeps a picture of the page when a test fails, in tests/e2e/output. */
export async function picture(page, name) {
  mkdirSync(output, { recursive: true });
  await page.screenshot({ path: `${output}${name}.png` });
}
