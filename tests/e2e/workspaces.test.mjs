// Workspaces: made, filled with folders and queries, shared with members; preferences.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { accessProblems, connect, openBrowser, picture, signIn, url } from "./browser.mjs";

const NAME = `Sales ${Date.now()}`;
const FRIEND = `friend-${Date.now()}@example.org`;
const PASSWORD = "a long password of a friend";

let browser, page, problems;
before(async () => {
  const { post } = await connect();
  const made = await post("/api/v1/users", { email: FRIEND, name: "Fritz", password: PASSWORD });
  assert.equal(made.status, 201);
  ({ browser, page, problems } = await openBrowser());
  await signIn(page);
});
after(async () => {
  await browser.close();
});
afterEach(async (context) => {
  if (context.passed === false || context.error)
    await picture(page, context.name.replace(/\W+/g, "-"));
});

const dialog = () => page.getByRole("dialog");
const row = (name) => page.getByRole("row").filter({ hasText: name });
const choose = async (name, action) => {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
};

test("a workspace is made and gets folders", async () => {
  await page.goto(`${url}/workspaces`);
  await page.getByRole("button", { name: "Create workspace" }).first().click();
  await dialog().getByRole("button", { name: "Create" }).click();
  await dialog().getByText("Enter a name.").waitFor();
  await dialog().getByLabel("Name").fill(NAME);
  await dialog().getByLabel("Description").fill("What we sell");
  await dialog().getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: NAME }).waitFor();
  await page.getByText("Nothing in here yet").waitFor();
  for (const name of ["Reports", "Drafts"]) {
    await page.getByRole("button", { name: "New folder" }).first().click();
    await dialog().getByLabel("Name").fill(name);
    await dialog().getByRole("button", { name: "Create" }).click();
    await row(name).waitFor();
  }
  assert.deepEqual(await accessProblems(page), []);
});

test("a query is saved into it, and moved into a folder", async () => {
  await page.goto(`${url}/sql?text=${encodeURIComponent("SELECT 42 AS answer")}`);
  await page.getByRole("textbox", { name: "SQL" }).click();
  await page.keyboard.press("Control+s");
  await dialog().getByLabel("Name").fill("The answer");
  await dialog().getByLabel("Where").selectOption({ label: NAME });
  await dialog().getByRole("button", { name: "Save" }).click();
  await dialog().waitFor({ state: "detached" });
  await page.goto(`${url}/workspaces`);
  await page.getByRole("link", { name: NAME }).click();
  await row("The answer").waitFor();
  await choose("The answer", "Move");
  await dialog().getByRole("button", { name: "Reports" }).click();
  await dialog().getByRole("button", { name: "Move here" }).click();
  await row("The answer").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Reports" }).click();
  await row("The answer").waitFor();
  await choose("The answer", "Rename");
  await dialog().getByLabel("Name").fill("The last answer");
  await dialog().getByRole("button", { name: "Rename" }).click();
  await row("The last answer").waitFor();
  await page.getByRole("link", { name: "Top" }).click();
  await page.getByRole("searchbox", { name: "Search in this workspace" }).fill("last");
  await row("The last answer").waitFor();
});

test("whoever is invited accepts, and sees what is in it", async () => {
  await page.getByRole("tab", { name: "Members" }).click();
  await page.getByLabel("Add people or a group").fill(FRIEND);
  await page.getByLabel("Role", { exact: true }).selectOption("viewer");
  await page.getByRole("button", { name: "Add" }).click();
  await page.getByRole("list", { name: "Invitations" }).getByText(FRIEND).waitFor();
  assert.deepEqual(await accessProblems(page), []);

  const context = await browser.newContext();
  const theirs = await context.newPage();
  await signIn(theirs, { email: FRIEND, password: PASSWORD });
  await theirs.goto(`${url}/workspaces`);
  await theirs.getByRole("button", { name: "Accept" }).click();
  await theirs.getByRole("link", { name: NAME }).click();
  await theirs.getByRole("link", { name: "Reports" }).click();
  await theirs.getByRole("link", { name: "The last answer" }).waitFor();
  assert.equal(await theirs.getByRole("button", { name: "New folder" }).count(), 0);
  await context.close();

  await page.reload();
  const members = page.getByRole("list", { name: "Members" });
  await members.getByText("Fritz").waitFor();
  await members.getByRole("button", { name: "Remove Fritz" }).click();
  await dialog().getByRole("button", { name: "Remove" }).click();
  await members.getByText("Fritz").waitFor({ state: "detached" });
});

test("it is archived, and deleted once its name is typed", async () => {
  await page.getByRole("button", { name: "Manage" }).click();
  await page.getByRole("menuitem", { name: "Archive" }).click();
  await page.getByText("Archived", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Manage" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog().getByRole("textbox").fill(NAME);
  await dialog().getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Workspaces" }).waitFor();
  assert.equal(await page.getByRole("link", { name: NAME }).count(), 0);
});

test("preferences hold after a reload", async () => {
  await page.goto(`${url}/settings?tab=preferences`);
  await page.getByLabel("Theme", { exact: true }).selectOption("dark");
  await page.getByLabel("Time zone").selectOption("Asia/Tokyo");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  assert.equal(await page.getByLabel("Time zone").inputValue(), "Asia/Tokyo");
  assert.deepEqual(await accessProblems(page), []);
  await page.getByLabel("Theme", { exact: true }).selectOption("system");
  await page.getByLabel("Time zone").selectOption("");
  assert.deepEqual(problems, []);
});
