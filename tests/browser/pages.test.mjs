// Every page in every size and both themes: nothing moves sideways, axe finds nothing, no error anywhere, one heading
// of the first level and a title of its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME, axe, demoUser, noSideScroll, open, register } from "./harness.mjs";
import { OWN, PUBLIC, demoPages } from "./pages.mjs";

const WIDTHS = [360, 390, 768, 1280];
const HEIGHT = 800;
// The themes differ in colours only, and 390 px from 360 px in room only: one theme is looked at whole in every layout,
// the colours of the other where the layouts differ most.
const COLOURS = { runOnly: ["color-contrast", "link-in-text-block"] };
const DARK = [360, 768, 1280];
const LIGHT = [390, 1280];

/** Looks at the page as it is, in every size and both themes. */
async function look(page, path) {
  assert.equal(await page.locator("h1").count(), 1, `headings of the first level on ${path}`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await noSideScroll(page, `${path} at ${width}`);
    if (DARK.includes(width)) {
      await page.emulateMedia({ colorScheme: "dark" });
      await axe(page, `${path} at ${width}, dark`);
    }
    if (LIGHT.includes(width)) {
      await page.emulateMedia({ colorScheme: "light" });
      await axe(page, `${path} at ${width}, light`, COLOURS);
    }
  }
}

/** Opens each page as a test of its own. */
async function each(t, page, paths, status = 200) {
  const titles = new Map();
  page.expected.add(status);
  for (const path of paths) {
    await t.test(path, async () => {
      const answer = await page.goto(path);
      assert.equal(answer.status(), status);
      await look(page, path);
      const title = await page.title();
      const same = titles.get(title);
      const address = path.split("?")[0];
      assert.ok(status !== 200 || !same || same === address, `${path} has the title of ${same}: ${title}`);
      titles.set(title, address);
    });
  }
}

test("the public pages", TIME, async (t) => {
  const page = await open(t);
  await each(t, page, PUBLIC);
});

test("the pages of the demo user", { timeout: 2 * TIME.timeout }, async (t) => {
  const page = await open(t, { storageState: await demoUser() });
  await each(t, page, await demoPages(page));
});

test("the empty pages of a new user", TIME, async (t) => {
  const page = await open(t);
  await register(page);
  await each(t, page, OWN);
});

test("pages that are not there", TIME, async (t) => {
  const page = await open(t);
  await each(t, page, ["/nothing", "/accounts/new/nothing"], 404);
  await register(page);
  await each(t, page, ["/accounts/00000000-0000-4000-8000-000000000000", "/charts/nothing"], 404);
});

test("forms that were refused", TIME, async (t) => {
  const page = await open(t);
  page.expected.add(422);
  const refused = async (path, button) => {
    await t.test(path, async () => {
      await page.goto(path);
      await page.getByRole("button", { name: button }).first().click();
      await page.locator("[aria-invalid=true]").first().waitFor();
      if (path !== "/login") assert.ok(await page.getByRole("alert").evaluate((box) => box === document.activeElement));
      await look(page, `${path}, refused`);
    });
  };
  await refused("/register", "Open account");
  await refused("/login", "Log in");
  await register(page);
  await refused("/accounts/new", "Add account");
  await refused("/entries/new?kind=balance", "Save balance");
  await refused("/entries/new?kind=transfer", "Save transfer");
  await refused("/settings/rates", "Save rate");
});

test("a form without its token", TIME, async (t) => {
  const page = await open(t);
  await register(page);
  page.expected.add(403);
  await page.goto("/accounts/new");
  await page
    .locator("main [name=form_token]")
    .first()
    .evaluate((field) => (field.value = "wrong"));
  await page.getByLabel("Name").fill("Riverhouse");
  await page.getByRole("button", { name: "Add account" }).click();
  await page.getByText("Error 403").waitFor();
  await page.getByText("Riverhouse").waitFor();
  await look(page, "a form without its token");
});
