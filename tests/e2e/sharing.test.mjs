// Sharing a table: with a person, a group, another role, another owner; and what others see of it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { accessProblems, connect, openBrowser, picture, signIn, url } from "./browser.mjs";

const stamp = Date.now();
const ann = { email: `ann-${stamp}@example.com`, password: "a-good-password-2" };
const name = `Ann ${stamp}`;
const group = `Analysts ${stamp}`;
const table = `shared_${stamp}`;
const path = `/catalog/main/default/${table}`;
let admin, other, api;

before(async () => {
  api = await connect();
  await api.post("/api/v1/users", { ...ann, name });
  await api.post("/api/v1/groups", { name: group });
  await api.sql(`CREATE TABLE main.default.${table} AS SELECT 1 AS id`);
  admin = await openBrowser();
  other = await openBrowser({ width: 390, height: 844, dark: true });
  await signIn(admin.page);
  await signIn(other.page, ann);
});
after(async () => {
  await admin.browser.close();
  await other.browser.close();
});
afterEach(async (context) => {
  if (context.passed === false || context.error) {
    await picture(admin.page, `${context.name.replace(/\W+/g, "-")}-admin`);
    await picture(other.page, `${context.name.replace(/\W+/g, "-")}-other`);
  }
});

const rights = async () =>
  (await api.send(`/api/v1/permissions/table/main.default.${table}`)).json();

async function openShare(page) {
  await page.goto(new URL(path, url).href);
  await page.getByRole("button", { name: "Share", exact: true }).click();
  await page.getByRole("dialog", { name: `Share ${table}` }).waitFor();
  return page.getByRole("dialog");
}

test("a person is found by the keyboard and given a role", async () => {
  const dialog = await openShare(admin.page);
  await dialog.getByLabel("As", { exact: true }).selectOption("Editor");
  const search = dialog.getByRole("combobox", { name: "Add people or groups" });
  await search.fill(ann.email);
  await dialog.getByRole("option", { name }).waitFor();
  await search.press("Enter");
  const role = dialog.getByRole("combobox", { name: `Role of ${name}` });
  await role.waitFor();
  assert.equal(await role.inputValue(), "editor");
  assert.deepEqual(await accessProblems(admin.page), []);
});

test("the role changes, and a group is added", async () => {
  const dialog = admin.page.getByRole("dialog");
  const changed = admin.page.waitForResponse((answer) => answer.request().method() === "PUT");
  await dialog.getByRole("combobox", { name: `Role of ${name}` }).selectOption("Viewer");
  assert.equal((await changed).status(), 204);
  await dialog.getByLabel("As", { exact: true }).selectOption("Viewer");
  await dialog.getByRole("combobox", { name: "Add people or groups" }).fill(group);
  await dialog.getByRole("option", { name: group }).click();
  await dialog.getByRole("combobox", { name: `Role of ${group}` }).waitFor();
  const { grants } = await rights();
  const own = grants.filter((grant) => !grant.inherited_from);
  assert.deepEqual(own.map((grant) => grant.role.id).sort(), ["viewer", "viewer"]);
});

test("why somebody may read it", async () => {
  const dialog = admin.page.getByRole("dialog");
  await dialog.getByText("Why may somebody do something?").click();
  await dialog.getByRole("combobox", { name: "Whose rights" }).fill(ann.email);
  await dialog.getByRole("option", { name }).click();
  await dialog.getByText(`${name} may: read`).waitFor();
  await dialog.getByText(`${name} has the role Viewer on the table`).waitFor();
  await dialog.getByLabel("What they may do").selectOption("manage");
  await dialog.getByText(`${name} may not: manage`).waitFor();
});

test("who may not share it sees the own rights and whom to ask", async () => {
  const dialog = await openShare(other.page);
  const own = dialog.getByRole("region", { name: "Your rights" });
  await own.getByText("Read its data", { exact: true }).waitFor();
  await own.getByText("can share it").waitFor();
  assert.equal(await dialog.getByRole("combobox").count(), 0);
  assert.deepEqual(await accessProblems(other.page), []);
});

test("a grant is removed, and brought back", async () => {
  const { page } = admin;
  const dialog = await openShare(page);
  await dialog.getByRole("button", { name: `Remove ${group}` }).click();
  await page.getByText(`${group} was removed`).waitFor();
  await dialog.getByRole("combobox", { name: `Role of ${group}` }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await dialog.getByRole("combobox", { name: `Role of ${group}` }).waitFor();
});

test("volumes, queries and items are shared from where they are listed, each with its link", async () => {
  const { page, context } = admin;
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  await api.sql(`CREATE VOLUME main.default.v_${stamp}`);
  const place = await (await api.post("/api/v1/workspaces", { name: `Room ${stamp}` })).json();
  const saved = { name: `Sums ${stamp}`, sql: "SELECT 1", workspace: place.id };
  const query = await (await api.post("/api/v1/saved-queries", saved)).json();
  const dialog = page.getByRole("dialog");
  const linkIs = async (link) => {
    await dialog.getByRole("combobox", { name: "Add people or groups" }).waitFor();
    await dialog.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("Link copied").first().waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, new URL(link, url).href);
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "detached" });
  };

  await page.goto(new URL("/files", url).href);
  await page.getByRole("button", { name: `Share v_${stamp}` }).click();
  await linkIs(`/files/main/default/v_${stamp}/`);

  await page.goto(new URL("/catalog/main/default", url).href);
  await page.getByRole("table").getByRole("button", { name: `Actions for ${table}` }).click();
  await page.getByRole("menuitem", { name: "Share" }).click();
  await linkIs(path);

  await page.goto(new URL(`/workspaces/${place.id}`, url).href);
  await page.getByRole("button", { name: `Actions for ${saved.name}` }).click();
  await page.getByRole("menuitem", { name: "Share" }).click();
  await linkIs(`/sql?q=${query.id}`);

  await page.goto(new URL("/sql", url).href);
  await page.getByRole("tab", { name: "Saved" }).click();
  await page.getByRole("button", { name: `Share ${saved.name}` }).click();
  await dialog.getByRole("combobox", { name: "Add people or groups" }).fill(ann.email);
  await dialog.getByRole("option", { name }).click();
  await dialog.getByRole("combobox", { name: `Role of ${name}` }).waitFor();
  await linkIs(`/sql?q=${query.id}`);
  await other.page.goto(new URL(`/sql?q=${query.id}`, url).href);
  await other.page.getByRole("tab", { name: saved.name }).waitFor();
});

test("it is given to another owner, who shares it then", async () => {
  const dialog = await openShare(admin.page);
  await dialog.getByRole("button", { name: "Change owner" }).click();
  await dialog.getByRole("combobox", { name: "New owner" }).fill(ann.email);
  await dialog.getByRole("option", { name }).click();
  await dialog.getByRole("button", { name: "Give away" }).click();
  await admin.page.getByText(`${name} owns ${table} now`).waitFor();
  assert.equal((await rights()).owner.email, ann.email);
  const own = await openShare(other.page);
  await own.getByRole("combobox", { name: "Add people or groups" }).waitFor();
  assert.deepEqual([...admin.problems, ...other.problems], []);
});
