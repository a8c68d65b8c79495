// What a page costs on the wire, on the first visit: its budgets, and a table of the figures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, TIME, demoUser, open, origin } from "./harness.mjs";
import { PUBLIC, demoPages } from "./pages.mjs";

const KB = 1024;
const HTML = 20 * KB;
const STYLES = 30 * KB;
const SCRIPTS = 45 * KB;
const REQUESTS = 12;
/** The landing page shows pictures of the product: it has a limit for all of it. */
const LANDING = 200 * KB;

/** Loads a page with an empty cache and adds up what came, as it was sent. */
async function weigh(page, path) {
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.clearBrowserCache");
  const requests = new Map();
  const under = new Set();
  let quiet = () => {};
  const end = ({ requestId, encodedDataLength = 0 }) => {
    if (requests.has(requestId)) requests.get(requestId).bytes = encodedDataLength;
    under.delete(requestId);
    if (!under.size) quiet();
  };
  network.on("Network.requestWillBeSent", ({ requestId, request }) => {
    // Icons of the browser's own controls are data.
    if (!request.url.startsWith("data:")) under.add(requestId);
  });
  network.on("Network.responseReceived", ({ requestId, type, response }) => {
    if (!under.has(requestId)) return;
    const encoding = response.headers["content-encoding"] ?? response.headers["Content-Encoding"] ?? "";
    requests.set(requestId, { type, url: response.url, encoding, bytes: 0 });
  });
  network.on("Network.loadingFinished", end);
  network.on("Network.loadingFailed", end);
  await page.goto(path);
  await page.evaluate(() => document.fonts.ready.then(() => null));
  if (under.size) await new Promise((done) => (quiet = done));
  await network.detach();
  const all = [...requests.values()];
  const sum = (type) => all.filter((one) => one.type === type).reduce((before, { bytes }) => before + bytes, 0);
  return {
    path,
    html: sum("Document"),
    styles: sum("Stylesheet"),
    scripts: sum("Script"),
    total: all.reduce((before, { bytes }) => before + bytes, 0),
    requests: all.length,
    all,
  };
}

function over(weight) {
  const { path, html, styles, scripts, total, requests, all } = weight;
  const isChart = weight.charts > 0;
  const found = [];
  const limit = (what, value, most) => value > most && found.push(`${path}: ${what} ${value}, at most ${most}`);
  limit("HTML", html, HTML);
  limit("CSS", styles, STYLES);
  limit("JavaScript", scripts, SCRIPTS);
  limit("requests", requests, REQUESTS);
  if (path === "/") limit("everything", total, LANDING);
  for (const { url, type, encoding, bytes } of all) {
    if (new URL(url).origin !== origin) found.push(`${path}: ${url} is not ours`);
    const isText = ["Document", "Stylesheet", "Script"].includes(type) || url.endsWith(".svg");
    if (isText && bytes > 2 * KB && encoding !== "br") found.push(`${path}: ${url} came as "${encoding}", not brotli`);
    if (/\/charts-[^/]+\.js$/.test(url) && !isChart) found.push(`${path}: ${url} without a chart`);
  }
  return found;
}

function table(weights) {
  const kb = (bytes) => (bytes / KB).toFixed(1).padStart(8);
  const rows = weights.map(
    ({ path, html, styles, scripts, total, requests }) =>
      path.slice(0, 44).padEnd(44) + kb(html) + kb(styles) + kb(scripts) + kb(total) + String(requests).padStart(10),
  );
  const heads = ["HTML", "CSS", "JS", "all"].map((head) => head.padStart(8)).join("");
  return ["KB as sent".padEnd(44) + heads + "  requests", ...rows].join("\n");
}

async function weighAll(t, page, paths) {
  const weights = [];
  for (const path of paths) {
    await t.test(path, async () => {
      const weight = await weigh(page, path);
      weight.charts = await page.locator("[data-chart], svg.chart").count();
      weights.push(weight);
      assert.deepEqual(over(weight), []);
    });
  }
  table(weights)
    .split("\n")
    .forEach((line) => t.diagnostic(line));
}

test("the public pages are small", TIME, async (t) => {
  await weighAll(t, await open(t, { viewport: DESKTOP }), PUBLIC);
});

test("the pages of the demo user are small", TIME, async (t) => {
  const page = await open(t, { viewport: DESKTOP, storageState: await demoUser() });
  await weighAll(t, page, await demoPages(page));
});
