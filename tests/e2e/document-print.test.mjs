// What is printed: the document alone, dark on white, whole.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, openBrowser, signIn, url } from "./browser.mjs";

const WORD = "a_long_word_that_has_no_place_to_break";
const row = (name, text) =>
  Array.from({ length: 12 }, (_, n) => [
    { insert: `${text} ${n}` },
    { insert: "\n", attributes: { table: name } },
  ]).flat();
const OPS = [
  { insert: 'const line = "' + "x".repeat(400) + '";' },
  { insert: "\n", attributes: { "code-block": "javascript" } },
  ...row("row-1", WORD),
  ...row("row-2", "value"),
  { insert: "words\n".repeat(100) + "The end\n" },
];

let api, browser, page;
before(async () => {
  api = await connect();
  ({ browser, page } = await openBrowser({ dark: true }));
  await signIn(page);
  const made = await api.post("/api/v1/documents", { title: "Printed" });
  const { id } = await made.json();
  await api.send(`/api/v1/documents/${id}/content`, {
    method: "PUT",
    headers: api.headers,
    body: JSON.stringify({ delta: { ops: OPS } }),
  });
  await page.goto(`${url}/documents/${id}`);
});
after(() => browser?.close());

test("nothing but the document, whole, and dark on white", async () => {
  const sheet = page.getByRole("textbox", { name: "Text of the document" });
  await sheet.getByText("The end").click();
  // With all that may stand around it: a panel, a search, a toast, a menu.
  await page.getByRole("button", { name: "Comments", exact: true }).click();
  await sheet.getByText("The end").click();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "# Title\n\n- one\n- **two**");
    const event = new ClipboardEvent("paste", {
      clipboardData: data,
      bubbles: true,
      cancelable: true,
    });
    document.querySelector(".ql-editor").dispatchEvent(event);
    document.documentElement.dataset.theme = "dark";
  });
  await page.keyboard.press("Control+f");
  await page.getByText("That looks like Markdown").waitFor();
  await page.getByRole("button", { name: /^More/ }).last().click();
  await page.getByRole("menu").waitFor();

  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 794, height: 1123 }); // A4
  const seen = await page.evaluate(() => {
    const sheet = document.querySelector(".ql-editor");
    const visible = (node) => {
      const { width, height, right } = node.getBoundingClientRect();
      return (
        width > 1 && height > 1 && right > 0 && getComputedStyle(node).visibility === "visible"
      );
    };
    const around = [...document.querySelectorAll("body *")].filter(
      (node) => !sheet.contains(node) && !node.contains(sheet) && visible(node),
    );
    const behind = [];
    for (let node = sheet; node; node = node.parentElement)
      behind.push(getComputedStyle(node).backgroundColor);
    const wide = [...sheet.querySelectorAll("td, .ql-code-block")].filter(
      (node) =>
        node.scrollWidth > node.clientWidth + 1 || node.getBoundingClientRect().right > innerWidth,
    );
    return {
      around: around.map((node) => `${node.tagName} ${node.textContent.slice(0, 40)}`),
      behind: behind.filter((color) => !/^rgba\(.*, 0\)$/.test(color)),
      color: getComputedStyle(sheet).color,
      cut: wide.map((node) => node.textContent.slice(0, 40)),
      whole: document.documentElement.scrollHeight >= sheet.scrollHeight,
    };
  });
  assert.deepEqual(seen.around, []);
  assert.deepEqual(new Set(seen.behind), new Set(["rgb(255, 255, 255)"]));
  assert.equal(seen.color, "rgb(0, 0, 0)");
  assert.deepEqual(seen.cut, []);
  assert.ok(seen.whole);
});
