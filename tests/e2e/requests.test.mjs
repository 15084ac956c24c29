// Somebody who is refused asks for access; whoever owns the table decides.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { accessProblems, connect, openBrowser, picture, signIn, url } from "./browser.mjs";

const stamp = Date.now();
const ann = { email: `asks-${stamp}@example.com`, password: "a-good-password-2" };
const schema = `asked_${stamp}`;
const path = (table) => new URL(`/catalog/main/${schema}/${table}`, url).href;
let admin, own;

before(async () => {
  const api = await connect();
  await api.post("/api/v1/users", { ...ann, name: "Asking Ann" });
  await api.sql(`CREATE SCHEMA main.${schema}`);
  await api.sql(`CREATE TABLE main.${schema}.first AS SELECT 1 AS id`);
  await api.sql(`CREATE TABLE main.${schema}.second AS SELECT 1 AS id`);
  admin = await openBrowser();
  own = await openBrowser({ width: 390, height: 844, dark: true });
  await signIn(admin.page);
  await signIn(own.page, ann);
});
after(async () => {
  await admin.browser.close();
  await own.browser.close();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(admin.page, `${context.name.replace(/\W+/g, "-")}-admin`);
    await picture(own.page, `${context.name.replace(/\W+/g, "-")}-own`);
  }
});

test("a page that is not there for one asks for access", async () => {
  const { page } = own;
  for (const table of ["first", "second"]) {
    await page.goto(path(table));
    await page.getByRole("button", { name: "Request access" }).click();
    const dialog = page.getByRole("dialog", { name: "Request access" });
    await dialog.getByLabel("What you need it for").fill(`For the report of ${table}`);
    await dialog.getByLabel("As", { exact: true }).selectOption("Editor");
    if (table === "first") assert.deepEqual(await accessProblems(page), []);
    await dialog.getByRole("button", { name: "Send request" }).click();
    await page.getByText("its owner was asked").waitFor();
  }
  // It is filed a moment later, so that its time tells nothing.
  const filed = page.getByRole("list", { name: "Your requests" }).getByRole("listitem");
  await page.getByRole("link", { name: "your requests" }).click();
  for (let look = 0; look < 30 && (await filed.count()) < 2; look += 1) {
    await page.waitForTimeout(300);
    await page.reload();
    await page.getByRole("heading", { name: "Access requests" }).waitFor();
    await page.getByRole("status", { name: "Loading" }).waitFor({ state: "detached" });
  }
  assert.equal(await filed.count(), 2);
  await filed.getByText("open", { exact: true }).first().waitFor();
});

test("so do the pages of workspaces and volumes", async () => {
  const { page } = own;
  const shared = await connect();
  const made = await (await shared.post("/api/v1/workspaces", { name: `Hidden ${stamp}` })).json();
  for (const [place, what] of [
    [`/workspaces/${made.id}`, "this workspace"],
    [`/files/main/${schema}/papers/`, `the volume main.${schema}.papers`],
  ]) {
    await page.goto(new URL(place, url).href);
    await page.getByRole("button", { name: "Request access" }).click();
    await page.getByRole("dialog").getByText(`To ${what}.`).waitFor();
    assert.deepEqual(await accessProblems(page), []);
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  }
  // Nothing is offered that could only fail.
  assert.equal(await page.getByRole("button", { name: "Upload" }).count(), 0);
  await page.goto(new URL(`/workspaces/${made.id}`, url).href);
  await page.getByRole("button", { name: "Request access" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send request" }).click();
  await page.getByText("its owner was asked").waitFor();
  const list = admin.page.getByRole("list", { name: "Requests to decide" });
  for (let look = 0; look < 30; look += 1) {
    await admin.page.goto(new URL("/requests", url).href);
    await admin.page.getByRole("heading", { name: "Access requests" }).waitFor();
    await admin.page.waitForTimeout(300);
    if ((await list.getByText(`Hidden ${stamp}`).count()) > 0) break;
  }
  const asked = list.getByRole("listitem").filter({ hasText: `Hidden ${stamp}` });
  await asked.getByRole("button", { name: "Grant" }).click();
  await asked.waitFor({ state: "detached" });
  await page.goto(new URL(`/workspaces/${made.id}`, url).href);
  await page.getByRole("tab", { name: "Content" }).waitFor();
});

test("one is granted with another role, one refused", async () => {
  const { page } = admin;
  await page.goto(new URL("/requests", url).href);
  const list = page.getByRole("list", { name: "Requests to decide" }).getByRole("listitem");
  const first = list.filter({ hasText: `main.${schema}.first` });
  await first.getByText("For the report of first").waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await first.getByRole("combobox").selectOption("Viewer");
  await first.getByRole("button", { name: "Grant" }).click();
  await first.waitFor({ state: "detached" });
  const second = list.filter({ hasText: `main.${schema}.second` });
  await second.getByRole("button", { name: "Refuse" }).click();
  await second.waitFor({ state: "detached" });
});

test("the answers stand with the own requests, and the table is there", async () => {
  const { page } = own;
  await page.goto(new URL("/requests", url).href);
  const items = page.getByRole("list", { name: "Your requests" }).getByRole("listitem");
  const of = (table) => items.filter({ hasText: `main.${schema}.${table}` });
  await of("first").getByText("granted").waitFor();
  await of("first").getByText("as Viewer").waitFor();
  await of("second").getByText("refused").waitFor();
  await page.goto(path("first"));
  await page.getByRole("tab", { name: "Overview" }).waitFor();
  await page.goto(path("second"));
  await page.getByText("Not found").waitFor();
  assert.deepEqual([...admin.problems, ...own.problems], []);
});
