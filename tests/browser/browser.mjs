// Chromium, and the demo user in it.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { origin } from "./site.mjs";

const PROGRAMS = [
  process.env.CHROMIUM,
  // Chromium without windows: a fifth faster.
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser;
let demo;

/** The browser, with a fresh profile: one for each process. */
export async function launched() {
  const executablePath = PROGRAMS.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error("There is no Chromium: install it, or set CHROMIUM to its program.");
  browser ??= chromium.launch({ executablePath, args: FLAGS });
  return browser;
}

export async function quit() {
  await (await browser)?.close();
}

/** The cookies of the demo user. */
export async function demoUser() {
  demo ??= (async () => {
    const context = await (await launched()).newContext({ baseURL: origin });
    const page = await context.newPage();
    await page.goto("/login");
    await page.getByRole("button", { name: "Look around as the demo user" }).click();
    await page.waitForURL("**/dashboard");
    const state = await context.storageState();
    await context.close();
    return state;
  })();
  return demo;
}
