// Three days of records make a streak and a badge, which is told once: with scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, PHONE, TIME, addAccount, daysAgo, noSideScroll, open, register, toast } from "./harness.mjs";
import { look } from "./look.mjs";

async function record(page, amount, day) {
  await page.goto("/entries/new?kind=balance");
  await page.locator("main #amount").fill(amount);
  await page.locator("main #date").fill(day);
  await page.getByRole("button", { name: "Save balance" }).click();
  await toast(page, /as (winnings|a loss)/);
}

/** Opens pages until a job has given the badge. It may have been told already, beside what was saved. */
async function told(page) {
  const notice = page.getByRole("status").filter({ hasText: "New badge: Daily tracker" });
  // A job that had to be tried again is done within a minute, also beside all the other tests.
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await notice.count()) return notice;
    await page.goto("/accounts");
  }
  assert.fail("nothing was told of a badge");
}

async function badges(page) {
  await register(page);
  await page.goto("/achievements");
  await page.getByText("0 of 22 badges").waitFor();
  await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "0" });
  // The streak goes on yesterday, and today is open.
  for (const days of [3, 2, 1]) await record(page, String(100 + days), daysAgo(page, days));
  const notice = await told(page);
  await notice.getByRole("link", { name: "Show" }).click();
  await page.getByRole("heading", { level: 1, name: "Badges" }).waitFor();
  assert.equal(await page.getByRole("status").count(), 0, "it is told once");
  const badge = page.getByRole("listitem").filter({ hasText: "Daily tracker" });
  await badge.getByText("Bronze, 3 days").waitFor();
  await page
    .getByRole("img", { name: /^Last 30 days: 3 with a record, 0 rest days, 26 missed. Today is still open.$/ })
    .waitFor();
  await noSideScroll(page);
}

test("a streak and its badge on a phone", TIME, async (t) => {
  const page = await open(t, { viewport: PHONE });
  await badges(page);
  await look(page, "/achievements");
  await page.setViewportSize(PHONE);
  await page.goto("/dashboard");
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("link", { name: "Badges" }).filter({ visible: true }).first().click();
  await page.getByRole("heading", { level: 1, name: "Badges" }).waitFor();
});

test("a streak and its badge without scripts", TIME, async (t) => {
  await badges(await open(t, { viewport: DESKTOP, scripts: false }));
});
