// People who open an account, confirm their address and log in.
import { mailTo } from "./site.mjs";

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
