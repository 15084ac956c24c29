// The page, its API and the explorer below a path, behind a proxy that takes the path off. The server
// has to run with --trusted-proxies 127.0.0.1.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, test } from 'node:test';
import { email, openBrowser, password, url } from './browser.mjs';

const PREFIX = '/bricks';
let proxy, base, opened;
const outside = []; // requests that left the path

before(async () => {
  proxy = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith(`${PREFIX}/`)) {
      outside.push(incoming.url);
      outgoing.writeHead(404).end();
      return;
    }
    const headers = { ...incoming.headers, 'x-forwarded-prefix': PREFIX };
    const target = new URL(incoming.url.slice(PREFIX.length), url);
    const forwarded = request(target, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${proxy.address().port}${PREFIX}`;
  opened = await openBrowser();
});

after(async () => {
  await opened?.browser.close();
  proxy?.closeAllConnections();
  proxy?.close();
});

test('the page works below a path', async () => {
  const { page, context, problems } = opened;
  await page.goto(`${base}/`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  await page.getByRole('link', { name: 'Catalog' }).first().click();
  await page.getByText('main').first().waitFor();
  assert.ok(page.url().startsWith(`${base}/catalog`), page.url());
  // A reload signs in by the cookie, which is the path's own.
  await page.reload();
  await page.getByText('main').first().waitFor();
  const cookies = await context.cookies(`${base}/api/v1/auth/refresh`);
  assert.ok(cookies.length > 0);
  assert.ok(cookies.every(({ path }) => path === `${PREFIX}/api/v1/auth`), JSON.stringify(cookies));
  assert.deepEqual(problems, []);
  assert.deepEqual(outside, []);
});

test('the explorer works below a path', async () => {
  const { page, problems } = opened;
  await page.goto(`${base}/api/docs`);
  await page.locator('nav a').first().waitFor();
  assert.ok((await page.locator('nav a').count()) > 40);
  assert.deepEqual(problems, []);
  assert.deepEqual(outside, []);
});
