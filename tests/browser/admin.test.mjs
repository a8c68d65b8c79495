// The pages for administrators, and closing an account without a script.
import assert from "node:assert/strict";
import { test } from "node:test";
import { TIME, administer, logIn, open, register, toast } from "./harness.mjs";
import { each, look } from "./look.mjs";
import { ADMIN } from "./pages.mjs";

test("the pages for administrators", TIME, async (t) => {
  const other = await open(t);
  const email = await register(other, "Maria");
  const page = await open(t);
  await administer(page);
  await page.goto(`/admin/users?q=${email}`);
  const user = await page.locator("main td a").first().getAttribute("href");
  await each(t, page, [...ADMIN, user, `${user}/disable`, `${user}/delete`]);

  await t.test("a correction that is refused", async () => {
    page.expected.add(422);
    await page.goto("/admin/rates/correct?currency=USD&day=2026-10-30");
    await page.getByLabel("Units for one euro").fill("11.7");
    await page.getByRole("button", { name: "Correct the rate" }).click();
    await page.locator("[aria-invalid=true]").first().waitFor();
    await look(page, "a correction that is refused");
  });

  await t.test("an account that is closed", async () => {
    await page.goto(user);
    await page.getByRole("link", { name: "Disable" }).click();
    await page.getByLabel("Reason").fill("Chargeback");
    await page.getByRole("button", { name: "Disable the account" }).click();
    await toast(page, "Account disabled.");
    await look(page, "an account that is closed");
    await other.goto("/dashboard");
    assert.equal(new URL(other.url()).pathname, "/login");
    other.expected.add(422);
    await logIn(other, email);
    await other.getByText("E-mail and password do not go together.").waitFor();
  });
});
