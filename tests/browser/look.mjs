// Looks at a page in every size and both themes: nothing moves sideways, axe finds nothing, no error anywhere, one
// heading of the first level and a title of its own.
import assert from "node:assert/strict";
import { axe, noSideScroll } from "./harness.mjs";

const WIDTHS = [360, 390, 768, 1280];
const HEIGHT = 800;
// 390 px differs from 360 px in room only, 768 px from 1280 px in the words of the rail, and the themes in colours only:
// each theme is looked at in one of the two layouts.
const WHOLE = { 360: "dark", 1280: "light" };

/** Looks at the page as it is, in every size and both themes. */
export async function look(page, path) {
  assert.equal(await page.locator("h1").count(), 1, `headings of the first level on ${path}`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await noSideScroll(page, `${path} at ${width}`);
    const theme = WHOLE[width];
    if (theme) {
      await page.emulateMedia({ colorScheme: theme });
      await axe(page, `${path} at ${width}, ${theme}`);
    }
  }
}

/** Opens each page as a test of its own. */
export async function each(t, page, paths, status = 200) {
  const titles = new Map();
  page.expected.add(status);
  for (const path of paths) {
    await t.test(path, async () => {
      const answer = await page.goto(path);
      assert.equal(answer.status(), status);
      await look(page, path);
      const title = await page.title();
      const same = titles.get(title);
      const address = path.split("?")[0];
      assert.ok(status !== 200 || !same || same === address, `${path} has the title of ${same}: ${title}`);
      titles.set(title, address);
    });
  }
}
