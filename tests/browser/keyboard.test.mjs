// Everything without a pointer: what has the focus is seen, and every job can be done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, TIME, addAccount, demoUser, figures, hasFocus, open, register, same, toast } from "./harness.mjs";

const ACCOUNTS = ["Riverhouse", "Northgate", "Cardinal"];

async function withAccounts(t) {
  const page = await open(t, { viewport: DESKTOP });
  await register(page);
  for (const name of ACCOUNTS) {
    await addAccount(page, { kind: "Poker site", name, currency: "EUR", opening: "100" });
  }
  return page;
}

/** What has the focus, and whether it is seen: an outline, a ring or a thick line below. */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow, borderBottomWidth } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const name = element.id || element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40);
    // Within a date Chromium marks its parts and its button itself.
    const ring =
      element.matches("[type=date], [type=time]") ||
      (outlineStyle !== "none" && outlineWidth !== "0px") ||
      boxShadow !== "none" ||
      parseFloat(borderBottomWidth) >= 2;
    return {
      name: `${element.tagName.toLowerCase()} ${name}`,
      ring,
      isBody: element === document.body,
      width: box.width,
    };
  });
}

async function tabTo(page, locator) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await locator.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`80 presses of Tab do not reach ${locator}`);
}

const order = (page) => page.locator(".order-list > li").evaluateAll((rows) => rows.map((row) => row.dataset.name));

test("the skip link comes first and leads to the content", TIME, async (t) => {
  const page = await open(t, { viewport: DESKTOP, storageState: await demoUser() });
  for (const path of ["/dashboard", "/help"]) {
    await page.goto(path);
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to content" });
    await hasFocus(skip);
    const { x, y } = await skip.boundingBox();
    assert.ok(x >= 0 && y >= 0, "it is on the page while it has the focus");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(() => document.activeElement.closest("main")), `${path}: the content is next`);
  }
});

test("whatever has the focus shows it", TIME, async (t) => {
  const page = await open(t, { viewport: DESKTOP, storageState: await demoUser() });
  for (const path of ["/dashboard", "/entries", "/accounts/new", "/settings", "/entries/new", "/"]) {
    await page.goto(path);
    await page.evaluate(() => document.activeElement.blur());
    const bare = [];
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      const { name, ring, isBody } = await focused(page);
      if (isBody) break;
      if (!ring) bare.push(name);
    }
    assert.deepEqual(bare, [], path);
  }
});

test("quick entry works with the keyboard alone", TIME, async (t) => {
  const page = await withAccounts(t);
  await page.goto("/dashboard");
  const open = page.getByRole("link", { name: "New entry" }).filter({ visible: true });
  await tabTo(page, open);
  await page.keyboard.press("Enter");
  const sheet = page.locator("dialog[open]");
  await sheet.waitFor();

  // Esc closes it, and the focus is where it was.
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" }).catch(() => {});
  assert.equal(await page.locator("dialog[open]").count(), 0);
  await hasFocus(open);

  await page.keyboard.press("Enter");
  await sheet.waitFor();
  const amount = sheet.locator("[name=amount]");
  await hasFocus(amount);
  await page.keyboard.type("112.50");
  await page.keyboard.press("Tab");
  const account = sheet.getByLabel("Account");
  await hasFocus(account);
  assert.equal(await account.evaluate((field) => field.selectedOptions[0].label), "Cardinal · EUR");
  // Choosing another account changes what is asked, and neither the amount nor the focus.
  await page.keyboard.type("River");
  await sheet.getByLabel("Riverhouse shows").waitFor();
  assert.equal(await sheet.locator("[name=amount]").inputValue(), "112.50");
  await hasFocus(sheet.locator("[name=account]"));
  await tabTo(page, sheet.getByRole("button", { name: "Save balance" }));
  await page.keyboard.press("Enter");
  await toast(page, "+€12.50 as winnings");
  same(await figures(page), { bankroll: "312.5", profit: "12.5" });
});

test("menus and disclosures open with Enter and close with Esc", TIME, async (t) => {
  const page = await open(t, { storageState: await demoUser() });
  await page.goto("/dashboard");
  const more = page.locator("nav.bar summary");
  await more.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Withdrawals" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Withdrawals" }).waitFor({ state: "hidden" });
  await hasFocus(more);

  const how = page.locator("#hero details.how summary");
  await how.focus();
  await page.keyboard.press("Enter");
  await page.getByText("is the bankroll less what was put in").waitFor();
});

test("accounts are put in order with buttons, and by dragging", TIME, async (t) => {
  const page = await withAccounts(t);
  await page.goto("/accounts/order");
  assert.deepEqual(await order(page), ["Riverhouse", "Northgate", "Cardinal"]);
  const down = page.getByRole("button", { name: "Move Riverhouse down" });
  await tabTo(page, down);
  await page.keyboard.press("Enter");
  assert.deepEqual(await order(page), ["Northgate", "Riverhouse", "Cardinal"]);
  await hasFocus(down);
  await page.getByRole("status").filter({ hasText: "Riverhouse" }).waitFor({ state: "attached" });

  const top = page.locator("li[data-name=Northgate]");
  await page.locator("li[data-name=Cardinal] .grip").dragTo(top, { targetPosition: { x: 20, y: 5 } });
  await page.waitForFunction(() => document.querySelector(".order-list > li").dataset.name === "Cardinal");
  await page.getByRole("button", { name: "Save order" }).click();
  await toast(page, /order|Order/);
  await page.goto("/accounts/order");
  assert.deepEqual(await order(page), ["Cardinal", "Northgate", "Riverhouse"]);
});

test("accounts are put in order without scripts", TIME, async (t) => {
  const page = await open(t, { viewport: DESKTOP, scripts: false });
  await register(page);
  for (const name of ACCOUNTS) {
    await addAccount(page, { kind: "Poker site", name, currency: "EUR", opening: "100" });
  }
  await page.goto("/accounts/order");
  await page.getByRole("button", { name: "Move Cardinal up" }).click();
  await page.locator(".order-list > li:nth-child(2)[data-name=Cardinal]").waitFor();
  assert.deepEqual(await order(page), ["Riverhouse", "Cardinal", "Northgate"]);
});

test("arrow keys step through a chart and say its values", TIME, async (t) => {
  const page = await open(t, { viewport: DESKTOP, storageState: await demoUser() });
  for (const path of ["/dashboard", "/charts/profit", "/charts/flows", "/charts/distribution", "/charts/accounts"]) {
    await page.goto(path);
    const chart = page.locator("[data-chart]").first();
    await chart.and(page.locator("[data-ready]")).waitFor();
    const spoken = chart.locator("[aria-live]");
    await chart.focus();
    await page.keyboard.press("End");
    const last = await spoken.textContent();
    assert.match(last, /\d/, path);
    await page.keyboard.press("ArrowLeft");
    await spoken.filter({ hasNotText: last }).waitFor({ state: "attached" });
    await page.keyboard.press("Home");
    assert.match(await spoken.textContent(), /\d/, path);
    await page.keyboard.press("Escape");
    assert.ok(await chart.locator(".chart-tip").evaluate((tip) => tip.hidden), path);
  }
});
