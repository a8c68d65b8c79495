// What a page costs on the wire, on the first visit: its budgets, and a table of the figures.
import { origin } from "./site.mjs";

const KB = 1024;
const HTML = 20 * KB;
const STYLES = 30 * KB;
const SCRIPTS = 45 * KB;
const REQUESTS = 12;
/** The landing page shows pictures of the product: it has a limit for all of it. */
const LANDING = 200 * KB;

/** Returns what opens pages as if nothing were known of the site yet, and adds up what came for each, as it was sent. */
export async function weigher(page) {
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  const requests = new Map();
  const under = new Set();
  let quiet = () => {};
  network.on("Network.requestWillBeSent", ({ requestId, request }) => {
    // Icons of the browser's own controls are data.
    if (!request.url.startsWith("data:")) under.add(requestId);
  });
  network.on("Network.responseReceived", ({ requestId, type, response }) => {
    if (!under.has(requestId)) return;
    const encoding = response.headers["content-encoding"] ?? response.headers["Content-Encoding"] ?? "";
    requests.set(requestId, { type, url: response.url, encoding, bytes: 0 });
  });
  const end = ({ requestId, encodedDataLength = 0 }) => {
    if (requests.has(requestId)) requests.get(requestId).bytes = encodedDataLength;
    under.delete(requestId);
    if (!under.size) quiet();
  };
  network.on("Network.loadingFinished", end);
  network.on("Network.loadingFailed", end);
  return async (path) => {
    requests.clear();
    under.clear();
    await page.goto(path);
    await page.evaluate(() => document.fonts.ready.then(() => null));
    if (under.size) await new Promise((done) => (quiet = done));
    const all = [...requests.values()];
    const sum = (type) => all.filter((one) => one.type === type).reduce((before, { bytes }) => before + bytes, 0);
    return {
      path,
      html: sum("Document"),
      styles: sum("Stylesheet"),
      scripts: sum("Script"),
      total: all.reduce((before, { bytes }) => before + bytes, 0),
      requests: all.length,
      charts: await page.evaluate(() => document.querySelectorAll("[data-chart], svg.chart").length),
      all,
    };
  };
}

/** What of it is over its budget, or came in another way than it should. */
export function over(weight) {
  const { path, html, styles, scripts, total, requests, charts, all } = weight;
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
    const best = type === "Document" ? "zstd" : "br";
    if (isText && bytes > 2 * KB && encoding !== best) found.push(`${path}: ${url} came as "${encoding}", not ${best}`);
    if (/\/charts-[^/]+\.js$/.test(url) && !charts) found.push(`${path}: ${url} without a chart`);
  }
  return found;
}

/** The figures of all pages. */
export function table(weights) {
  const kb = (bytes) => (bytes / KB).toFixed(1).padStart(8);
  const rows = weights.map(
    ({ path, html, styles, scripts, total, requests }) =>
      path.slice(0, 44).padEnd(44) + kb(html) + kb(styles) + kb(scripts) + kb(total) + String(requests).padStart(10),
  );
  const heads = ["HTML", "CSS", "JS", "all"].map((head) => head.padStart(8)).join("");
  return ["KB as sent".padEnd(44) + heads + "  requests", ...rows].join("\n");
}
