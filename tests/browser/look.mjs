// Looks at a page in every size and both themes: nothing moves sideways, axe finds nothing, no error anywhere, one
// heading of the first level and a title of its own.
import assert from "node:assert/strict";
import { axe, noSideScroll, picture } from "./harness.mjs";
import { over, table, weigher } from "./weight.mjs";

const HEIGHT = 800;
const WIDTHS = [1280, 768, 390, 360];
// 390 px differs from 360 px in room only, 768 px from 1280 px in the words of the rail, and the themes in colours only:
// each theme is looked at in one of the two layouts.
const SMALL = { width: 360, theme: "dark" };
const LARGE = { width: 1280, theme: "light" };
/** Rows of a table that are looked at: those after them are like those before, and take most of the time. */
const ROWS = 12;

/** The page has another width at once, and the styles of that width with the next frame. */
async function resize(page, width) {
  await page.setViewportSize({ width, height: HEIGHT });
  if (page.scripts) await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
}

async function inLayout(page, path, { width, theme }) {
  await resize(page, width);
  await page.emulateMedia({ colorScheme: theme });
  await axe(page, `${path} at ${width}, ${theme}`);
}

/** Looks at the page as it is, and leaves a picture of it where something is wrong. */
async function lookIn(page, path, layouts) {
  try {
    await inspect(page, path, layouts);
  } catch (error) {
    await picture(page, `failed ${path}`);
    throw error;
  }
}

/** Looks at its width in every size, and at what is on it in some layouts. It has fewer rows then. */
async function inspect(page, path, layouts) {
  const headings = await page.evaluate(() => document.querySelectorAll("h1").length);
  assert.equal(headings, 1, `headings of the first level on ${path}`);
  for (const width of WIDTHS) {
    await resize(page, width);
    await noSideScroll(page, `${path} at ${width}`);
  }
  await page.evaluate((rows) => {
    document.querySelectorAll(`tbody > tr:nth-child(n + ${rows + 1})`).forEach((row) => row.remove());
  }, ROWS);
  for (const layout of layouts) await inLayout(page, path, layout);
}

/** Looks at a page in a state that others share their layout with: on a small screen. */
export async function look(page, state) {
  await lookIn(page, state, [SMALL]);
}

/**
 * Opens each page as a test of its own, weighs what came for it on a large screen, and looks at it: in both layouts when
 * its path is new. The title of no two paths is the same, and none is over a budget. The weights are printed at the end.
 */
export async function each(t, page, paths) {
  const weigh = await weigher(page);
  const weights = [];
  const titles = new Map();
  const seen = new Set();
  for (const path of paths) {
    await t.test(path, async () => {
      await page.setViewportSize({ width: LARGE.width, height: HEIGHT });
      const weight = await weigh(path);
      weights.push(weight);
      assert.deepEqual(over(weight), []);
      const title = await page.title();
      const address = path.split("?")[0];
      const other = titles.get(title) ?? address;
      assert.equal(other, address, `${path} has the title of ${other}: ${title}`);
      titles.set(title, address);
      // Another choice on a page that was seen already.
      await lookIn(page, path, seen.has(address) ? [SMALL] : [SMALL, LARGE]);
      seen.add(address);
    });
  }
  table(weights)
    .split("\n")
    .forEach((line) => t.diagnostic(line));
}
