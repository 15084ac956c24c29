// Draws docs/images/sql-editor.png anew, from a server that was started with --samples:
//   OPENBRICKS_URL=http://127.0.0.1:8080 OPENBRICKS_PASSWORD=… node tools/readme_picture.mjs
import { openBrowser, runSql, signIn, url, waitForSamples } from '../tests/e2e/browser.mjs';

const SQL = `SELECT a.name AS airline, round(avg(f.dep_delay), 1) AS minutes_late
FROM samples.nycflights13.flights f
JOIN samples.nycflights13.airlines a USING (carrier)
GROUP BY ALL
ORDER BY minutes_late DESC`;

await waitForSamples();
const { browser, page } = await openBrowser();
await signIn(page);
await page.goto(new URL('/sql', url).href);
await runSql(page, SQL);
await page.getByRole('tab', { name: 'Chart' }).click();
await page.locator('.main-svg').first().waitFor();
await page.getByRole('treeitem', { name: /^samples / }).click();
await page.getByRole('treeitem', { name: /^nycflights13 / }).click();
await page.getByRole('treeitem', { name: /^flights / }).waitFor();
await page.mouse.move(700, 280); // away from what shows tips
await page.waitForTimeout(500); // the chart's first movement
await page.screenshot({ path: new URL('../docs/images/sql-editor.png', import.meta.url).pathname });
await browser.close();
