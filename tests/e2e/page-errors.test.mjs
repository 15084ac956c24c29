// What fails in a page is told to the server, which tells the administrators.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, signIn, url } from './browser.mjs';

let browser, page;
const reports = [];

before(async () => {
  ({ browser, page } = await openBrowser());
  // Bodies of requests that were made as objects are not shown to the outside.
  await page.exposeFunction('note', (body) => reports.push(JSON.parse(body)));
  await page.addInitScript(() => {
    const { fetch } = window;
    window.fetch = async (request, ...rest) => {
      if (request.url?.endsWith('/api/v1/page-errors'))
        await window.note(await request.clone().text());
      return fetch(request, ...rest);
    };
  });
});
after(() => browser.close());

/** What the page tells next, once the server took it. */
async function told(act) {
  const [answer] = await Promise.all([
    page.waitForResponse((one) => one.url().endsWith('/api/v1/page-errors')),
    act(),
  ]);
  assert.equal(answer.status(), 204);
  return reports.at(-1);
}

const fail = (message) =>
  page.evaluate((text) => {
    setTimeout(() => {
      throw new RangeError(text);
    });
  }, message);

test('an error that nothing caught', async () => {
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await fail('before anybody signed in');
  await signIn(page);
  const report = await told(() => fail('of a test'));
  assert.equal(report.kind, 'RangeError');
  assert.equal(report.message, 'of a test');
  assert.equal(report.page, '/');
  const rejected = await told(() =>
    page.evaluate(() => {
      void Promise.reject(new TypeError('refused in a test'));
    }),
  );
  assert.equal(rejected.message, 'refused in a test');
  assert.deepEqual(
    reports.map(({ message }) => message),
    ['of a test', 'refused in a test'],
  );
});

test('a page that breaks, by its pattern', async () => {
  await page.route(/\/api\/v1\/inbox(\?|$)/, (route) =>
    route.fulfill({ json: { items: [null], unread: 0 } }),
  );
  const report = await told(() => page.goto(new URL('/inbox', url).href));
  assert.equal(report.kind, 'TypeError');
  assert.equal(report.page, '/inbox');
  assert.match(report.stack, /\/assets\/.*\.js:\d+/);
  await page.getByRole('button', { name: 'Try again' }).waitFor();
});
