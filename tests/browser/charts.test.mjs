// What charts say of a ledger that lost, and of one that owes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME, addAccount, open, register, toast } from "./harness.mjs";
import { look } from "./look.mjs";

/** What a chart says of its last place. */
async function last(page, path) {
  await page.goto(path);
  const chart = page.locator("[data-chart]").first();
  await chart.and(page.locator("[data-ready]")).waitFor();
  await chart.focus();
  await page.keyboard.press("End");
  return chart.locator("[aria-live]").textContent();
}

test("a chart says that a loss is one, and what is below zero", TIME, async (t) => {
  const page = await open(t);
  await register(page);
  await addAccount(page, { kind: "Bank", name: "Loan", currency: "EUR", opening: "" });
  await page.getByLabel("What's your balance on Loan?").fill("-600");
  await page.getByRole("button", { name: "Update balance" }).click();
  await toast(page, "−€600.00 as a loss");
  await look(page, "an account below zero");
  await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "1100" });

  assert.match(await last(page, "/charts/bankroll?range=all"), /€500\.00, Loss −€600\.00$/);
  await look(page, "a bankroll with a loss");
  assert.match(await last(page, "/charts/profit?range=all"), /−€600\.00, Loss$/);
  await look(page, "a loss");
  assert.match(await last(page, "/charts/accounts?range=all"), /€500\.00, Riverhouse€1,100\.00, Loan−€600\.00$/);
  assert.match(await last(page, "/charts/distribution"), /Riverhouse, €1,100\.00, 100\.0.%$/);
  await page.getByText("Loan (−€600.00) is below zero and has no slice").waitFor();
  await look(page, "a distribution with a debt");

  // What is stepped through is written as all other numbers are.
  await page.goto("/settings");
  await page.getByLabel("1.234,56").check();
  await page.getByRole("button", { name: "Save" }).first().click();
  await toast(page, "Settings saved.");
  assert.match(await last(page, "/charts/accounts?range=all"), /€500,00, Riverhouse€1\.100,00, Loan−€600,00$/);
  assert.match(await last(page, "/charts/distribution"), /Riverhouse, €1\.100,00, 100,0.%$/);
});
