// Every page that needs no ledger, for visitors and for a new user; refusals and errors.
import assert from "node:assert/strict";
import { test } from "node:test";
import { launched } from "./browser.mjs";
import { TIME, hasFocus, open, origin, register } from "./harness.mjs";
import { each, look } from "./look.mjs";
import { EMPTY, PUBLIC } from "./pages.mjs";

/** Opens pages that share their layout with others, each as a test of its own. */
async function eachState(t, page, paths, status = 200) {
  page.expected.add(status);
  for (const path of paths) {
    await t.test(path, async () => {
      const answer = await page.goto(path);
      assert.equal(answer.status(), status);
      await look(page, path);
    });
  }
}

test("the public pages", TIME, async (t) => {
  const page = await open(t);
  await each(t, page, PUBLIC);
});

test("the empty pages of a new user", TIME, async (t) => {
  const page = await open(t);
  await register(page);
  await eachState(t, page, EMPTY);
});

test("pages that are not there", TIME, async (t) => {
  const page = await open(t);
  await eachState(t, page, ["/nothing", "/accounts/new/nothing"], 404);
  await register(page);
  await eachState(t, page, ["/accounts/00000000-0000-4000-8000-000000000000", "/charts/nothing"], 404);
});

test("forms that were refused", TIME, async (t) => {
  const page = await open(t);
  page.expected.add(422);
  const refused = async (path, button) => {
    await t.test(path, async () => {
      await page.goto(path);
      await page.getByRole("button", { name: button }).first().click();
      await page.locator("[aria-invalid=true]").first().waitFor();
      if (path !== "/login") await hasFocus(page.getByRole("alert"));
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
  await refused("/goals/new", "Set goal");
  await refused("/tools/bankroll-goals?mode=time", "Calculate");
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

// Fails without the map of imports in the layout: the attributes of a page say nothing of what its scripts import.
test("a script that another one imports runs only as it was built", TIME, async (t) => {
  const browser = await launched();
  const load = async (change) => {
    const page = await browser.newPage({ baseURL: origin });
    t.after(() => page.close());
    let isChanged = false;
    await page.route("**/content-*.js", async (route) => {
      const response = await route.fetch();
      isChanged = true;
      await route.fulfill({ response, body: (await response.text()) + change });
    });
    const refused = page.waitForEvent("console", {
      predicate: (message) => /integrity/i.test(message.text()),
      timeout: 0,
    });
    refused.catch(() => {});
    await page.goto("/login");
    assert.ok(isChanged, "nothing imports it");
    return { page, refused, reveal: page.locator("[data-reveal]").first() };
  };
  const built = await load("");
  await built.reveal.waitFor();
  const other = await load("\n//");
  await other.refused;
  assert.equal(await other.reveal.isVisible(), false);
});
