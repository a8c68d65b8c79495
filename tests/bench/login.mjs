// Signing in, measured: does the time tell whether there is such a user, and what do others notice of a rush?
import { Agent, request } from "node:http";
import { cpus } from "node:os";
import { origin } from "../browser/site.mjs";

const PASSWORD = "measured on loopback";
/** Wrong tries per address: fewer than make an address wait. */
const TRIES = 5;
const ADDRESSES = 40;
const RUSH = 300;
/** Pages that the signed-in user opens before the rush and during it. */
const PAGES = 60;
/** What a rush may be answered with. */
const ALLOWED = [200, 303, 401, 422, 429, 503];
/** The most by which the medians may differ, and the slowest page that 95 of 100 may be. */
const SAME = 0.05;
const PATIENCE = 500;

/** Sends a request, and says how it was answered and after how many milliseconds. */
function send(agent, path, { form, cookie } = {}) {
  const body = form && new URLSearchParams(form).toString();
  const headers = { "sec-fetch-site": "same-origin" };
  if (cookie) headers.cookie = cookie;
  if (body) headers["content-type"] = "application/x-www-form-urlencoded";
  if (body) headers["content-length"] = Buffer.byteLength(body);
  const began = performance.now();
  return new Promise((done, fail) => {
    const sent = request(origin + path, { agent, method: body ? "POST" : "GET", headers }, (answer) => {
      answer.resume();
      answer.on("end", () =>
        done({ status: answer.statusCode, took: performance.now() - began, cookies: answer.headers["set-cookie"] }),
      );
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

const at = (times, share) => times.toSorted((one, other) => one - other)[Math.floor((times.length - 1) * share)];
const ms = (time) => `${time.toFixed(1)} ms`;
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

async function wrong(agent, email) {
  const { status, took } = await send(agent, "/login", { form: { email, password: "not the right words" } });
  if (status !== 422) throw new Error(`a wrong password was answered with ${status}`);
  return took;
}

async function compare(agent) {
  for (let i = 0; i < ADDRESSES; i++) {
    const form = { name: "Robin", email: `known${i}@stakeeasy.invalid`, password: PASSWORD, home: "EUR" };
    const { status } = await send(agent, "/register", { form });
    if (status !== 303) throw new Error(`registering was answered with ${status}`);
  }
  const known = [];
  const unknown = [];
  for (let i = 0; i < ADDRESSES * TRIES; i++) {
    const number = i % ADDRESSES;
    known.push(await wrong(agent, `known${number}@stakeeasy.invalid`));
    unknown.push(await wrong(agent, `nobody${number}@stakeeasy.invalid`));
  }
  return { known: at(known, 0.5), unknown: at(unknown, 0.5), pairs: known.length };
}

async function browse(agent, cookie, until) {
  const times = [];
  while (!until(times.length)) {
    const { status, took } = await send(agent, "/dashboard", { cookie });
    if (status !== 200) throw new Error(`the dashboard was answered with ${status}`);
    times.push(took);
    await new Promise((done) => setTimeout(done, 20));
  }
  return times;
}

async function rush(agent, cookie) {
  const quiet = await browse(agent, cookie, (seen) => seen >= PAGES);
  let left = RUSH;
  const counts = {};
  const crowd = new Agent({ keepAlive: false, maxSockets: RUSH });
  const tries = Array.from({ length: RUSH }, async (_, i) => {
    const form = { email: `crowd${i}@stakeeasy.invalid`, password: "not the right words" };
    const { status } = await send(crowd, "/login", { form });
    counts[status] = (counts[status] ?? 0) + 1;
    left -= 1;
  });
  const busy = await browse(agent, cookie, () => left === 0);
  await Promise.all(tries);
  return { quiet, busy, counts };
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const demo = await send(agent, "/login/demo", { form: { form_key: "" } });
const cookie = demo.cookies.map((line) => line.split(";")[0]).join("; ");

const { known, unknown, pairs } = await compare(agent);
const apart = Math.abs(known - unknown) / unknown;
const { quiet, busy, counts } = await rush(agent, cookie);
const strange = Object.keys(counts).filter((status) => !ALLOWED.includes(Number(status)));
const answers = Object.entries(counts).map(([status, count]) => `${count} x ${status}`);

console.log(`\nSigning in, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0].model.trim()}\n`);
row("What", "Measured", "Goal");
row("---", "---", "---");
row(`Wrong password, known address: median of ${pairs}`, ms(known), "");
row(`Wrong password, unknown address: median of ${pairs}`, ms(unknown), "");
row("The medians differ by", `${(apart * 100).toFixed(1)} %`, "at most 5 %");
row("Dashboard of a signed-in user, nobody else: p95", ms(at(quiet, 0.95)), "");
row(`The same while ${RUSH} people sign in at once: p95 of ${busy.length}`, ms(at(busy, 0.95)), `under ${PATIENCE} ms`);
row("How the rush was answered", answers.join(", "), ALLOWED.join(", "));
process.exit(apart <= SAME && at(busy, 0.95) < PATIENCE && !strange.length ? 0 : 1);
