// People who open an account, confirm their address and log in.
import { createHmac } from "node:crypto";
import { command, mailTo } from "./site.mjs";

export const PASSWORD = "four plain words here";

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
  await page.getByRole("heading", { level: 1, name: "Log in" }).waitFor();
  await logIn(page, email);
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

/** A new administrator, who has set up an app for codes. Their address. */
export async function administer(page) {
  const email = await register(page);
  command("admin", "grant", email);
  await page.goto("/login");
  await logIn(page, email);
  await page.waitForURL("**/dashboard");
  await page.goto("/admin");
  await page.getByRole("button", { name: "Set up an app" }).click();
  const key = await page.locator("[data-key]").textContent();
  await page.locator("#code").fill(code(key.replaceAll(" ", "")));
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.locator("[data-codes]").waitFor();
  return email;
}

/** What an app shows now for a key in base 32 (RFC 6238). */
function code(key) {
  const bits = [...key].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"));
  const secret = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)
      .map((byte) => parseInt(byte, 2)),
  );
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", secret).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
