// The daily job on a phone: how many touches it takes from the dashboard to the saved entry.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, TIME, addAccount, hasFocus, open, register, toast } from "./harness.mjs";

const MOST = 4;

/** Counts touches. */
function finger() {
  const taps = [];
  const tap = async (locator) => {
    const name = await locator.evaluate((one) => one.getAttribute("aria-label") ?? one.textContent.trim());
    await locator.tap();
    taps.push(name);
  };
  return { tap, taps };
}

async function ready(t, scripts) {
  const page = await open(t, { viewport: PHONE, scripts, hasTouch: true, isMobile: true });
  await register(page);
  await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "500" });
  await page.goto("/dashboard");
  return page;
}

for (const scripts of [true, false]) {
  test(`a balance takes at most ${MOST} taps ${scripts ? "with" : "without"} scripts`, TIME, async (t) => {
    const page = await ready(t, scripts);
    const { tap, taps } = finger();
    await tap(page.locator("nav.bar .plus"));
    const form = page.locator(scripts ? "dialog[open] form" : "main form.sheet-inner");
    await form.waitFor();
    // The field has the focus and the keyboard with digits, the account and the day are there.
    const amount = form.locator("[name=amount]");
    assert.equal(await amount.getAttribute("inputmode"), "decimal");
    await hasFocus(amount);
    assert.notEqual(await form.getByLabel("Date").inputValue(), "");
    await page.keyboard.type("512.25");
    const save = form.getByRole("button", { name: "Save balance" });
    const { y, height } = await save.boundingBox();
    assert.ok(y + height <= PHONE.height, "Save is in sight without scrolling");
    await tap(save);
    await toast(page, "+€12.25 as winnings");
    assert.ok(taps.length <= MOST, taps.join(", "));
    t.diagnostic(`${taps.length} taps`);
  });

  test(`a deposit takes at most ${MOST} taps ${scripts ? "with" : "without"} scripts`, TIME, async (t) => {
    const page = await ready(t, scripts);
    const { tap, taps } = finger();
    await tap(page.locator("nav.bar .plus"));
    await tap(page.getByRole("group", { name: "Kind" }).getByRole("button", { name: "Deposit" }));
    await page.getByLabel(scripts ? "Put into Riverhouse" : "Put in").waitFor();
    await hasFocus(page.locator("[name=amount]"));
    await page.keyboard.type("20");
    await tap(page.getByRole("button", { name: "Save deposit" }));
    await toast(page, "Deposit saved.");
    assert.ok(taps.length <= MOST, taps.join(", "));
    t.diagnostic(`${taps.length} taps`);
  });
}
