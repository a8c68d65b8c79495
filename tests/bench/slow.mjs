// Slow clients, measured: what does somebody who is signed in notice of 2,000 connections that give or take a byte now
// and then, and how much memory do those take?
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free_port.mjs";

const CONNECTIONS = Number(process.env.SLOW_CONNECTIONS ?? 2000);
/** Networks that they come from, as the proxy says. */
const NETWORKS = 250;
/** Milliseconds from one byte to the next. */
const DRIP = 4000;
/** Milliseconds that each kind lasts once its connections are open. */
const WATCH = Number(process.env.SLOW_WATCH ?? 20_000);
/** Milliseconds from one page of the signed-in user to the next. */
const PAUSE = 50;
/** Milliseconds after which they give a page up. */
const PATIENCE = 10_000;
/** The slowest page that 95 of 100 may be. */
const GOAL = 100;

const program = process.env.STAKEEASY_PROGRAM ?? "target/release/stakeeasy";
const folder = mkdtempSync(join(tmpdir(), "stakeeasy-slow-"));
const wait = (time) => new Promise((done) => setTimeout(done, time));

const port = await freePort();
const settings = [`--listen=127.0.0.1:${port}`, `--data-dir=${join(folder, "data")}`, "--demo", "--log=error"];
// As it stands behind a proxy: this script is the proxy.
settings.push("--public-url=https://slow.stakeeasy.invalid", "--trusted-proxies=127.0.0.1");
const log = openSync(join(folder, "log"), "w");
const site = spawn(program, ["serve", ...settings], { stdio: ["ignore", "pipe", log] });
const from = (network) => `198.51.${network >> 8}.${network & 255}`;

/** Memory in MiB: what the program has now, and the most it had since it was last forgotten. */
function memory() {
  const status = readFileSync(`/proc/${site.pid}/status`, "utf8");
  const of = (name) => Math.round(Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024);
  return { now: of("VmRSS"), most: of("VmHWM") };
}

function forgetMost() {
  writeFileSync(`/proc/${site.pid}/clear_refs`, "5");
}

/** Seconds of a processor that the program, and this script, have taken so far. */
function worked() {
  // After the name, which may hold anything: user and system time are the 12th and 13th field, in hundredths.
  const fields = readFileSync(`/proc/${site.pid}/stat`, "utf8").split(") ")[1].split(" ");
  const { user, system } = process.cpuUsage();
  return { program: (Number(fields[11]) + Number(fields[12])) / 100, script: (user + system) / 1e6 };
}

/** One request of somebody from a network of their own, on a connection of its own as a stranger's browser has it. */
function send(path, { method = "GET", cookie, network = 9999, agent } = {}) {
  const headers = { "sec-fetch-site": "same-origin", "x-forwarded-for": from(network) };
  if (cookie) headers.cookie = cookie;
  const began = performance.now();
  return new Promise((done) => {
    const ended = (status, answer) =>
      done({ status, took: performance.now() - began, cookies: answer?.headers["set-cookie"] });
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent, timeout: PATIENCE }, (answer) => {
      answer.resume();
      answer.on("end", () => ended(answer.statusCode, answer));
      answer.on("error", (error) => ended(error.code));
    });
    sent.on("timeout", () => sent.destroy(new Error("gave up")));
    sent.on("error", (error) => ended(error.code ?? error.message));
    sent.end();
  });
}

const post = (path, type) => (network) =>
  `POST ${path} HTTP/1.1\r\nhost: slow.stakeeasy.invalid\r\nx-forwarded-for: ${from(network)}\r\n` +
  `sec-fetch-site: same-origin\r\ncontent-type: ${type}\r\ncontent-length: 9000\r\n\r\n`;
/** The largest file there is, so often that the system cannot keep it all for whoever reads nothing. */
let file = "";
const read = (header) => (network) =>
  `GET ${file} HTTP/1.1\r\nhost: slow.stakeeasy.invalid\r\nx-forwarded-for: ${from(network)}\r\n${header}\r\n`.repeat(
    100,
  );
/** What each kind sends at once, and whether it drips afterwards or takes nothing of the answer. */
const KINDS = [
  { name: "a slow head", head: () => "GET / HTTP/1.1\r\nhost: slow.stakeeasy.invalid\r\n", drip: "a: b\r\n" },
  { name: "a slow body, a report", head: post("/csp-report", "application/csp-report"), drip: "a" },
  { name: "a slow body, a form", head: post("/login", "application/x-www-form-urlencoded"), drip: "a" },
  { name: "a body that never comes", head: post("/csp-report", "application/csp-report") },
  { name: "a reader who takes nothing", head: read(""), deaf: true },
  { name: "the same, compressed", head: read("accept-encoding: br\r\n"), deaf: true },
];

/** Keeps a number of slow connections open: one that is ended is opened anew. */
function attack({ head, drip, deaf }) {
  const open = new Set();
  const counts = { opened: 0, ended: 0 };
  let on = true;
  const begin = (number) => {
    if (!on) return;
    counts.opened += 1;
    const socket = connect({ host: "127.0.0.1", port });
    open.add(socket);
    socket.on("connect", () => socket.write(head(number % NETWORKS)));
    if (deaf) socket.pause();
    else socket.resume();
    const dripping = drip && setInterval(() => socket.write(drip), DRIP);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(dripping);
      open.delete(socket);
      counts.ended += 1;
      // Whoever is refused at once comes back in a second.
      setTimeout(() => begin(number), 1000);
    });
  };
  for (let number = 0; number < CONNECTIONS; number++) begin(number);
  const stop = async () => {
    on = false;
    for (const socket of open) socket.destroy();
    while (open.size) await wait(50);
  };
  return { counts, stop };
}

/** Opens a page again and again for a while, each on a new connection. */
async function browse(cookie, time) {
  const times = [];
  const strange = {};
  const agent = new Agent({ keepAlive: false });
  const [began, before] = [performance.now(), worked()];
  const until = began + time;
  while (performance.now() < until) {
    const { status, took } = await send("/dashboard", { cookie, agent });
    times.push(took);
    if (status !== 200) strange[status] = (strange[status] ?? 0) + 1;
    await wait(PAUSE);
  }
  const [seconds, after] = [(performance.now() - began) / 1000, worked()];
  const share = (who) => `${Math.round(((after[who] - before[who]) / seconds) * 100)} %`;
  return { times, strange, load: `${share("program")}, ${share("script")}` };
}

const at = (times, share) => times.toSorted((one, other) => one - other)[Math.floor((times.length - 1) * share)];
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
let slowest = 0;

function report(name, { times, strange, load }, { counts }) {
  const p95 = at(times, 0.95);
  const failed = Object.entries(strange).map(([status, count]) => `${count} x ${status}`);
  slowest = failed.length ? Infinity : Math.max(slowest, p95);
  const { now, most } = memory();
  const figures = `${at(times, 0.5).toFixed(1)}, ${p95.toFixed(1)}, ${at(times, 1).toFixed(1)} ms`;
  const said = failed.join(", ") || "none";
  row(
    name,
    times.length,
    figures,
    said,
    counts ? `${counts.opened}, ${counts.ended}` : "",
    load,
    `${now}, ${most} MiB`,
  );
}

async function measure() {
  await Promise.race([
    once(site.stdout, "data"),
    once(site, "exit").then(() => {
      throw new Error(readFileSync(join(folder, "log"), "utf8"));
    }),
  ]);
  const files = readdirSync("static/dist").filter((name) => name.endsWith(".js"));
  const size = (name) => statSync(join("static/dist", name)).size;
  file = `/static/dist/${files.toSorted((one, other) => size(other) - size(one))[0]}`;
  const { cookies } = await send("/login/demo", { method: "POST" });
  const cookie = cookies.map((line) => line.split(";")[0]).join("; ");
  await browse(cookie, 2000);
  console.log(`${CONNECTIONS} connections, ${cpus().length} x ${cpus()[0].model.trim()}, ${program}\n`);
  const heads = [
    "Pages",
    "p50, p95, most",
    "Failed",
    "Opened, ended",
    "Of a processor: program, script",
    "Memory: now, most",
  ];
  row("Meanwhile", ...heads);
  row(...["Meanwhile", ...heads].map(() => "---"));
  report("nobody else", await browse(cookie, 5000), {});
  for (const kind of KINDS) {
    forgetMost();
    const slow = attack(kind);
    await wait(2000);
    const seen = await browse(cookie, WATCH);
    report(kind.name, seen, slow);
    await slow.stop();
    await wait(2000);
  }
}

try {
  await measure();
} finally {
  site.kill("SIGTERM");
  if (site.exitCode === null) await once(site, "exit");
  rmSync(folder, { recursive: true, force: true });
}
console.log(`\nThe slowest p95: ${slowest.toFixed(1)} ms, and the goal is ${GOAL} ms.`);
process.exit(slowest < GOAL ? 0 : 1);
