// Pictures of every page in every size and both themes, in screenshots/. Run by scripts/screenshots.
//   --landing   also the pictures that the landing page and the README show
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { demoUser, launched, quit } from "./browser.mjs";
import { register } from "./people.mjs";
import { PUBLIC, demoPages, fileName } from "./pages.mjs";
import { origin } from "./site.mjs";

const WIDTHS = [360, 390, 768, 1280];
const THEMES = ["dark", "light"];
const QUALITY = 0.6;
const TALLEST = 8000;
const only = process.argv.slice(2).filter((word) => !word.startsWith("--"));

async function open(options) {
  const context = await (
    await launched()
  ).newContext({ baseURL: origin, locale: "en-GB", reducedMotion: "reduce", ...options });
  return context.newPage();
}

/** Fonts and pictures are there. */
async function settled(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (const image of document.images) image.loading = "eager";
    await Promise.all([...document.images].map((image) => image.decode()));
  });
}

/** The whole page: as tall as its content, so that what is fixed stands where it would. */
async function whole(page, path, { width, height }) {
  const content = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(Math.max(content, height), TALLEST) });
  await page.screenshot({ path });
  await page.setViewportSize({ width, height });
}

async function pictures(page, paths) {
  for (const path of paths) {
    const name = fileName(path);
    if (only.length && !only.some((word) => name.includes(word))) continue;
    await page.goto(path);
    for (const width of WIDTHS) {
      const height = width < 768 ? 844 : 900;
      await page.setViewportSize({ width, height });
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await settled(page);
        await whole(page, `screenshots/${name}-${width}-${colorScheme}.png`, { width, height });
      }
    }
    console.log(name);
  }
}

/** A new user's first sight, and quick entry over the dashboard. */
async function moments() {
  for (const theme of THEMES) {
    for (const width of WIDTHS) {
      const page = await open({ viewport: { width, height: 844 }, colorScheme: theme, storageState: await demoUser() });
      await quickEntry(page);
      await page.screenshot({ path: `screenshots/quick-entry-${width}-${theme}.png` });
      await page.context().close();
    }
  }
  const page = await open({});
  await register(page);
  for (const width of WIDTHS) {
    for (const colorScheme of THEMES) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      await whole(page, `screenshots/empty-${width}-${colorScheme}.png`, { width, height: 844 });
    }
  }
}

/** Opens quick entry and types what the account shows: a little more than before. */
async function quickEntry(page) {
  await page.goto("/dashboard");
  await page.getByRole("link", { name: "New entry" }).filter({ visible: true }).first().click();
  const form = page.locator("dialog[open] form.sheet-inner");
  await form.waitFor();
  const held = (await form.locator("[data-says] .amt").filter({ visible: true }).textContent()).replace(/[^0-9.]/g, "");
  await form.locator("[name=amount]").fill((Number(held) + 35.5).toFixed(2));
  await form.locator("[data-says] .pill").waitFor();
  await settled(page);
}

/** A small picture for the web, made by the browser itself. */
async function webp(page, png, quality) {
  const url = await page.evaluate(
    async ([data, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", quality);
    },
    [png.toString("base64"), quality],
  );
  return Buffer.from(url.split(",")[1], "base64");
}

function write(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  console.log(`${path} ${(bytes.length / 1024).toFixed(1)} KB`);
}

async function landing() {
  const storageState = await demoUser();
  const canvas = await open({});
  for (const theme of THEMES) {
    const desktop = await open({ viewport: { width: 1280, height: 900 }, colorScheme: theme, storageState });
    await desktop.goto("/dashboard");
    await settled(desktop);
    const dashboard = await desktop.screenshot();
    // Phones have two pixels and more where a page has one.
    const viewport = { width: 390, height: 844 };
    const phone = await open({ viewport, deviceScaleFactor: 2, colorScheme: theme, storageState });
    await phone.goto("/dashboard");
    await settled(phone);
    const small = await phone.screenshot();
    await quickEntry(phone);
    const entry = await phone.screenshot();
    write(`static/images/landing-dashboard-${theme}.webp`, await webp(canvas, dashboard, QUALITY));
    write(`static/images/landing-dashboard-phone-${theme}.webp`, await webp(canvas, small, QUALITY));
    write(`static/images/landing-quick-entry-${theme}.webp`, await webp(canvas, entry, QUALITY));
    if (theme === "dark") {
      write(".github/images/dashboard-dark.png", dashboard);
      write(".github/images/quick-entry-phone.png", entry);
    }
  }
}

try {
  if (process.argv.includes("--landing")) await landing();
  await pictures(await open({}), PUBLIC);
  const page = await open({ storageState: await demoUser() });
  await pictures(page, [...(await demoPages(page)), "/nothing"]);
  if (!only.length) await moments();
} finally {
  await quit();
}
