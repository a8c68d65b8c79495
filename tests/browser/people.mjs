// People who open an account and log in.
import { Secret, TOTP } from "otpauth";
import { command, mailTo } from "./site.mjs";

export { mailTo };

export const PASSWORD = "four plain words here";

/** Seconds for which an app shows a code. */
const PERIOD = 30;

/** A new user, on the empty dashboard. Their address, to log in with. */
export async function register(page, name = "Robin") {
  const email = `${crypto.randomUUID()}@stakeeasy.example`;
  await page.goto("/register");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByLabel("Home currency").selectOption("EUR");
  await page.getByRole("button", { name: "Open account" }).click();
  await page.getByRole("heading", { level: 1, name: "Check your mail" }).waitFor();
  await page.goto(await linkTo(email));
  await page.getByRole("button", { name: "Confirm my address" }).click();
  await page.getByRole("heading", { level: 1, name: `Welcome, ${name}` }).waitFor();
  return email;
}

/** The link in the newest mail to an address, perhaps about something. */
export async function linkTo(email, subject) {
  return /http:\S+/.exec(await mailTo(email, subject))[0];
}

/** Fills in the form of the login page. */
export async function logIn(page, email, password = PASSWORD) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

/** Shows once more who somebody is, where that is asked. */
export async function showPassword(page, password = PASSWORD) {
  await page.getByRole("heading", { level: 1, name: "Is it you?" }).waitFor();
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Go on" }).click();
}

/** A new administrator, who has set up an app for codes. Their address. */
export async function administer(page) {
  const email = await register(page);
  command("admin", "grant", email);
  await page.goto("/login");
  await logIn(page, email);
  await page.waitForURL("**/dashboard");
  await page.goto("/admin");
  await showPassword(page);
  await page.getByRole("button", { name: "Set up an app" }).click();
  const key = await page.locator("[data-key]").textContent();
  await page.locator("#code").fill(await code(key));
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.locator("[data-codes]").waitFor();
  return email;
}

/**
 * The code that an app shows for a key in base 32, now or some half minutes ago. Not at the end of a half minute, where
 * it could be over before it arrives.
 */
export async function code(key, halfMinutes = 0) {
  const totp = new TOTP({ secret: Secret.fromBase32(key.replaceAll(" ", "")), period: PERIOD });
  while (PERIOD - ((Date.now() / 1000) % PERIOD) < 5) await new Promise((done) => setTimeout(done, 500));
  return totp.generate({ timestamp: Date.now() + halfMinutes * PERIOD * 1000 });
}

/** Ends the session with the button of the settings. */
export async function signOut(page) {
  await page.goto("/settings");
  await page.locator("main").getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("/");
}
