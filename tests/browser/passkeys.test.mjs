// Passkeys with the authenticator that the browser brings along for tests: added, shown in each place, and removed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, TIME, axe, logIn, noSideScroll, open, register, showPassword, signOut, toast } from "./harness.mjs";
import { look } from "./look.mjs";

const PAGE = "/settings/security/passkeys";

/** Gives the browser a device, which is unlocked at once unless it is told not to be. Returns what tells it. */
async function device(page) {
  const browser = await page.context().newCDPSession(page);
  await browser.send("WebAuthn.enable");
  const { authenticatorId } = await browser.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    unlocks: (isUserVerified) => browser.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
    async credentials() {
      const { credentials } = await browser.send("WebAuthn.getCredentials", { authenticatorId });
      return credentials;
    },
  };
}

test("a passkey is added, logs in, shows who somebody is, and is removed", TIME, async (t) => {
  const page = await open(t);
  const phone = await device(page);
  const email = await register(page);

  await page.goto(PAGE);
  await showPassword(page);
  await page.getByRole("heading", { level: 1, name: "Passkeys" }).waitFor();
  await look(page, PAGE);
  await page.getByLabel("Name").fill("");
  page.expected.add(422);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("Type something here.").waitFor();
  await page.getByLabel("Name").fill("My phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await toast(page, "Passkey added.");
  await page.getByText("Two are better than one").waitFor();
  await look(page, `${PAGE} with one`);
  const [{ isResidentCredential, userHandle }] = await phone.credentials();
  assert.ok(isResidentCredential);
  assert.equal(Buffer.from(userHandle, "base64").length, 16);

  // The same device once more.
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("alert").filter({ hasText: "has a passkey for your account already" }).waitFor();

  await signOut(page);
  await page.goto("/login?next=/accounts");
  await axe(page);
  await phone.unlocks(false);
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.getByRole("alert").filter({ hasText: "No passkey was used" }).waitFor();
  await axe(page, "/login with a complaint");
  await noSideScroll(page);
  await phone.unlocks(true);
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.getByRole("heading", { level: 1, name: "Accounts" }).waitFor();

  await page.goto("/sudo?next=/settings/password");
  await axe(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByRole("button", { name: "Generate a passphrase" }).waitFor();

  await page.goto(PAGE);
  await page.getByRole("link", { name: "My phone" }).click();
  await look(page, "one passkey");
  await page.getByLabel("Name").fill("Old phone");
  await page.getByRole("button", { name: "Rename" }).click();
  await toast(page, "Passkey renamed.");
  await page.getByRole("link", { name: "Old phone" }).click();
  await page.getByRole("button", { name: "Remove this passkey" }).click();
  await toast(page, "Passkey removed.");

  await signOut(page);
  await page.goto("/login");
  await page.getByRole("button", { name: "Log in with a passkey" }).click();
  await page.getByText("This passkey was not accepted.").waitFor();
  await logIn(page, email, PASSWORD);
  await page.getByRole("heading", { level: 1, name: "Welcome, Robin" }).waitFor();
});

test("a page without scripts says that passkeys need them", TIME, async (t) => {
  const page = await open(t, { scripts: false });
  await page.goto("/login");
  await page.getByText("Passkeys need JavaScript").waitFor();
  assert.equal(await page.getByRole("button", { name: "Log in with a passkey" }).count(), 0);
  await register(page);
  await page.goto(PAGE);
  await showPassword(page);
  await page.getByText("Passkeys need JavaScript").waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a passkey" }).count(), 0);
});
