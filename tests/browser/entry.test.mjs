// The form of an entry: nothing that is typed is lost or changed, whatever the network does meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DESKTOP, PHONE, TIME, addAccount, axe, hasFocus, logIn, open, register, signOut, toast } from "./harness.mjs";

/** Answers come so many milliseconds later. */
async function slow(page, latency) {
  if (!latency) return;
  await page.route("**/*", async (route) => {
    await new Promise((done) => setTimeout(done, latency));
    // The page may be gone by then.
    await route.continue().catch(() => {});
  });
}

async function withAccounts(t, options = {}) {
  const page = await open(t, { viewport: PHONE, ...options });
  page.email = await register(page);
  await addAccount(page, { kind: "Poker site", name: "Riverhouse", currency: "EUR", opening: "500" });
  await addAccount(page, { kind: "Bank", name: "Harbor Bank", currency: "USD", opening: "900" });
  await page.goto("/dashboard");
  return page;
}

const sheet = (page) => page.locator(page.scripts ? "dialog[open] form.sheet-inner" : "main form.sheet-inner");

async function openSheet(page) {
  await page.locator("nav.bar .plus, .rail-new").filter({ visible: true }).click();
  await sheet(page).waitFor();
  return sheet(page);
}

/** The ids that stand more than once on a page. */
const repeatedIds = (page) =>
  page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at);
  });

const amountOf = (form) => form.locator("[name=amount]");

for (const latency of [0, 150, 400, 1_000]) {
  test(`what is typed after choosing stands as it was typed, at ${latency} ms`, TIME, async (t) => {
    const page = await withAccounts(t);
    await slow(page, latency);
    const form = await openSheet(page);
    const says = form.locator("[data-says]").filter({ visible: true });
    for (const [account, symbol] of [
      ["Riverhouse · EUR", "€"],
      ["Harbor Bank · USD", "$"],
    ]) {
      await form.getByLabel("Account").selectOption({ label: account });
      // As fast as a person is, and as slow as to meet every answer.
      await page.waitForTimeout(300);
      await amountOf(form).click({ clickCount: 3 });
      await page.keyboard.type("1234.56", { delay: 70 });
      await says.filter({ hasText: "since" }).waitFor();
      await form.locator("[data-says][data-outdated]").filter({ visible: true }).waitFor({ state: "detached" });
      assert.equal(await amountOf(form).inputValue(), "1234.56");
      assert.equal(await form.locator("[data-mark]").textContent(), symbol);
      await hasFocus(amountOf(form));
      await form.getByLabel(`${account.split(" ·")[0]} shows`).waitFor();
    }
    await form.getByRole("button", { name: "Expense", exact: true }).click();
    await page.waitForTimeout(300);
    await page.keyboard.type("98.76", { delay: 70 });
    await page.waitForTimeout(latency + 600);
    assert.equal(await amountOf(form).inputValue(), "98.76");
    await form.getByLabel("Paid from Harbor Bank").waitFor();
    await form.getByRole("button", { name: "Save expense" }).click();
    await toast(page, "Expense saved.");
  });

  test(`the stakes keep what is typed beside a choice, at ${latency} ms`, TIME, async (t) => {
    const page = await withAccounts(t);
    await page.goto("/stakes/cash");
    await slow(page, latency);
    await page.getByLabel("Risk", { exact: true }).selectOption("Bold");
    await page.waitForTimeout(Math.min(latency, 300));
    await page.getByLabel("Try a bankroll").click();
    await page.keyboard.type("12345", { delay: 70 });
    await page.locator("[data-multiple]").filter({ hasText: "45.5" }).waitFor();
    assert.equal(await page.getByLabel("Try a bankroll").inputValue(), "12345");
    // A form inside of what is renewed.
    await page.getByLabel("Opponents").selectOption("Soft");
    await page.getByLabel("Win rate").click();
    await page.keyboard.type("4.25", { delay: 70 });
    await page.locator("[data-multiple]").filter({ hasText: "30.5" }).waitFor();
    await page.waitForTimeout(latency);
    assert.equal(await page.getByLabel("Win rate").inputValue(), "4.25");
    await hasFocus(page.getByLabel("Win rate"));
  });
}

test("ids are unique and axe finds nothing while the sheet is open, on every page that has it", TIME, async (t) => {
  const page = await withAccounts(t, { viewport: DESKTOP });
  await page.locator(".todo-list a, a[href^='/accounts/']").first().waitFor({ state: "attached" });
  await page.goto("/accounts");
  const account = await page
    .locator("main a[href^='/accounts/']", { hasText: "Riverhouse" })
    .first()
    .getAttribute("href");
  await page.goto("/entries");
  const entry = await page.locator("main td a[href^='/entries/']").first().getAttribute("href");
  const paths = [
    "/dashboard",
    "/accounts",
    account,
    "/accounts/new",
    `${account}/edit`,
    "/entries",
    "/entries/new?kind=transfer",
    entry,
    "/entries/history",
    "/charts",
    "/stakes/cash",
    "/goals/new",
    "/tools",
    "/settings",
    "/settings/rates",
  ];
  for (const path of paths) {
    await page.goto(path);
    const form = await openSheet(page);
    for (const kind of ["Balance", "Transfer"]) {
      await form.getByRole("button", { name: kind, exact: true }).click();
      assert.deepEqual(await repeatedIds(page), [], `${path}, ${kind}`);
      await axe(page, `${path} with the sheet open, ${kind}`);
    }
  }
});

test("the second balance of an evening is typed over a page that has a field of its own", TIME, async (t) => {
  const page = await withAccounts(t);
  await page.goto("/accounts");
  await page.locator("main a", { hasText: "Riverhouse" }).first().click();
  await page.getByLabel("What's your balance on Riverhouse?").waitFor();
  const behind = await page.locator("#gap").textContent();
  const form = await openSheet(page);
  await form.getByLabel("Account").focus();
  await form.getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
  await hasFocus(form.getByLabel("Account"));
  await form.getByLabel("Harbor Bank shows").fill("910");
  await form.locator("[data-says]").filter({ hasText: "+$10.00" }).waitFor();
  assert.equal(await page.locator("#gap").textContent(), behind, "nothing is said behind the sheet");
});

test("a tap beside the sheet, its cross and Back keep what was typed", TIME, async (t) => {
  const page = await withAccounts(t);
  const close = {
    "a tap beside it": () => page.mouse.click(5, 5),
    "its cross": () => sheet(page).getByRole("link", { name: "Close" }).click(),
    Escape: () => page.keyboard.press("Escape"),
    Back: () => page.goBack(),
  };
  let form = await openSheet(page);
  await form.getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
  await amountOf(form).fill("1234.56");
  await form.getByLabel("Note").fill("Two tables");
  for (const [how, act] of Object.entries(close)) {
    await act();
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    assert.equal(new URL(page.url()).pathname, "/dashboard", how);
    form = await openSheet(page);
    // Opened for another account than the draft's, the form asks first.
    await form.getByRole("button", { name: "Continue it" }).click();
    assert.equal(await amountOf(form).inputValue(), "1234.56", how);
    assert.equal(await form.getByLabel("Note").inputValue(), "Two tables", how);
    await form.getByLabel("Riverhouse shows").waitFor();
  }
  // Back leads to the page before, not through sheets that were there.
  await sheet(page).getByRole("link", { name: "Close" }).click();
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await page.goBack();
  await page.waitForURL(/\/accounts\//);
  await page.goForward();
  await page.waitForURL("**/dashboard");
  form = await openSheet(page);
  await form.getByRole("button", { name: "Discard it" }).click();
  await page.keyboard.press("Escape");
  form = await openSheet(page);
  assert.equal(await form.getByRole("button", { name: "Continue it" }).count(), 0);
  assert.equal(await amountOf(form).inputValue(), "");
});

test("without a connection the entry stays, and is saved once when it is back", TIME, async (t) => {
  const page = await withAccounts(t);
  page.offline = true;
  const form = await openSheet(page);
  await form.getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
  await amountOf(form).fill("512.25");
  await page.context().setOffline(true);
  await form.getByRole("button", { name: "Save balance" }).click();
  await form.getByText("No connection. Nothing saved yet; your entry is still here.").waitFor();
  assert.equal(await amountOf(form).inputValue(), "512.25");
  await hasFocus(form.getByRole("button", { name: "Try again" }));
  await form.getByRole("button", { name: "Try again" }).click();
  await form.getByRole("button", { name: "Try again" }).and(page.locator(":not([aria-busy])")).waitFor();
  await page.context().setOffline(false);
  await form.getByRole("button", { name: "Try again" }).click();
  await toast(page, "+€12.25 as winnings");
  await page.goto("/entries?kind=balance");
  assert.equal(await page.locator("tbody tr").count(), 1);
  // The sheet itself can be asked for once more.
  await page.context().setOffline(true);
  await page.locator("nav.bar .plus").click();
  await page.getByRole("heading", { name: "No connection" }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await amountOf(sheet(page)).waitFor();
  assert.equal(await amountOf(sheet(page)).inputValue(), "", "what was saved is no draft");
});

for (const scripts of [true, false]) {
  const how = scripts ? "with" : "without";
  test(`a session that ended loses no entry, ${how} scripts`, TIME, async (t) => {
    const page = await withAccounts(t, { scripts });
    const form = await openSheet(page);
    await form.getByRole("button", { name: "Deposit", exact: true }).click();
    await page.getByLabel(scripts ? "Put into" : "Put in").fill("123.45");
    await sheet(page).getByLabel("Note").fill("Reload");
    const session = (await page.context().cookies()).filter(({ name }) => name.endsWith("session"));
    assert.equal(session.length, 1);
    await page.context().clearCookies({ name: session[0].name });
    await sheet(page).getByRole("button", { name: "Save deposit" }).click();
    await page.getByText("You were signed out; nothing has been saved yet").waitFor();
    await logIn(page, page.email);
    await page.waitForURL(/\/entries\/new\?again=1$/);
    const back = page.url();
    if (scripts) {
      // It is a draft as well, for who goes elsewhere first.
      await page.goto("/accounts");
      await (await openSheet(page)).getByRole("button", { name: "Continue it" }).waitFor();
      await page.goto(back);
    }
    const again = page.locator("main form.sheet-inner");
    assert.equal(await again.locator("[name=amount]").inputValue(), "123.45");
    assert.equal(await again.getByLabel("Note").inputValue(), "Reload");
    await page.getByText("nothing has been saved yet").waitFor();
    await again.getByRole("button", { name: "Save deposit" }).click();
    await toast(page, "Deposit saved.");
    await page.waitForURL("**/dashboard");
    await page.goto("/entries?kind=deposit");
    assert.equal(await page.locator("tbody tr", { hasText: "123.45" }).count(), 1);
    const fresh = await openSheet(page);
    await amountOf(fresh).waitFor();
    assert.equal(await amountOf(fresh).inputValue(), "");
  });

  test(`another kind keeps what was typed, and a transfer its units, ${how} scripts`, TIME, async (t) => {
    const page = await withAccounts(t, { scripts });
    await openSheet(page);
    const form = sheet(page);
    const kind = (name) => form.getByRole("button", { name, exact: true }).click();
    await form.getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
    if (!scripts) {
      // Nothing follows the account, so nothing names another one's name or currency.
      const question = await form.locator(".big-amount").innerText();
      assert.doesNotMatch(question, /Riverhouse|Harbor|€|\$/);
    }
    await amountOf(form).fill("77.70");
    await form.getByLabel("Note").fill("A note");
    await kind("Transfer");
    await form.getByLabel("Amount sent").waitFor();
    assert.equal(await form.getByLabel("Amount sent").inputValue(), "77.70");
    await form.getByLabel("Fee").fill("1.5");
    await form.getByLabel("To", { exact: true }).selectOption({ label: "Riverhouse · EUR" });
    await form.getByLabel("Amount received").fill("60");
    if (scripts) {
      const units = () => form.locator("[data-unit]").allTextContents();
      assert.deepEqual(await units(), ["USD", "USD", "EUR"]);
      await form.getByLabel("From", { exact: true }).selectOption("Riverhouse · €500.00 EUR");
      assert.deepEqual(await units(), ["EUR", "EUR", "EUR"]);
      await form.getByLabel("From", { exact: true }).selectOption({ index: 1 });
      await form.locator("[data-says]").filter({ hasText: "Worth", visible: true }).waitFor();
    }
    await kind("Expense");
    await form.getByRole("button", { name: "Save expense" }).waitFor();
    assert.equal(await amountOf(form).inputValue(), "77.70");
    await kind("Transfer");
    await form.getByRole("button", { name: "Save transfer" }).waitFor();
    assert.equal(await form.getByLabel("Fee").inputValue(), "1.5");
    assert.equal(await form.getByLabel("Amount received").inputValue(), "60");
    assert.equal(await form.getByLabel("Note").inputValue(), "A note");
    await form.getByRole("button", { name: "Save transfer" }).click();
    await toast(page, "Transfer saved.");
  });

  test(`the account goes along with another kind, ${how} scripts`, TIME, async (t) => {
    const page = await withAccounts(t, { scripts });
    await openSheet(page);
    const form = sheet(page);
    const kind = async (name) => {
      await form.getByRole("button", { name, exact: true }).click();
      await form.getByRole("button", { name: `Save ${name.toLowerCase()}` }).waitFor();
    };
    const chosen = (label) => form.getByLabel(label, { exact: true }).locator("option:checked").textContent();
    await kind("Transfer");
    await form.getByLabel("From", { exact: true }).selectOption("Riverhouse · €500.00 EUR");
    await kind("Expense");
    assert.match(await chosen("Account"), /Riverhouse/);
    await form.getByLabel("Account", { exact: true }).selectOption("Harbor Bank · USD");
    await kind("Transfer");
    assert.match(await chosen("From"), /Harbor Bank/);
  });

  test(`saving leads back, says the result and goes on with the next account, ${how} scripts`, TIME, async (t) => {
    const page = await withAccounts(t, { scripts });
    await page.goto("/accounts");
    await openSheet(page);
    const form = () => sheet(page);
    await form().getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
    await amountOf(form()).fill("561.25");
    await form().getByRole("button", { name: "Save and next account" }).click();
    const said = scripts ? form().getByRole("status") : page.getByRole("status");
    await said.filter({ hasText: "+€61.25 as winnings" }).waitFor();
    await said.getByRole("link", { name: "Not winnings?" }).waitFor();
    if (scripts) {
      await form().getByLabel("Harbor Bank shows").waitFor();
      assert.equal(await amountOf(form()).inputValue(), "");
      assert.equal(await form().locator("[data-restored]").count(), 0, "what was saved is no draft");
      // The page behind it tells what was saved.
      await form().getByRole("link", { name: "Close" }).click();
      await page.locator("main").getByText("561.25").filter({ visible: true }).first().waitFor();
      await openSheet(page);
      await form().getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
    }
    assert.match(await form().getByLabel("Account").locator("option:checked").textContent(), /Harbor Bank/);
    await amountOf(form()).fill("890");
    await form().getByRole("button", { name: "Save balance" }).click();
    await toast(page, "−$10.00 as a loss");
    await page.waitForURL("**/accounts");
    assert.equal(await page.locator(".toast").filter({ visible: true }).count(), 1);
    await page.getByRole("status").getByRole("button", { name: "Undo" }).click();
    await toast(page, "Undone: balance of $890.00 on Harbor Bank.");
    await page.waitForURL("**/accounts");
    // What was counted as winnings can be said to be something else.
    await page.goto("/entries?kind=balance");
    await page.locator("main td a[href^='/entries/']").first().click();
    await page.getByRole("button", { name: "Deposit" }).click();
    await toast(page, "€61.25 now counts as a deposit.");
  });

  test(`a balance that jumps is asked about once, ${how} scripts`, TIME, async (t) => {
    const page = await withAccounts(t, { scripts });
    page.expected.add(422);
    await openSheet(page);
    await sheet(page).getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
    await amountOf(sheet(page)).fill("51225");
    await sheet(page).getByRole("button", { name: "Save balance" }).click();
    await sheet(page).getByText("51,225.00 EUR, was 500.00: +€50,725.00. Right?").waitFor();
    assert.equal(await amountOf(sheet(page)).inputValue(), "51225");
    await axe(page, "the question about a jump");
    await sheet(page).getByRole("button", { name: "Yes, save it" }).click();
    await toast(page, "+€50,725.00 as winnings");
  });
}

test("the toast does not lie over the field that is needed next", TIME, async (t) => {
  const page = await withAccounts(t);
  await page.goto("/accounts");
  await page.locator("main a", { hasText: "Riverhouse" }).first().click();
  const field = page.getByLabel("What's your balance on Riverhouse?");
  await field.fill("501");
  await page.getByRole("button", { name: "Update balance" }).click();
  await toast(page, "+€1.00 as winnings");
  for (const needed of [field, page.getByRole("button", { name: "Update balance" })]) {
    await needed.scrollIntoViewIfNeeded();
    const [box, over] = [await needed.boundingBox(), await page.locator(".toast").first().boundingBox()];
    const apart = box.y >= over.y + over.height || over.y >= box.y + box.height;
    assert.ok(apart, JSON.stringify({ box, over }));
  }
});

test("a form that was refused in the sheet keeps its ids apart from the page's", TIME, async (t) => {
  const page = await withAccounts(t);
  page.expected.add(422);
  await page.goto("/accounts");
  await page.locator("main a", { hasText: "Riverhouse" }).first().click();
  await page.getByLabel("What's your balance on Riverhouse?").waitFor();
  const form = await openSheet(page);
  await amountOf(form).fill("a lot");
  await form.getByRole("button", { name: "Save balance" }).click();
  await sheet(page).getByText("This is not an amount").waitFor();
  assert.deepEqual(await repeatedIds(page), []);
});

test("what an amount means is said of what is typed now, and of the day and the entry", TIME, async (t) => {
  const page = await withAccounts(t);
  let form = await openSheet(page);
  await form.getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
  const says = () => form.locator("[data-says]").filter({ visible: true });
  await amountOf(form).fill("510");
  await says().filter({ hasText: "+€10.00" }).waitFor();
  // The answer for what was typed first comes last.
  await page.route(/\/entries\/gap\?.*amount=520/, async (route) => {
    await new Promise((done) => setTimeout(done, 1_500));
    await route.continue().catch(() => {});
  });
  const late = page.waitForRequest(/amount=520/);
  await amountOf(form).fill("520");
  assert.equal(await form.locator("[data-says][data-outdated]").filter({ visible: true }).count(), 1);
  await late;
  await amountOf(form).fill("530");
  await says().filter({ hasText: "+€30.00" }).waitFor();
  await page.waitForTimeout(2_000);
  assert.match(await says().textContent(), /\+€30\.00/);
  // An entry that is edited is left out, and on an earlier day there was nothing yet.
  await form.getByRole("button", { name: "Save balance" }).click();
  await toast(page, "+€30.00 as winnings");
  await page.goto("/entries?kind=balance");
  await page.locator("main td a[href^='/entries/']").first().click();
  await page.waitForURL(/\/entries\/[0-9a-f-]{36}/);
  await page.waitForLoadState();
  // Something is said, too, of what is typed before the scripts are there.
  let arrive;
  const scripts = new Promise((done) => (arrive = done));
  await page.route(/\/static\/dist\/.*\.js/, async (route) => {
    await scripts;
    await route.continue();
  });
  await page.reload({ waitUntil: "commit" });
  form = page.locator("main form[data-entry]");
  await amountOf(form).fill("540");
  arrive();
  await says().filter({ hasText: "+€40.00" }).waitFor();
  await form.getByLabel("Date").fill("2020-01-01");
  await says().filter({ hasText: "the first entry of this account" }).waitFor();
});

test("the sign is offered where an account may owe, and goes with the account", TIME, async (t) => {
  const page = await withAccounts(t);
  const form = await openSheet(page);
  const negative = form.getByLabel("Below zero");
  await form.getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
  await negative.check();
  await form.getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
  await negative.waitFor({ state: "hidden" });
  await form.getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
  await negative.waitFor();
  assert.equal(await negative.isChecked(), false);
});

test("a draft comes back with its sign, and for nobody else", TIME, async (t) => {
  const page = await withAccounts(t);
  let form = await openSheet(page);
  await form.getByLabel("Account").selectOption({ label: "Harbor Bank · USD" });
  await amountOf(form).fill("600");
  await form.getByLabel("Below zero").check();
  await form.getByRole("button", { name: "Save balance" }).click();
  await toast(page, "as a loss");
  await page.goto("/entries?kind=balance");
  await page.locator("main td a[href^='/entries/']").first().click();
  // No draft is kept before the scripts are there.
  await page.waitForURL(/\/entries\/[0-9a-f-]{36}/);
  await page.waitForLoadState();
  form = page.locator("main form[data-entry]");
  await amountOf(form).fill("700");
  await form.getByLabel("Below zero").uncheck();
  await page.reload();
  await form.getByText("Your unsaved entry is back.").waitFor();
  assert.equal(await amountOf(form).inputValue(), "700");
  assert.equal(await form.getByLabel("Below zero").isChecked(), false, "the sign that the server knows is older");
  // The next at this browser begins anew, also if nobody logged out.
  const drafts = () =>
    page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith("draft:")).length);
  form = await openSheet(page);
  await amountOf(form).fill("1234");
  assert.equal(await drafts(), 2);
  await page.context().clearCookies();
  await register(page, "Kim");
  await addAccount(page, { kind: "Poker site", name: "Elsewhere", currency: "EUR", opening: "1" });
  form = await openSheet(page);
  assert.equal(await amountOf(form).inputValue(), "");
  assert.equal(await form.locator("[data-restored]").count(), 0);
  await amountOf(form).fill("2");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !window.history.state?.sheet);
  await signOut(page);
  assert.equal(await drafts(), 0, "who logs out leaves nothing behind");
});

test("a form that is not answered, or refused as a whole, keeps what was typed", TIME, async (t) => {
  const page = await withAccounts(t);
  page.expected.add(403).add(502);
  page.offline = true;
  const saves = (url) => url.pathname === "/entries/new";
  let answer;
  await page.route(saves, async (route) => {
    if (route.request().method() === "POST" && answer) await answer(route);
    else await route.continue();
  });
  const form = await openSheet(page);
  await form.getByLabel("Account").selectOption({ label: "Riverhouse · EUR" });
  await amountOf(form).fill("512.25");
  const save = form.locator("[data-submit]");
  // A gateway answers for the server.
  answer = (route) => route.fulfill({ status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" });
  await save.click();
  await form.getByText("We can't reach StakeEasy right now. Nothing saved yet; your entry is still here.").waitFor();
  assert.equal(await amountOf(form).inputValue(), "512.25");
  // Nobody answers at all.
  let arrived;
  const waiting = new Promise((done) => (arrived = done));
  answer = () => arrived();
  await form.evaluate((one) => one.setAttribute("hx-request", '{"timeout": 1000}'));
  await form.getByRole("button", { name: "Try again" }).click();
  await waiting;
  // What would be typed meanwhile would be lost with the form.
  assert.equal(await amountOf(form).evaluate((field) => field.readOnly), true);
  assert.equal(await form.getByLabel("Account").isDisabled(), true);
  await form.getByText("No connection. Nothing saved yet; your entry is still here.").waitFor();
  assert.equal(await amountOf(form).evaluate((field) => field.readOnly), false);
  assert.equal(await form.getByLabel("Account").isDisabled(), false);
  // Refused as a whole, it is on the page that says why, to be sent again.
  answer = null;
  await page.evaluate(() => {
    document.querySelector('meta[name="form-token"]').content = "of an older visit";
    for (const field of document.querySelectorAll("[name=form_token]")) field.value = "of an older visit";
  });
  await form.getByRole("button", { name: "Try again" }).click();
  await page.getByText("This form is from an older visit.").waitFor();
  await page.getByText("512.25").first().waitFor();
  await page.goto("/entries?kind=balance");
  assert.equal(await page.locator("tbody tr").count(), 0);
});
