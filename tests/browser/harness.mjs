// What the browser tests share: a browser, contexts that watch for trouble, and checks of a whole page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { demoUser, launched, quit } from "./browser.mjs";
import { fileName } from "./pages.mjs";
import { origin, serverLog } from "./site.mjs";

export { demoUser, origin };
export { PASSWORD, administer, code, linkTo, logIn, mailTo, register, showPassword, signOut } from "./people.mjs";

/** Where pictures go. Git ignores it. */
const SCREENSHOTS = fileURLToPath(new URL("../../screenshots", import.meta.url));

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

/** A step that takes longer than this has failed: far more than a slow machine needs. */
const PATIENCE = 15_000;

/** A test that takes longer hangs. */
export const TIME = { timeout: 300_000 };

after(quit);

/** Where browsers are. `BROWSER_ZONE=Pacific/Kiritimati` makes it tomorrow for ten hours of every day, `Pacific/Niue` yesterday for eleven. */
const ZONE = process.env.BROWSER_ZONE ?? "Europe/Helsinki";
const DAY = 24 * 60 * 60 * 1000;

/**
 * A day before today, as a date field takes it. Who registers with scripts lives where the browser is, and in UTC without
 * them.
 */
export function daysAgo(page, days) {
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: page.scripts ? ZONE : "UTC" }).format();
  return new Date(Date.parse(today) - days * DAY).toISOString().slice(0, 10);
}

/**
 * A page in a fresh context. At the end of the test it is closed, and whatever went wrong meanwhile fails the test:
 * errors in the console, failed and third-party requests, violations of the content security policy, errors in the
 * server's log. Statuses from 400 on are errors, but for those named in `page.expected`; a page that goes offline says so
 * in `page.offline`. A picture shows where a test has failed.
 */
export async function open(t, { viewport = PHONE, theme = "dark", scripts = true, storageState, ...more } = {}) {
  const context = await (
    await launched()
  ).newContext({
    baseURL: origin,
    viewport,
    colorScheme: theme,
    javaScriptEnabled: scripts,
    storageState,
    locale: "en-GB",
    timezoneId: ZONE,
    reducedMotion: "reduce",
    ...more,
  });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI} on ${location.pathname}`),
    );
  });
  const problems = [];
  const page = await context.newPage();
  page.expected = new Set();
  page.scripts = scripts;
  watch(page, problems);
  const logged = serverLog().length;
  t.after(async () => {
    if (!t.passed) await picture(page, `failed ${t.name}`);
    await context.close();
    problems.push(...complaints(serverLog().slice(logged)));
    assert.deepEqual(problems, [], `trouble in the browser: ${t.name}`);
  });
  return page;
}

function watch(page, problems) {
  page.on("console", (message) => {
    // A status is looked at below.
    if (message.type() !== "error" || message.text().includes("responded with a status of")) return;
    if (page.offline && /ERR_INTERNET_DISCONNECTED|htmx:(sendError|timeout|afterRequest)/.test(message.text())) return;
    const refused = /Response Status Error Code (\d+)/.exec(message.text());
    if (refused && page.expected.has(Number(refused[1]))) return;
    problems.push(`console on ${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`script on ${page.url()}: ${error.stack ?? error}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== "data:") problems.push(`third party: ${url.href}`);
    if (url.pathname === "/csp-report") problems.push(`policy report: ${request.postData()}`);
  });
  page.on("requestfailed", (request) => {
    // Left behind by the page itself: a newer keystroke, a navigation, a download.
    if (request.failure()?.errorText === "net::ERR_ABORTED") return;
    if (page.offline && request.failure()?.errorText === "net::ERR_INTERNET_DISCONNECTED") return;
    problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`);
  });
  page.on("response", (response) => {
    if (response.status() < 400 || page.expected.has(response.status())) return;
    problems.push(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
  });
}

/** Lines of the server's log that should not be there: errors, reports, and anybody's address. */
function complaints(log) {
  const wrong = ['"level":"ERROR"', "policy report", "@stakeeasy.example"];
  return log.split("\n").filter((line) => wrong.some((sign) => line.includes(sign)));
}

/** Leaves a picture of the whole page in screenshots/. */
export async function picture(page, name) {
  await page.screenshot({ path: `${SCREENSHOTS}/${fileName(name)}.png`, fullPage: true });
}

/** Adds an account, and ends on its page. */
export async function addAccount(page, { kind, name, currency, opening }) {
  await page.goto("/accounts/new");
  await page.getByLabel(kind, { exact: true }).check();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Currency").selectOption(currency);
  await page.getByLabel("Balance now").fill(opening);
  await page.getByRole("button", { name: "Add account" }).click();
  await toast(page, "Account added.");
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

/** Waits for a notice. */
export async function toast(page, text) {
  await page.getByRole("status").filter({ hasText: text }).waitFor();
}

/** Waits until an element has the focus: what a script exchanges is there a moment before it is given the focus. */
export async function hasFocus(locator) {
  await locator.and(locator.page().locator(":focus")).waitFor({ timeout: 10_000 });
}

/** The figures of the dashboard, to the last decimal, by their names. */
export async function figures(page) {
  await page.goto("/dashboard?range=all");
  return page
    .locator("[data-figure]")
    .evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.figure, one.dataset.value])));
}

/** Compares figures as numbers: 0 and 0.00 are the same. */
export function same(found, wanted) {
  const plain = (text) => (text?.includes(".") ? text.replace(/\.?0+$/, "") : text)?.replace(/^-(0*)$/, "$1");
  const picked = Object.fromEntries(Object.keys(wanted).map((name) => [name, plain(found[name])]));
  assert.deepEqual(picked, wanted);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails on any finding of axe: WCAG 2.2 AA and best practices. It is a script itself, so it needs a page with them. */
export async function axe(page, where = page.url(), options = {}) {
  if (!page.scripts) return;
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const found = await page.evaluate(async (given) => {
    const { violations } = await window.axe.run(document, {
      resultTypes: ["violations"],
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      ...given,
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary.replace(/\s+/g, " ")}`),
    );
  }, options);
  assert.deepEqual(found, [], `axe on ${where}`);
}

/** What sticks out of a page on its right side; nothing if the page cannot be moved sideways. */
async function sideways(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.scrollingElement;
    if (scrollWidth <= clientWidth) return [];
    const reach = document.createRange();
    const right = (element) => {
      // With what it writes: text can be wider than the box it is in.
      reach.selectNodeContents(element);
      return Math.max(element.getBoundingClientRect().right, reach.getBoundingClientRect().right);
    };
    const beyond = [...document.body.querySelectorAll("*")].filter((element) => right(element) > clientWidth + 0.5);
    const names = beyond.slice(0, 5).map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
    return [`${scrollWidth} in ${clientWidth}`, ...names];
  });
}

/** Fails if a page can be moved sideways, and names what sticks out. */
export async function noSideScroll(page, where = page.url()) {
  let wide = await sideways(page);
  if (wide.length > 0) {
    // Just after a resize a width that nothing had was told once: what stays is a fault.
    await page.waitForTimeout(500);
    wide = await sideways(page);
  }
  assert.deepEqual(wide, [], `sideways on ${where}`);
}
