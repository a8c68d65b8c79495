// A goal's life: calculated, set, reached by an entry, reopened, deleted. With scripts and without.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME, addAccount, open, register, toast } from "./harness.mjs";
import { look } from "./look.mjs";

/** Asks again until something is there: the job that completes a goal follows the entry by a moment. */
async function until(page, path, locator) {
  for (let tries = 0; tries < 60; tries += 1) {
    await page.goto(path);
    if (await locator.isVisible()) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`${locator} is not on ${path}`);
}

for (const scripts of [true, false]) {
  test(`a goal's life ${scripts ? "with" : "without"} scripts`, TIME, async (t) => {
    const page = await open(t, { scripts });
    await register(page);
    await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "1000" });

    // From the calculator to a saved goal.
    await page.goto("/tools");
    await page.getByRole("link", { name: "Bankroll goals" }).click();
    assert.equal(await page.getByLabel("Months").isVisible(), !scripts, "what the mode does not use");
    await page.getByLabel("Target").fill("5000");
    await page.getByLabel("Profit a month").fill("300");
    await page.getByRole("button", { name: "Calculate" }).click();
    await page.getByText("1 year and 2 months", { exact: true }).waitFor();
    await look(page, "a plan");
    await page.getByRole("radio", { name: /How much a month/ }).check();
    await page.getByLabel("Months").fill("10");
    await page.getByRole("button", { name: "Calculate" }).click();
    await page.locator(".hero .figure").filter({ hasText: "€400.00" }).waitFor();
    await page.getByRole("link", { name: "Save as goal" }).click();
    assert.equal(await page.getByLabel("Count profit from").isVisible(), !scripts, "what the kind does not use");
    await page.getByRole("radio", { name: /^One account/ }).check();
    await page.getByLabel("Account", { exact: true }).selectOption({ label: "Riverhouse · EUR" });
    await page.getByRole("button", { name: "Set goal" }).click();
    await toast(page, "Goal set.");
    await page.getByText("20.0 %").first().waitFor();
    await look(page, "an active goal");

    // A record reaches it; a job says so on the next page.
    await page.goto("/accounts");
    await page.getByRole("link", { name: "Riverhouse" }).first().click();
    await page.getByLabel("What's your balance on Riverhouse?").fill("5000");
    await page.getByRole("button", { name: "Update balance" }).click();
    await toast(page, "as winnings");
    await until(page, "/goals", page.getByText(/^Completed on/));
    await look(page, "a completed goal");

    await page.getByRole("link", { name: "Riverhouse €5,000" }).click();
    await look(page, "a goal that is done");
    await page.getByRole("button", { name: "Reopen" }).click();
    await toast(page, "Goal reopened.");
    await look(page, "a goal that is edited");
    await page.getByLabel("Target").fill("9000");
    await page.getByLabel("Name").fill("A roof");
    await page.getByRole("button", { name: "Save goal" }).click();
    await toast(page, "Goal changed.");
    await page.getByText("55.5 %").first().waitFor();
    await page.getByRole("link", { name: "A roof", exact: true }).click();
    await page.getByRole("button", { name: "Archive" }).click();
    await toast(page, "Goal archived.");
    await page.getByText("Archived goals").click();
    await page.getByRole("link", { name: "A roof", exact: true }).click();
    await page.getByRole("link", { name: "Delete…" }).click();
    await look(page, "a goal before it is deleted");
    await page.getByRole("button", { name: "Delete goal" }).click();
    await toast(page, "Goal deleted.");
    await page.getByRole("heading", { level: 2, name: "No goals yet" }).waitFor();
  });
}
