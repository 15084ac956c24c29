// What administrators have in the settings: groups, roles of their own, the server's health, and the
// page as somebody else sees it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { accessProblems, connect, openBrowser, picture, signIn, url } from "./browser.mjs";

const stamp = Date.now();
const ann = { email: `admin-ann-${stamp}@example.com`, password: "a-good-password-2" };
const person = `Ann ${stamp}`;
const group = `Crew ${stamp}`;
const role = `Curator ${stamp}`;
const schema = `seen_${stamp}`;
let browser, context, page, problems, api;

before(async () => {
  api = await connect();
  await api.post("/api/v1/users", { ...ann, name: person });
  await api.sql(`CREATE SCHEMA main.${schema}`);
  await api.sql(`CREATE TABLE main.${schema}.hers AS SELECT 1 AS id`);
  await api.sql(`CREATE TABLE main.${schema}.others AS SELECT 2 AS id`);
  await api.sql(`GRANT SELECT ON TABLE main.${schema}.hers TO \`${ann.email}\``);
  ({ browser, context, page, problems } = await openBrowser());
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  await signIn(page);
});
after(() => browser.close());
afterEach(async (run) => {
  if (run.passed === false || run.error) await picture(page, run.name.replace(/\W+/g, "-"));
});

const dialog = () => page.getByRole("dialog");
const open = (tab) => page.goto(new URL(`/settings?tab=${tab}`, url).href);
const items = (name) => page.getByRole("list", { name, exact: true }).getByRole("listitem");
const button = (name) => page.getByRole("button", { name, exact: true });

test("a group is created, named anew, and has members", async () => {
  await open("groups");
  await button("Create group").click();
  await dialog().getByRole("button", { name: "Create", exact: true }).click();
  await dialog().getByText("Enter a name.").waitFor();
  await dialog().getByLabel("Name", { exact: true }).fill(`${group} x`);
  assert.deepEqual(await accessProblems(page), []);
  await dialog().getByRole("button", { name: "Create", exact: true }).click();
  await button(`Rename ${group} x`).click();
  await dialog().getByLabel("Name", { exact: true }).fill(group);
  await dialog().getByRole("button", { name: "Rename", exact: true }).click();
  await button(`Show the members of ${group}`).click();
  await page.getByText("Nobody is in it yet.").waitFor();
  await page.getByRole("combobox", { name: `Add to ${group}`, exact: true }).fill(ann.email);
  await page.getByRole("option", { name: person }).click();
  await items(`Members of ${group}`).filter({ hasText: person }).waitFor();
  await items("Groups").filter({ hasText: group }).getByText("1 member").first().waitFor();
  assert.deepEqual(await accessProblems(page), []);
});

test("a member is taken out, and a group deleted only when that is confirmed", async () => {
  await button(`Take ${person} out of ${group}`).click();
  await page.getByText("Nobody is in it yet.").waitFor();
  await button(`Delete ${group}`).click();
  await dialog().getByText("its members lose the access").waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await dialog().waitFor({ state: "detached" });
  await button(`Delete ${group}`).click();
  await dialog().getByRole("button", { name: "Delete", exact: true }).click();
  await button(`Delete ${group}`).waitFor({ state: "detached" });
  const { items: left } = await (await api.send("/api/v1/groups?limit=1000")).json();
  assert.ok(left.every(({ name }) => name !== group));
});

test("a role of one's own is created, changed and deleted", async () => {
  await open("roles");
  await button("Create role").click();
  await dialog().getByLabel("Name", { exact: true }).fill(role);
  await dialog().getByRole("button", { name: "Create", exact: true }).click();
  await dialog().getByText("Choose at least one.").waitFor();
  await dialog().getByLabel("Browse").check();
  await dialog().getByLabel("Read", { exact: false }).first().check();
  assert.deepEqual(await accessProblems(page), []);
  await dialog().getByRole("button", { name: "Create", exact: true }).click();
  const row = items("Roles").filter({ hasText: role });
  await row.getByText("Read", { exact: true }).waitFor();
  await button(`Change ${role}`).click();
  await dialog().getByLabel("What it is for").fill("Looks after the tables");
  await dialog().getByRole("button", { name: "Save" }).click();
  await row.getByText("Looks after the tables").waitFor();
  await button(`Delete ${role}`).click();
  await dialog().getByRole("button", { name: "Delete", exact: true }).click();
  await row.waitFor({ state: "detached" });
  // Those that are built in stay as they are.
  await items("Roles").filter({ hasText: "Viewer" }).getByText("built-in").waitFor();
  assert.equal(await button("Delete Viewer").count(), 0);
});

test("the health of the server in words, by itself anew, and as text", async () => {
  const asked = [];
  page.on("response", (answer) => {
    if (answer.url().endsWith("/api/v1/admin/health")) asked.push(answer.status());
  });
  await open("health");
  const part = (name) => items("Parts").filter({ has: page.getByRole("heading", { name }) });
  await part("Database").getByText("Works", { exact: true }).waitFor();
  await part("Redis").getByText("Not set up", { exact: true }).waitFor();
  await part("Disk").getByText("Data directory", { exact: true }).waitFor();
  await items("Instances").getByText("answers this page").waitFor();
  await items("Work in the background").filter({ hasText: "Remove what was dropped" }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await button("Copy as text").click();
  await page.getByText("Health copied").waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^OpenBricks \d/);
  assert.match(text, /^Database: Works/m);
  assert.match(text, /^ {2}Kind: (SQLite|PostgreSQL) \d/m);
  const before = asked.length;
  await page.waitForResponse((answer) => answer.url().endsWith("/api/v1/admin/health"));
  assert.ok(asked.length > before);
  assert.ok(asked.every((status) => status === 200));
});

test("health that cannot be had is told, and tried again", async () => {
  const path = "**/api/v1/admin/health";
  const refuse = (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      body: JSON.stringify({ id: "server.test", detail: "Not now." }),
    });
  await page.route(path, refuse);
  await open("health");
  await page.getByRole("alert").getByText("Not now.").waitFor();
  await page.unroute(path);
  await button("Try again").click();
  await page.getByRole("list", { name: "Parts" }).waitFor();
  await page.route(path, refuse);
  await button("Refresh").click();
  await page.getByText("this is what it told last").waitFor();
  await page.unroute(path);
});

test("the page as a user sees it, told all the while", async () => {
  await open("users");
  await button(`Actions on ${ann.email}`).click();
  await page.getByRole("menuitem", { name: "View as" }).click();
  await dialog().getByText("in this browser tab only").waitFor();
  assert.deepEqual(await accessProblems(page), []);
  await dialog().getByRole("button", { name: "View", exact: true }).click();
  const banner = page.getByRole("region", { name: "Viewing as" });
  await banner.getByText(person).waitFor();
  await page.getByRole("heading", { name: `Hello, ${person}` }).waitFor();
  assert.deepEqual(await accessProblems(page), []);
  // Within the page, as a reload would end it.
  await page.getByRole("link", { name: "Catalog", exact: true }).click();
  await page.getByRole("link", { name: "main", exact: true }).click();
  await page.getByRole("link", { name: schema, exact: true }).click();
  await page.getByRole("link", { name: "hers", exact: true }).waitFor();
  assert.equal(await page.getByRole("link", { name: "others", exact: true }).count(), 0);
  await banner.getByText("Nothing can be changed").waitFor();
});

test("what would change something is refused, with the reason", async () => {
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await page.getByRole("tab", { name: "API keys" }).waitFor();
  assert.equal(await page.getByRole("tab", { name: "Users" }).count(), 0);
  await button("Create API key").first().click();
  await dialog().getByLabel("Name", { exact: true }).fill("never");
  await dialog().getByRole("button", { name: "Create", exact: true }).click();
  const reason = `You see OpenBricks as ${ann.email} does, and can change nothing.`;
  await dialog().getByRole("alert").getByText(reason).waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
});

test("it ends when it is stopped, and with a reload", async () => {
  const banner = page.getByRole("region", { name: "Viewing as" });
  await banner.getByRole("button", { name: "Stop viewing" }).click();
  await banner.waitFor({ state: "detached" });
  await button(`Actions on ${ann.email}`).click();
  await page.getByRole("menuitem", { name: "View as" }).click();
  await dialog().getByRole("button", { name: "View", exact: true }).click();
  await banner.waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Hello, Administrator" }).waitFor();
  assert.equal(await banner.count(), 0);
  const told = "/api/v1/audit?action=admin.viewAs&limit=100";
  const { items: entries } = await (await api.send(told)).json();
  assert.equal(entries.filter(({ object }) => object.name === ann.email).length, 2);
});

test("times stand in the zone that was chosen, from the first paint", async () => {
  await open("preferences");
  const field = page.getByLabel("Time zone", { exact: true });
  await field.selectOption("Asia/Tokyo");
  await open("users");
  const shown = page.locator("time").first();
  await shown.waitFor();
  assert.match(await shown.getAttribute("title"), /GMT\+9$/);
  await open("preferences");
  await field.selectOption("");
  assert.deepEqual(problems, []);
});
