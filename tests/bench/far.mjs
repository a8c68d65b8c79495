// A database that is far away, measured: how long does somebody wait who saves a deposit, alone and together with many
// others, and how soon is told to come back who cannot be served?
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect, createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free_port.mjs";

/** Milliseconds to the database and back. */
const FAR = Number(process.env.FAR ?? 500);
const WRITERS = 40;
/** How often one writes alone, and how often all do at once. */
const ALONE = 12;
const ROUNDS = 3;
/** Milliseconds after which a writer gives up: longer than any request may take. */
const PATIENCE = 30_000;

const { STAKEEASY_PROGRAM: program, STAKEEASY_BENCH: bench } = process.env;
const { DATABASE_URL, PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;
const folder = mkdtempSync(join(tmpdir(), "stakeeasy-far-"));
const wait = (time) => new Promise((done) => setTimeout(done, time));

let delay = 0;

/** What takes half of the delay to be passed on, in the order in which it came. */
function pass(from, to) {
  from.on("data", (part) => (delay ? setTimeout(() => to.write(part), delay / 2) : to.write(part)));
  from.on("close", () => to.destroy());
  from.on("error", () => to.destroy());
}

/** A line to the database's socket. */
const line = createServer(async (near) => {
  near.setNoDelay(true);
  near.pause();
  // Connecting is a round trip, too.
  await wait(delay);
  const far = connect(join(PGHOST, `.s.PGSQL.${PGPORT}`));
  pass(near, far);
  pass(far, near);
  near.resume();
}).listen(0, "127.0.0.1");
await once(line, "listening");

const port = await freePort();
const far = `postgres://${PGUSER}@127.0.0.1:${line.address().port}/${PGDATABASE}?sslmode=disable`;
const settings = (database) => [`--data-dir=${join(folder, "data")}`, `--database-url=${database}`];
const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });

/** Sends a request, and says how it was answered and after how many milliseconds. */
function send(path, { form, cookie }) {
  const body = form && new URLSearchParams(form).toString();
  const headers = { "sec-fetch-site": "same-origin", cookie };
  if (body) headers["content-type"] = "application/x-www-form-urlencoded";
  if (body) headers["content-length"] = Buffer.byteLength(body);
  const began = performance.now();
  return new Promise((done) => {
    const options = { host: "127.0.0.1", port, path, agent, method: body ? "POST" : "GET", headers, timeout: PATIENCE };
    const sent = request(options, (answer) => {
      let html = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => (html += part));
      answer.on("end", () =>
        done({ status: answer.statusCode, took: performance.now() - began, html, to: answer.headers.location }),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error("gave up")));
    sent.on("error", (error) => done({ status: error.message, took: performance.now() - began }));
    sent.end(body);
  });
}

/** Somebody with an account, and the form with which they put money into it. */
async function writer(cookie) {
  const { html } = await send("/accounts/new", { cookie });
  const form_token = html.match(/name="form-token" content="([^"]+)"/)[1];
  const account = { form_token, kind: "site", name: "Stars", currency: "EUR", opening: "100", start: "now" };
  const { to } = await send("/accounts/new", { cookie, form: { ...account, form_key: randomUUID() } });
  const date = new Date().toISOString().slice(0, 10);
  return { cookie, form: { form_token, kind: "deposit", account: to.split("/").at(-1), amount: "5", date } };
}

/** Opens the form as a person does, so that what its page has made is kept. */
const open = ({ cookie }) => send("/entries/new?kind=deposit", { cookie });
const save = ({ cookie, form }) => send("/entries/new", { cookie, form: { ...form, form_key: randomUUID() } });

const at = (times, share) => times.toSorted((one, other) => one - other)[Math.floor((times.length - 1) * share)];
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);

function report(what, answers) {
  for (const status of [...new Set(answers.map((answer) => answer.status))].sort()) {
    const times = answers.filter((answer) => answer.status === status).map(({ took }) => took / 1000);
    const said = { 303: "saved", 503: "told to come back" }[status] ?? status;
    row(what, said, times.length, ...[0.5, 0.95, 1].map((share) => at(times, share).toFixed(2)));
  }
}

async function measure(site) {
  await Promise.race([
    once(site.stdout, "data"),
    once(site, "exit").then(() => {
      throw new Error(readFileSync(join(folder, "log"), "utf8"));
    }),
  ]);
  const cookies = execFileSync(bench, [...settings(DATABASE_URL), "writers", String(WRITERS)], { encoding: "utf8" })
    .trim()
    .split("\n");
  const writers = [];
  for (const cookie of cookies) writers.push(await writer(cookie));
  // Every connection knows every statement.
  for (let i = 0; i < 4; i++) {
    await Promise.all(writers.map(open));
    await Promise.all(writers.map(save));
  }
  console.log(`\n${FAR} ms to the database and back, ${cpus().length} x ${cpus()[0].model.trim()}, ${program}\n`);
  row("Who", "How it ended", "How often", "Median, s", "p95", "Worst");
  row("---", "---", "---", "---", "---", "---");
  const alone = [];
  for (let i = 0; i < ALONE; i++) {
    delay = 0;
    await open(writers[0]);
    delay = FAR;
    alone.push(await save(writers[0]));
    await wait(2 * FAR);
  }
  report("One", alone);
  const crowd = [];
  for (let i = 0; i < ROUNDS; i++) {
    delay = 0;
    await Promise.all(writers.map(open));
    delay = FAR;
    crowd.push(...(await Promise.all(writers.map(save))));
    await wait(6 * FAR);
  }
  report(`${WRITERS} at once`, crowd);
}

const log = openSync(join(folder, "log"), "w");
execFileSync(program, ["migrate", ...settings(DATABASE_URL)], { stdio: ["ignore", log, log] });
const site = spawn(program, ["serve", `--listen=127.0.0.1:${port}`, "--log=error", ...settings(far)], {
  stdio: ["ignore", "pipe", log],
});
try {
  await measure(site);
} finally {
  delay = 0;
  site.kill("SIGTERM");
  if (site.exitCode === null) await once(site, "exit");
  rmSync(folder, { recursive: true, force: true });
  agent.destroy();
  line.close();
}
