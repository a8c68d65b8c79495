// All balances on one page: ten accounts with Enter only, with one tap each, and without scripts.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DESKTOP,
  PHONE,
  TIME,
  addAccount,
  axe,
  figures,
  hasFocus,
  noSideScroll,
  open,
  register,
  same,
  toast,
} from "./harness.mjs";

const ACCOUNTS = [
  ["Poker site", "Northgate", "EUR", "100"],
  ["Poker site", "Riverhouse", "EUR", "200"],
  ["Poker site", "Kingfisher", "EUR", "300"],
  ["Poker site", "Cardinal", "EUR", "400"],
  ["Poker site", "Harbor Room", "EUR", "500"],
  ["Poker site", "Den", "EUR", "600"],
  ["Wallet", "Fjordpay", "EUR", "700"],
  ["Bank", "Harbor Bank", "EUR", "800"],
  ["Cash", "Safe", "EUR", "900"],
  ["Crypto", "Cold wallet", "EUR", "1,000"],
];

async function withAccounts(t, count = ACCOUNTS.length, options = {}) {
  const page = await open(t, { viewport: PHONE, ...options });
  await register(page);
  for (const [kind, name, currency, opening] of ACCOUNTS.slice(0, count))
    await addAccount(page, { kind, name, currency, opening });
  await page.goto("/accounts");
  await page.getByRole("link", { name: "Check balances" }).click();
  await page.getByRole("heading", { level: 1, name: "Check all balances" }).waitFor();
  return page;
}

const field = (page, name) => page.getByLabel(name, { exact: true });
const tick = (page, name) => page.getByLabel(`Unchanged, ${name}`);
const row = (page, name) => page.locator(".check-row", { hasText: name });
const progress = (page, text) => page.locator("#check-progress").filter({ hasText: text }).waitFor();

test("ten accounts are checked by digits and Enter alone", TIME, async (t) => {
  const page = await withAccounts(t);
  await field(page, "Northgate").focus();
  for (const [nth, [, name, , opening]] of ACCOUNTS.entries()) {
    await hasFocus(field(page, name));
    // One is left out.
    if (nth !== 3) await page.keyboard.type(String(Number(opening.replace(",", "")) + nth));
    await page.keyboard.press("Enter");
  }
  await hasFocus(page.getByRole("button", { name: "Save 9 balances" }));
  await progress(page, "9 of 10");
  // 1 + 2 + 4 + … + 9
  await page.locator("#check-total").filter({ hasText: "+€42.00" }).waitFor();
  await page.locator("#check-total").filter({ hasText: "€5,542.00" }).waitFor();
  await row(page, "Northgate").locator(".check-same").waitFor();
  await row(page, "Riverhouse").getByText("+€1.00").waitFor();
  assert.equal(await row(page, "Cardinal").getAttribute("data-state"), "open");
  await page.keyboard.press("Enter");
  await toast(page, "9 balances saved.");
  same(await figures(page), { bankroll: "5542", profit: "42" });
  await page.goto("/entries/history");
  await page.getByText("Checked 9 balances").waitFor();
  await page.locator("li", { hasText: "Checked 9 balances" }).getByRole("button", { name: "Undo" }).click();
  await toast(page, "Undone: check of 9 balances.");
  same(await figures(page), { bankroll: "5500", profit: "0" });
});

test("one tap says that nothing has changed, and goes on", TIME, async (t) => {
  const page = await withAccounts(t, 4);
  await tick(page, "Northgate").click();
  await hasFocus(field(page, "Riverhouse"));
  assert.equal(await field(page, "Northgate").inputValue(), "100.00");
  await row(page, "Northgate").locator(".check-same").waitFor();
  await tick(page, "Riverhouse").click();
  await tick(page, "Kingfisher").click();
  await hasFocus(field(page, "Cardinal"));
  await progress(page, "3 of 4");
  // What is typed after all counts.
  await field(page, "Riverhouse").fill("250");
  await row(page, "Riverhouse").getByText("+€50.00").waitFor();
  // And nothing, once it is empty.
  await field(page, "Kingfisher").fill("");
  await progress(page, "2 of 4");
  await tick(page, "Kingfisher").waitFor();
  await page.getByRole("button", { name: "Save two balances" }).click();
  await toast(page, "Two balances saved.");
  await page.getByRole("button", { name: "Undo" }).click();
  await toast(page, "Undone: check of two balances.");
});

test("while amounts are hidden a tick says it, and nothing tells an amount", TIME, async (t) => {
  const page = await withAccounts(t, 2);
  await page.getByRole("button", { name: "Hide amounts" }).filter({ visible: true }).click();
  await page.locator('[aria-label="Hide amounts"][aria-pressed="true"]').first().waitFor({ state: "attached" });
  await tick(page, "Northgate").click();
  await hasFocus(field(page, "Riverhouse"));
  await page.keyboard.type("220");
  await progress(page, "2 of 2");
  assert.equal(await field(page, "Northgate").inputValue(), "");
  assert.ok(await tick(page, "Northgate").isChecked());
  for (const amount of ["100", "200", "300", "20.00"])
    assert.ok(!(await page.locator("main").innerText()).includes(amount), amount);
  await page.getByRole("button", { name: "Save two balances" }).click();
  await toast(page, "Two balances saved.");
});

test("what a difference of an asset was is asked beside it", TIME, async (t) => {
  const page = await withAccounts(t, 8);
  const bank = row(page, "Harbor Bank");
  assert.equal(await bank.getByRole("group").isVisible(), false);
  await field(page, "Harbor Bank").fill("650");
  await bank.getByText("€150.00 less. What was it?").waitFor();
  await bank.getByText("Withdrawal", { exact: true }).click();
  await page.locator("#check-total").filter({ hasText: "€150.00 withdrawn" }).waitFor();
  assert.ok(await bank.getByLabel("Withdrawal").isChecked());
  await axe(page, "check with a difference");
  await page.getByRole("button", { name: "Save one balance" }).click();
  await toast(page, "One balance saved.");
  same(await figures(page), { bankroll: "3450", profit: "0", withdrawals: "150" });
});

test("mistakes and questions stand at their fields, in both themes and on a small phone", TIME, async (t) => {
  for (const theme of ["dark", "light"]) {
    const page = await withAccounts(t, 8, { theme, viewport: { width: 360, height: 740 } });
    page.expected.add(422);
    await axe(page, `check, ${theme}`);
    await noSideScroll(page);
    await page.getByRole("button", { name: "Save balances" }).click();
    await hasFocus(page.getByRole("alert"));
    await page.getByText("There is nothing to save yet.").waitFor();
    await field(page, "Northgate").fill("12,34,5");
    await field(page, "Riverhouse").fill("20000");
    await field(page, "Harbor Bank").fill("750");
    await page.getByRole("button", { name: /^Save/ }).click();
    await page.getByRole("alert").getByRole("link", { name: "Northgate" }).click();
    await hasFocus(field(page, "Northgate"));
    await axe(page, `check with a mistake, ${theme}`);
    await noSideScroll(page);
    await field(page, "Northgate").fill("101");
    await page.getByRole("button", { name: /^Save/ }).click();
    await page.getByRole("alert").getByRole("link", { name: "Riverhouse" }).click();
    await hasFocus(page.getByLabel("Yes, that’s right"));
    await axe(page, `check with a question, ${theme}`);
    await noSideScroll(page);
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: /^Save/ }).click();
    await toast(page, "Three balances saved.");
  }
});

test("without scripts Enter shows the differences, and Save saves what is filled in", TIME, async (t) => {
  const page = await withAccounts(t, 8, { scripts: false, viewport: DESKTOP });
  await field(page, "Northgate").fill("140");
  await tick(page, "Riverhouse").check();
  await field(page, "Harbor Bank").fill("650");
  await field(page, "Northgate").press("Enter");
  await row(page, "Northgate").getByText("+€40.00").waitFor();
  await progress(page, "3 of 8");
  assert.ok(await tick(page, "Riverhouse").isChecked());
  const history = await page.request.get("/entries/history");
  assert.ok(!(await history.text()).includes("Checked"));
  await row(page, "Harbor Bank").getByText("Withdrawal", { exact: true }).click();
  await page.getByRole("button", { name: "Save three balances" }).click();
  await toast(page, "Three balances saved.");
  same(await figures(page), { bankroll: "3490", profit: "40", withdrawals: "150" });
});
