// What a new user does, from registering to the history, in a real browser. A rate of one's own keeps the figures
// the same on every day: one bitcoin is 50,000 euros.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DESKTOP,
  PHONE,
  TIME,
  addAccount,
  axe,
  figures,
  noSideScroll,
  open,
  picture,
  register,
  same,
  toast,
} from "./harness.mjs";

const RIVERHOUSE = { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "500" };
const WALLET = { kind: "Crypto", name: "Cold wallet", currency: "BTC", opening: "0.01" };

/** Opens quick entry: the "+" of the phone's bar, or the button of the dashboard. With scripts it is a sheet. */
async function quickEntry(page) {
  const isPhone = page.viewportSize().width < 768;
  await page.getByRole("link", { name: "New entry" }).filter({ visible: true }).first().click();
  const form = page.locator(page.scripts ? "dialog[open] form.sheet-inner" : "main form.sheet-inner");
  await form.waitFor();
  if (!page.scripts) assert.equal(new URL(page.url()).pathname, "/entries/new");
  else assert.notEqual(new URL(page.url()).pathname, "/entries/new", "the sheet opens on the page itself");
  if (isPhone) await noSideScroll(page);
  return form;
}

/** Types what Riverhouse shows into quick entry, and ends where it was opened. */
async function enterBalance(page, amount, preview) {
  await page.goto("/dashboard");
  const form = await quickEntry(page);
  const account = form.getByLabel("Account");
  const riverhouse = await account.getByRole("option", { name: "Riverhouse" }).getAttribute("value");
  if ((await account.inputValue()) !== riverhouse) await account.selectOption(riverhouse);
  if (page.scripts) {
    const field = form.getByLabel("Riverhouse shows");
    await field.pressSequentially(amount);
    await form.locator("[data-says]").filter({ hasText: preview, visible: true }).waitFor();
  } else {
    await form.locator("[name=amount]").fill(amount);
  }
  await form.getByRole("button", { name: "Save balance" }).click();
  await toast(page, `${preview} as winnings`);
  await page.waitForURL("**/dashboard");
}

async function bitcoinIs(page, price) {
  await page.goto("/settings/rates");
  await page.getByLabel("Currency").selectOption("BTC");
  await page.getByLabel("Price of one unit").fill(price);
  await page.getByRole("button", { name: "Save rate" }).click();
  await toast(page, "Rate of BTC");
}

/** Follows a link of the dashboard's empty state. */
async function firstAccount(page) {
  await page.getByRole("link", { name: "Add", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Add account" }).waitFor();
  await addAccount(page, RIVERHOUSE);
}

const undo = (page) => page.getByRole("status").getByRole("button", { name: "Undo" }).click();

async function everything(page) {
  await register(page);
  await bitcoinIs(page, "50000");
  await page.goto("/dashboard");
  await firstAccount(page);
  await addAccount(page, WALLET);
  same(await figures(page), { bankroll: "1000", profit: "0", sites: "500", assets: "500", deposits: "1000" });

  await enterBalance(page, "750.50", "+€250.50");
  same(await figures(page), { bankroll: "1250.5", profit: "250.5", play: "250.5", bonus: "0" });

  // Not play: a bonus.
  await page.goto("/accounts");
  await page.getByRole("link", { name: "Riverhouse" }).first().click();
  await page.getByLabel("The difference to the balance before").getByRole("button", { name: "Bonus" }).click();
  await toast(page, "€250.50 now counts as a bonus.");
  await page.getByLabel("What's your balance on Riverhouse?").fill("700.50");
  await page.getByRole("button", { name: "Update balance" }).click();
  await toast(page, "−€50.00 as a loss");
  same(await figures(page), { bankroll: "1200.5", profit: "200.5", play: "-50", bonus: "250.5" });

  // 110 leave, 10 of them as a fee, and 90 arrive: 20 are an expense.
  await page.getByRole("link", { name: "Transfer", exact: true }).click();
  const form = page.locator(page.scripts ? "dialog[open] form" : "main form.sheet-inner");
  await form.getByLabel("From", { exact: true }).selectOption({ label: "Riverhouse · €700.50 EUR" });
  await form.getByLabel("Amount sent").fill("100");
  await form.getByLabel("Fee").fill("10");
  await form.getByLabel("To", { exact: true }).selectOption({ label: "Cold wallet · BTC" });
  await form.getByLabel("Amount received").fill("0.0018");
  if (page.scripts) {
    await form.locator("[data-unit=received]").filter({ hasText: "BTC" }).waitFor();
    await form.locator("[data-says]").filter({ hasText: "€20.00, will count as an expense" }).waitFor();
  }
  await form.getByRole("button", { name: "Save transfer" }).click();
  await toast(page, "Transfer saved.");
  const moved = { bankroll: "1180.5", profit: "180.5", sites: "590.5", assets: "590", play: "-50", expenses: "20" };
  same(await figures(page), moved);
  const hero = await page.locator("#hero .figure").textContent();
  assert.equal(hero, "€1,180.50 EUR");

  // Back and forth: the toast takes it back, and its own toast takes that back.
  await page.goto("/entries");
  await page.getByRole("row").filter({ hasText: "Transfer" }).first().getByRole("link").first().click();
  await page.getByRole("button", { name: "Delete entry" }).click();
  await toast(page, "Entry deleted.");
  await undo(page);
  await toast(page, "Undone: ");
  same(await figures(page), moved);

  await page.goto("/entries?kind=balance");
  await page.getByRole("row").filter({ hasText: "700.50" }).getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "Edit balance" }).waitFor();
  await page.locator("#amount").fill("720.50");
  await page.getByRole("button", { name: "Save balance" }).click();
  await toast(page, "Balance changed.");
  same(await figures(page), { bankroll: "1200.5", profit: "200.5", play: "-30", bonus: "250.5", expenses: "20" });

  await page.goto("/entries?kind=bonus");
  await page.getByRole("row").filter({ hasText: "250.50" }).getByRole("link").first().click();
  await page.getByRole("button", { name: "Delete entry" }).click();
  await toast(page, "Entry deleted.");
  same(await figures(page), { bankroll: "1200.5", profit: "200.5", play: "220.5", bonus: "0", expenses: "20" });

  await page.goto("/entries/history");
  const changes = page.locator(".history > li");
  assert.equal(await changes.count(), 10, "two accounts, two balances, bonus, transfer, two deletions, undo and edit");
  await changes.first().getByRole("button", { name: "Undo" }).click();
  await toast(page, "Undone: ");
  same(await figures(page), { bankroll: "1200.5", profit: "200.5", play: "-30", bonus: "250.5" });
}

/** The same in short: to the first result. */
async function firstResult(page) {
  await register(page);
  await noSideScroll(page);
  await axe(page);
  await firstAccount(page);
  await enterBalance(page, "512.25", "+€12.25");
  await noSideScroll(page);
  await axe(page);
  await undo(page);
  await toast(page, "Undone: ");
  same(await figures(page), { bankroll: "500", profit: "0" });
  await noSideScroll(page);
  await axe(page);
}

async function signOut(page) {
  if (page.viewportSize().width < 768) await page.locator("nav.bar summary").click();
  await page.getByRole("button", { name: "Sign out" }).filter({ visible: true }).click();
  await page.waitForURL("/");
  await page.goto("/dashboard");
  await page.waitForURL("/login?next=*");
}

// Each size, theme and kind of browser meets each of the others once. The whole way once with scripts and once without;
// the first steps in the other two looks.
for (const [viewport, theme, scripts] of [
  [PHONE, "dark", true],
  [DESKTOP, "dark", false],
  [PHONE, "light", false],
  [DESKTOP, "light", true],
]) {
  const whole = theme === "dark";
  const look = `${viewport.width} px, ${theme}, ${scripts ? "with" : "without"} scripts`;
  test(`from registering to ${whole ? "the history" : "the first result"}: ${look}`, TIME, async (t) => {
    const page = await open(t, { viewport, theme, scripts });
    await (whole ? everything(page) : firstResult(page));
    await page.goto("/dashboard");
    await picture(page, `journey ${look}`);
    await signOut(page);
  });
}
