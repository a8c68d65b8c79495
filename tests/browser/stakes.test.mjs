// Choosing what one plays, and seeing what the money supports.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME, addAccount, hasFocus, open, register } from "./harness.mjs";
import { look } from "./look.mjs";

const level = (page) => page.locator("[data-level]");
const buyIns = (page) => page.locator("[data-multiple]");
const is = (locator, text) => locator.filter({ hasText: text }).waitFor();

for (const scripts of [true, false]) {
  test(`the stakes follow the choice ${scripts ? "with" : "without"} scripts`, TIME, async (t) => {
    const page = await open(t, { scripts });
    await register(page);
    await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "900" });
    await page.getByRole("navigation", { name: "Main, phone" }).getByRole("link", { name: "Stakes" }).click();
    await is(buyIns(page), "65.5");
    const before = await level(page).textContent();

    const show = async () => {
      if (!scripts) await page.getByRole("button", { name: "Show" }).click();
    };
    await page.getByLabel("Risk", { exact: true }).selectOption("Bold");
    await show();
    await is(buyIns(page), "45.5");
    await page.getByLabel("Opponents").focus();
    await page.getByLabel("Opponents").selectOption("Soft");
    await show();
    await is(buyIns(page), "30.5");
    assert.notEqual(await level(page).textContent(), before);
    if (scripts) {
      assert.equal(await page.locator("#spoken").textContent(), await spoken(page), "what is heard is what is seen");
      await hasFocus(page.getByLabel("Opponents"));
    }
    assert.match(page.url(), /\?game_type=nlhe&skill_level=soft&risk_tolerance=aggressive/);

    await page.getByLabel("Try a bankroll").fill("10000");
    await page.keyboard.press("Enter");
    await is(page.locator("[data-bankroll]"), "$10,000.00");
    await is(level(page), "$1/2");

    // Asking the same again changes nothing.
    if (scripts) await Promise.all([page.waitForResponse(/bankroll=10000/), page.keyboard.press("Enter")]);

    // Back is the choice before, though Enter changes the field and sends the form. No step is taken while a page loads;
    // one that is still known is there at once, and does not load again.
    await page.goBack();
    await page.locator("[data-bankroll]").filter({ hasText: "$10,000.00" }).waitFor({ state: "detached" });
    await is(buyIns(page), "30.5");
    await page.waitForLoadState("load");
    await page.goForward();
    await is(page.locator("[data-bankroll]"), "$10,000.00");
    await is(level(page), "$1/2");

    // The choice is remembered, the bankroll is not.
    await page.getByRole("navigation", { name: "Stakes" }).getByRole("link", { name: "Tournaments" }).click();
    await page.getByRole("heading", { level: 1, name: "Tournament stakes" }).waitFor();
    await is(buyIns(page), "61");
    await page.getByLabel("Room").selectOption("GG Poker");
    await show();
    await page.locator("#pokerstars").waitFor({ state: "detached" });
    await page.locator("#gg .now").waitFor();

    // The dashboard counts in what is played.
    await page.goto("/dashboard?range=all");
    await page.getByRole("button", { name: "Buy-ins" }).click();
    await page.getByRole("button", { name: "Buy-ins", pressed: true }).waitFor();
    await is(page.locator("[data-figure=bankroll]"), "buy-ins");
    assert.match(page.url(), /range=all/);
    await look(page, "the dashboard in buy-ins");
    await page.getByRole("button", { name: "Per cent" }).click();
    await is(page.locator("[data-figure=sites]"), "100.0");
  });
}

test("another bankroll that is no amount says so at its field, and stays typed", TIME, async (t) => {
  const page = await open(t);
  page.expected.add(422);
  await register(page);
  for (const path of ["/stakes/cash", "/stakes/tournaments"]) {
    await page.goto(path);
    const tried = page.getByLabel("Try a bankroll");
    await tried.fill("lots");
    await page.keyboard.press("Enter");
    await page.locator("#tried .err").waitFor();
    await hasFocus(page.locator("#bankroll[aria-invalid=true][aria-describedby=bankroll-e]"));
    assert.equal(await tried.inputValue(), "lots");
    await look(page, `${path}, refused`);
    await tried.fill("10000");
    await page.keyboard.press("Enter");
    await page.locator("#tried .err").waitFor({ state: "detached" });
    await is(page.locator("[data-bankroll]"), "$10,000.00");
  }
});

async function spoken(page) {
  const held = await page.locator(".level-now .tag").textContent();
  return `${await level(page).textContent()}, ${held}`;
}
