// What is pasted from other programs keeps its shape, and runs nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect, openBrowser, signIn, url } from "./browser.mjs";
import * as pastes from "./pastes.mjs";

let api, browser, page, problems;
before(async () => {
  api = await connect();
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
});
after(() => browser?.close());

/** One text for each line: its formats, then its parts with theirs. */
function linesOf(ops) {
  const told = (attributes = {}) =>
    Object.entries(attributes)
      .filter(([name]) => name !== "table")
      .map(([name, value]) => (value === true ? name : `${name}=${value}`))
      .join(",");
  const lines = [];
  let parts = "";
  for (const { insert, attributes } of ops) {
    const looks = told(attributes);
    if (typeof insert !== "string") {
      parts += `<${Object.keys(insert)[0]}>`;
      continue;
    }
    insert.split("\n").forEach((text, n) => {
      if (n > 0) {
        const cell = attributes?.table ? "cell" : "";
        lines.push(`${[cell, looks].filter(Boolean).join(",")}|${parts}`);
        parts = "";
      }
      if (text) parts += looks ? `[${looks}:${text}]` : text;
    });
  }
  return parts ? [...lines, `|${parts}`] : lines;
}

/** The content of a document once it is as it should be, or what it is at last. */
async function saved(id, done) {
  let ops = [];
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await api.send(`/api/v1/documents/${id}/content`);
    ({ ops } = await answer.json());
    if (done(ops)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ops;
}

/** A paste into a new document, whose id it gives. */
async function paste({ html, files = [] }) {
  const made = await api.post("/api/v1/documents", { title: "Pasted" });
  const { id } = await made.json();
  await page.goto(`${url}/documents/${id}`);
  await page.getByRole("textbox", { name: "Text of the document" }).click();
  await page.evaluate(
    (given) => {
      const data = new DataTransfer();
      if (given.html) {
        data.setData("text/html", given.html);
        data.setData("text/plain", "plain");
      }
      for (const name of given.files) data.items.add(new File([name], name, { type: "image/png" }));
      const event = new ClipboardEvent("paste", {
        clipboardData: data,
        bubbles: true,
        cancelable: true,
      });
      document.querySelector(".ql-editor").dispatchEvent(event);
    },
    { html, files },
  );
  return id;
}

async function pasted(html, last) {
  const id = await paste({ html });
  const ops = await saved(id, (ops) => linesOf(ops).some((line) => line.includes(last)));
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  return { lines: linesOf(ops), ops, id };
}

test("from Word", async () => {
  const { lines, ops } = await pasted(pastes.word, "End.");
  assert.deepEqual(lines, [
    "header=1|Annual report",
    "header=1|Findings",
    "header=2| In short",
    "|The \u201csmart\u201d quotes, a dash \u2013 and [bold:bold words], [italic:italic], [underline:underlined], " +
      "[strike:struck], H[script=sub:2]O, m[script=super:2], Donau\u00addampf\u00adschiff.",
    "|",
    "|Name: Ann [background=yellow:marked][link=https://example.com/a?b=1&c=2:our site][1]",
    "list=bullet|Fruit",
    "indent=1,list=bullet|Apples, [bold:red]",
    "list=bullet|Bread",
    "|Then:",
    "list=ordered|First",
    "indent=1,list=ordered|Within",
    "list=ordered|Second",
    "blockquote|Quoted words.",
    "cell|[bold:City]",
    "cell|[bold:People]",
    "cell|Ulm on the Danube",
    "cell|126,000",
    "|A deleted new word. End.",
  ]);
  const rows = ops.flatMap(({ attributes }) => (attributes?.table ? [attributes.table] : []));
  assert.equal(new Set(rows).size, 2);
});

test("from Google Docs", async () => {
  const { lines } = await pasted(pastes.google, "<image>");
  assert.deepEqual(lines, [
    "header=1|Plans",
    "|Plain, [bold:bold], [italic:italic], [strike,underline:both lines] and E=mc[script=super:2].",
    "|[link=https://example.com/page?x=1&y=2:a link] and none",
    "list=bullet|One",
    "indent=1,list=bullet|One and a half",
    "indent=2,list=ordered|Deep",
    "list=bullet|Two",
    "list=ordered|First",
    "list=ordered|Second",
    "|Tasks",
    "list=checked|Buy milk",
    "list=unchecked|Write",
    "cell|[bold:Name]",
    "cell|[bold:Age]",
    "cell|Ann Smith",
    "cell|42",
    "|",
    "|<image>",
    "|<divider>The end.",
  ]);
  // The image lies beside the document, not within its text.
  const image = page.locator(".ql-editor img");
  assert.match(await image.getAttribute("data-src"), /^\/api\/v1\/documents\/[\w-]+\/files\//);
});

test("from Word in a browser", async () => {
  const { lines } = await pasted(pastes.wordOnline, "Number");
  assert.deepEqual(lines, [
    "header=2|A heading",
    "list=bullet|Outer",
    "indent=1,list=bullet|Inner",
    "list=ordered|Number",
  ]);
});

test("from an editor of code", async () => {
  const { lines } = await pasted(pastes.code, "f(1)");
  const block = "code-block=plain|";
  assert.deepEqual(
    lines,
    ["def f(x):", "    if x < 1:  ", '        return "<b>"', "", "f(1)"].map((it) => block + it),
  );
});

test("from pages", async () => {
  const { lines } = await pasted(pastes.page, "here");
  const block = "code-block=javascript|";
  assert.deepEqual(lines, [
    ...["const a = 1;", "  if (a) {", "    run();", "  }"].map((it) => block + it),
    "|Use [code:npm ci].",
    "list=checked|Done",
    "list=unchecked|Open",
    "indent=1,list=unchecked|Below",
    "cell|[bold:Wide ][bold,link=https://example.com/h:head]",
    ...["cell|[bold:B]", "cell|[bold:C]", "cell|a", "cell|", "cell|c", "cell|d", "cell|in side"],
    "cell|",
    "|gone [strike:was] here",
  ]);
});

test("what would run does not, and takes no room without end", async () => {
  problems.length = 0;
  const { lines } = await pasted(pastes.hostile, "link");
  assert.deepEqual(
    lines.filter((line) => line !== "cell|"),
    [
      "list=ordered|item",
      "list=checked|task",
      "code-block=javascript|code",
      "cell|cell",
      "|linkdata",
    ],
  );
  assert.equal(lines.length, 5 + 63);
  const editor = page.locator(".ql-editor");
  assert.equal(
    await editor.locator("[onclick], [onerror], [onload], iframe, script, a").count(),
    0,
  );
  // Chromium tells of handlers where HTML is parsed and none can run; nothing is put into the page with one.
  const parsed = pastes.hostile.match(/ on\w+=/g).length;
  assert.ok(problems.filter((it) => it.includes("event handler")).length <= parsed, problems);
});

test("what another parse reads in another way is not there", async () => {
  const { lines } = await pasted(pastes.mutating, "item");
  assert.deepEqual(lines, ["list=ordered|item"]);
});

const imagesOf = (ops) => ops.filter(({ insert }) => insert.image);

/** Uploads of files whose names begin with "first" wait until the function it gives is called. */
async function holdFirst() {
  const uploads = /\/files\?name=first/;
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(uploads, async (route) => {
    await held;
    await route.continue();
  });
  return async () => {
    release();
    await page.unroute(uploads, { behavior: "wait" });
  };
}

test("images come in their order, as they looked, and take no focus", async () => {
  const release = await holdFirst();
  const second = page.waitForResponse(/\/files\?name=second/);
  const third = page.waitForResponse(/\/files\?name=third/);
  const { id } = await pasted(pastes.pictures, "three");
  await Promise.all([second, third]);
  const title = page.getByRole("textbox", { name: "Title" });
  await title.focus();
  await release();
  const ops = await saved(id, (ops) => imagesOf(ops).length === 3);
  assert.deepEqual(
    imagesOf(ops).map(({ attributes }) => attributes),
    [
      { alt: "first", width: "20", height: "30", link: "https://example.com/" },
      { alt: "second" },
      { alt: "third" },
    ],
  );
  assert.deepEqual(linesOf(ops), ["|one <image><image> two <image> three"]);
  assert.ok(await title.evaluate((field) => field === document.activeElement));
});

test("a shown image that is cut and pasted is the same", async () => {
  const { id } = await pasted(pastes.pictures, "three");
  const shown = page.locator('.ql-editor img[src^="blob:"]');
  await shown.nth(2).waitFor();
  const before = await saved(id, (ops) => imagesOf(ops).length === 3);
  await page.getByRole("textbox", { name: "Text of the document" }).press("Control+a");
  await page.keyboard.press("Control+x");
  await page.locator(".ql-editor img").first().waitFor({ state: "detached" });
  await page.keyboard.press("Control+v");
  await shown.nth(2).waitFor();
  const ops = await saved(id, (ops) => imagesOf(ops).length === 3);
  assert.deepEqual(imagesOf(ops), imagesOf(before));
});

test("an image in a cell stays in it", async () => {
  const { id } = await pasted(pastes.pictureInCell, "behind");
  const ops = await saved(id, (ops) => imagesOf(ops).length === 1);
  assert.deepEqual(linesOf(ops), ["cell|a<image>b", "cell|c", "|behind"]);
});

test("files that are pasted together come in their order, without the one that failed", async () => {
  const release = await holdFirst();
  await page.route(/\/files\?name=second/, (route) => route.abort());
  const names = ["first.png", "second.png", "third.png", "fourth.png"];
  const third = page.waitForResponse(/\/files\?name=third/);
  const id = await paste({ files: names });
  await third;
  await page.getByText("Could not attach second.png").waitFor();
  assert.equal(await page.locator(".ql-editor img").count(), 0);
  await release();
  await page.unroute(/\/files\?name=second/);
  const alts = (ops) => imagesOf(ops).map(({ attributes }) => attributes.alt);
  const three = await saved(id, (ops) => imagesOf(ops).length === 3);
  assert.deepEqual(alts(three), ["first.png", "third.png", "fourth.png"]);
  await page.getByRole("button", { name: "Try again" }).click();
  const all = await saved(id, (ops) => imagesOf(ops).length === 4);
  assert.deepEqual(alts(all).toSorted(), names.toSorted());
});

test("the cursor goes behind a file that is pasted alone", async () => {
  const id = await paste({ files: ["alone.png"] });
  await page.locator(".ql-editor img").waitFor({ state: "attached" });
  await page.keyboard.type("behind");
  const ops = await saved(id, (ops) => linesOf(ops).join().includes("behind"));
  assert.deepEqual(linesOf(ops), ["|<image>behind"]);
});
