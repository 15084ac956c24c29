// Every page fits on a phone and on a wide screen, light and dark, without scrolling sideways, and
// its text has enough contrast and axe-core finds nothing to object to. The server has to run with --samples.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessProblems, openBrowser, signIn, url, waitForSamples } from './browser.mjs';

const PAGES = [
  ['/', 'Home'],
  ['/sql', 'Run'],
  ['/catalog', 'samples'],
  ['/catalog/samples/nycflights13', 'flights'],
  ['/catalog/samples/nycflights13/flights', 'Rows'],
  ['/catalog/samples/nycflights13/flights?tab=preview', 'year'],
  ['/catalog/samples/nycflights13/flights?tab=history', 'latest'],
  ['/catalog/samples/nycflights13/flights?tab=history&from=0&to=0', 'Rows added (0)'],
  ['/catalog/samples/nycflights13/flights?tab=maintenance', 'on average'],
  ['/catalog/samples/nycflights13/flights?tab=details', 'Protocol'],
  ['/files', 'Files'],
  ['/documents', 'New document'],
  ['/inbox', 'Mark all as read'],
  ['/queries', 'Finished'],
  ['/settings', 'API keys'],
  ['/settings?tab=account', 'Change password'],
  ['/settings?tab=storage', 'Create credential'],
  ['/settings?tab=health', 'answers this page'],
];
const AA = 4.5; // the contrast that WCAG asks of normal text

/** Runs in the page: the worst contrast of its texts that stand on a plain background. */
function worstContrast() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const [r, g, b] = color.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
      if (color[3] > 0) return undefined; // half transparent: not judged here
    }
    return undefined;
  };
  let worst = { ratio: 21, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility({ opacityProperty: true })) continue;
    if (element.closest(':disabled, [aria-hidden=true], .cm-gutters, svg')) continue;
    const behind = background(element);
    if (!behind) continue;
    const [light, dark] = [
      luminance(rgba(getComputedStyle(element).color)),
      luminance(behind),
    ].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text };
  }
  return worst;
}

before(waitForSamples);

for (const [name, options] of [
  ['wide, light', {}],
  ['wide, dark', { dark: true }],
  ['phone, light', { width: 390, height: 844 }],
  ['phone, dark', { width: 390, height: 844, dark: true }],
]) {
  describe(name, () => {
    let browser, page, problems;
    before(async () => {
      ({ browser, page, problems } = await openBrowser(options));
      await signIn(page);
    });
    after(() => browser.close());
    for (const [path, expected] of PAGES) {
      test(path, async () => {
        await page.goto(url + path);
        await page.getByText(expected).locator('visible=true').first().waitFor();
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(overflow <= 0, `the page is ${overflow} pixels too wide`);
        const { ratio, text } = await page.evaluate(worstContrast);
        assert.ok(ratio >= AA, `“${text}” has a contrast of only ${ratio.toFixed(2)}`);
        assert.deepEqual(await accessProblems(page), []);
        assert.deepEqual(problems, []);
      });
    }
  });
}
