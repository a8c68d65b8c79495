// The life of an account on a phone: opened, protected, moved to another address, nearly deleted.
import { test } from "node:test";
import { TIME, code, linkTo, logIn, mailTo, open, register, showPassword, signOut, toast } from "./harness.mjs";
import { look } from "./look.mjs";

const NEW_PASSWORD = "other quiet words today";

async function logInAgain(page, email) {
  await page.goto("/login");
  await logIn(page, email);
}

/** Switches codes from an app on. Returns the app's secret and the recovery codes. */
async function switchCodesOn(page) {
  await page.goto("/settings/security");
  await page.getByRole("link", { name: "Codes from an app" }).click();
  await showPassword(page);
  await page.getByRole("button", { name: "Set up an app" }).click();
  const secret = await page.locator("[data-key]").textContent();
  await look(page, "a QR code");
  // The code before this one, which is taken too: each is taken once, and the next one logs in.
  await page.getByLabel("Code that the app shows").fill(await code(secret, -1));
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("heading", { level: 1, name: "Your recovery codes" }).waitFor();
  await look(page, "recovery codes");
  const recovery = await page.locator("[data-codes] code").allTextContents();
  await page.getByRole("link", { name: "I have kept them" }).click();
  return { secret, recovery };
}

for (const scripts of [true, false]) {
  test(`the life of an account ${scripts ? "with" : "without"} scripts`, TIME, async (t) => {
    const page = await open(t, { scripts });
    let email = await register(page);

    const { secret, recovery } = await switchCodesOn(page);
    await signOut(page);

    await logInAgain(page, email);
    await page.getByRole("heading", { level: 1, name: "One more step" }).waitFor();
    await look(page, "the second step");
    await page.getByLabel("Code from your app").fill(await code(secret));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL("**/dashboard");
    await signOut(page);

    // The phone is gone.
    await logInAgain(page, email);
    await page.getByLabel("Recovery code").fill(recovery[0]);
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    await page.waitForURL("**/dashboard");

    // Another device, whose session this one ends.
    const other = await open(t, { scripts });
    await logInAgain(other, email);
    await other.getByLabel("Recovery code").fill(recovery[1]);
    await other.getByRole("button", { name: "Use a recovery code" }).click();
    await other.waitForURL("**/dashboard");
    // Nobody changes there how to log in who does not read the mails.
    await other.goto("/settings/password");
    await showPassword(other);
    await other.getByRole("heading", { level: 1, name: "A browser that is new to us" }).waitFor();
    await look(other, "a new browser");
    await other.getByRole("button", { name: "Send me a code" }).click();
    await other.getByLabel("Code from the email").waitFor();
    await look(other, "a new browser, and a code on its way");
    const mail = await mailTo(email, "Your code to change how you log in");
    await other.getByLabel("Code from the email").fill(/^\s*(\d{8})\s*$/m.exec(mail)[1]);
    await other.getByRole("button", { name: "Continue" }).click();
    await other.getByRole("button", { name: "Generate a passphrase" }).waitFor();
    await page.goto("/settings/sessions");
    await page.getByRole("button", { name: /^Sign out (?!everywhere)/ }).click();
    await other.goto("/accounts");
    await other.getByRole("heading", { level: 1, name: "Log in" }).waitFor();

    // Another address, which is taken back.
    const next = `next-${email}`;
    await page.goto("/settings/email");
    await showPassword(page);
    await page.getByLabel("New address").fill(next);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.goto(await linkTo(next, "Confirm your new address"));
    await page.getByRole("button", { name: "Use this address" }).click();
    await page.goto(await linkTo(email, "Your address was changed"));
    await page.getByRole("button", { name: "Take it back" }).click();
    // Whoever changed the address knew the password.
    await page.getByLabel("New password", { exact: true }).fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    // The app was set up after the only time that the address was proven.
    await page.getByRole("heading", { level: 1, name: "Is this yours?" }).waitFor();
    await look(page, "what was added since");
    await page.getByRole("button", { name: "All of it is mine" }).click();
    await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
    await logIn(page, email, NEW_PASSWORD);
    await page.getByLabel("Recovery code").fill(recovery[2]);
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    await page.waitForURL("**/dashboard");

    // The end, and no end.
    await page.goto("/settings/data/delete");
    await look(page, "deleting the account");
    await page.getByLabel("Type the address of the account").fill(email);
    await page.getByRole("button", { name: "Delete the account" }).click();
    await toast(page, "The account will be deleted.");
    await look(page, "an account that will be deleted");
    await page.getByRole("button", { name: "Keep my account" }).first().click();
    await toast(page, "Your account stays.");
  });
}
