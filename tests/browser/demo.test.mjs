// Every page of somebody with ten years of play.
import { test } from "node:test";
import { TIME, demoUser, open } from "./harness.mjs";
import { each } from "./look.mjs";
import { demoPages } from "./pages.mjs";

test("the pages of the demo user", { timeout: 2 * TIME.timeout }, async (t) => {
  const page = await open(t, { storageState: await demoUser() });
  await each(t, page, await demoPages(page));
});
