// The program as it runs, with a directory and a database of its own, a stand-in for providers, and its people.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Secret, TOTP } from "otpauth";
import { forms, person, token } from "./pages.mjs";
import { send, textOf } from "./wire.mjs";
import { freePort } from "../free_port.mjs";

const root = resolve(fileURLToPath(import.meta.url), "../../..");
const program = resolve(root, process.env.STAKEEASY_PROGRAM ?? "target/release/stakeeasy");
const folder = mkdtempSync(join(tmpdir(), "stakeeasy-fuzz-"));
const data = join(folder, "data");
const PASSWORD = "four plain words here";
export const HOST = "fuzz.stakeeasy.invalid";
/** Longer than anything may take, on a busy machine too. */
export const PATIENCE = 40_000;

/** A provider that describes itself well, and is of no use beyond that. */
const provider = createServer((request, answer) => {
  const issuer = `http://127.0.0.1:${provider.address().port}`;
  const places = {
    issuer,
    authorization_endpoint: `${issuer}/a`,
    token_endpoint: `${issuer}/t`,
    jwks_uri: `${issuer}/k`,
  };
  const said = { "/k": { keys: [] }, "/t": { access_token: "a", token_type: "bearer", id_token: "a.b.c" } };
  answer.setHeader("content-type", "application/json");
  answer.end(JSON.stringify(said[request.url] ?? places));
}).listen(0, "127.0.0.1");
await once(provider, "listening");
const issuer = `http://127.0.0.1:${provider.address().port}`;

export const port = await freePort();
const settings = [`--listen=127.0.0.1:${port}`, `--data-dir=${data}`, "--demo", "--log=info", "--log-format=json"];
// As it stands behind a proxy, with nothing missing because it is not set up.
settings.push(`--public-url=https://${HOST}`, "--trusted-proxies=127.0.0.1", "--mails-per-hour=1000000");
for (const one of ["google", "facebook"])
  settings.push(`--${one}-client-id=fuzz`, `--${one}-client-secret=fuzz`, `--${one}-issuer-url=${issuer}`);
const program_ = spawn(program, ["serve", ...settings], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });

/** What the program has logged that it must not, and whether it has ended. */
export const log = { faults: [], ended: null };
const file = createWriteStream(join(folder, "log"));
let rest = "";
for (const stream of [program_.stdout, program_.stderr])
  stream.setEncoding("utf8").on("data", (text) => {
    file.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    log.faults.push(...lines.filter((line) => /"level":"ERROR"|panicked at|^FATAL/.test(line)));
  });
const exited = once(program_, "exit").then(([code, signal]) => {
  log.ended = signal ?? code;
});
await Promise.race([once(program_.stdout, "data"), exited]);
if (log.ended !== null) throw new Error(`the program did not start:\n${readFileSync(join(folder, "log"), "utf8")}`);

/** Memory in MiB: the most that the program ever had. */
export function memory() {
  const status = existsSync(`/proc/${program_.pid}/status`) ? readFileSync(`/proc/${program_.pid}/status`, "utf8") : "";
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** Runs a command of the program beside the site. */
export function command(...words) {
  return execFileSync(program, [...words, "--data-dir", data], { cwd: root, encoding: "utf8", stdio: "pipe" });
}

/** Ends everything; whether the program stopped as it should. */
export async function stop() {
  if (log.ended === null) program_.kill("SIGTERM");
  await exited;
  provider.close();
  rmSync(folder, { recursive: true, force: true });
  return log.ended === 0;
}

const seen = new Set();
const mails = [];

/** The path in the newest mail to an address, once it is there. */
async function linkTo(address) {
  const folder = join(data, "mail");
  const until = performance.now() + PATIENCE;
  while (performance.now() < until) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      if (seen.has(name)) continue;
      const text = readFileSync(join(folder, name), "utf8");
      // It is still being written.
      if (!text.endsWith("--\r\n")) continue;
      seen.add(name);
      mails.push(text.replaceAll("=\r\n", "").replaceAll("=3D", "="));
    }
    const mail = mails.findLast((text) => text.includes(`To: ${address}\r\n`));
    if (mail) return new RegExp(`https://${HOST}(/\\S+)`).exec(mail)[1];
    await new Promise((done) => setTimeout(done, 30));
  }
  throw new Error(`no mail has come to ${address}`);
}

let networks = 0;
/** An address that was not there for a while: limits by network are tried elsewhere. */
export const network = () => `198.${18 + ((networks >> 16) & 1)}.${(networks >> 8) & 255}.${networks++ & 255}`;

/** Somebody's browser. */
export class Browser {
  jar = new Map();

  /** Takes over the cookies of an answer, into the jar from which the request's were. */
  keep({ cookies = [] }, jar = this.jar) {
    for (const cookie of cookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (/max-age=0(;|$)/i.test(cookie) || !value) jar.delete(name);
      else jar.set(name, value);
    }
  }

  cookies() {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Asks as browsers do; fields make it a form. The answer, with its text in it. */
  async ask(path, fields) {
    const method = fields ? "POST" : "GET";
    const body = fields ? new URLSearchParams(fields).toString() : "";
    const head = [
      `${method} ${path} HTTP/1.1`,
      `host: ${HOST}`,
      `x-forwarded-for: ${network()}`,
      "sec-fetch-site: same-origin",
      "connection: close",
    ];
    if (this.jar.size) head.push(`cookie: ${this.cookies()}`);
    if (fields) head.push("content-type: application/x-www-form-urlencoded", `content-length: ${body.length}`);
    const answer = await send(port, { method, bytes: `${head.join("\r\n")}\r\n\r\n${body}` }, PATIENCE);
    if (answer.fault || answer.status >= 500) throw new Error(`${method} ${path}: ${answer.fault ?? answer.status}`);
    this.keep(answer);
    return { ...answer, text: textOf(answer) };
  }

  /** Fills in the form of a page that leads somewhere, and sends it. */
  async submit(page, action, changes) {
    const { text } = await this.ask(page);
    const form = forms(text, page).find((form) => form.action === action);
    if (!form) throw new Error(`${page} has no form for ${action}`);
    return this.ask(action, [...new Map([...form.fields, ...Object.entries(changes)])]);
  }
}

/** Somebody with an account, who is signed in again, or anew, when that is over. */
export class Person extends Browser {
  constructor({ isAdmin = false } = {}) {
    super();
    this.isAdmin = isAdmin;
    this.token = "";
    this.joined = 0;
  }

  /** Whether the session lives, is theirs, and can do all that it should. */
  async isIn() {
    const { status, text } = await this.ask(this.isAdmin ? "/admin" : "/settings/security");
    this.token = token(text);
    this.self ||= person(text);
    return status === 200 && person(text) === this.self;
  }

  /** Opens an account, and makes it an administrator's. */
  async join() {
    this.jar = new Map();
    this.joined += 1;
    this.self = "";
    this.email = `${crypto.randomUUID()}@${HOST}`;
    const asked = { name: "Robin", email: this.email, password: PASSWORD, home: "EUR" };
    await this.submit("/register", "/register", asked);
    const link = await linkTo(this.email);
    await this.ask(link);
    await this.submit("/register/open", "/register/open", {});
    await this.show();
    if (this.isAdmin) {
      command("admin", "grant", this.email);
      await this.logIn();
      const page = "/settings/security/totp";
      await this.submit(page, `${page}/start`, {});
      const { text } = await this.ask(page);
      const secret = Secret.fromBase32(/data-key>([^<]+)/.exec(text)[1].replaceAll(" ", ""));
      await this.submit(page, page, { code: new TOTP({ secret }).generate() });
    }
    if (!(await this.isIn())) throw new Error("somebody new is not signed in");
    await this.begin();
  }

  async logIn() {
    // The browser goes on being known as theirs.
    this.jar = new Map([...this.jar].filter(([name]) => name.endsWith("dev")));
    await this.ask("/login", { email: this.email, password: PASSWORD });
    await this.show();
  }

  /** Shows once more who they are, for what asks again after the login, unless nonsense has logged them out meanwhile. */
  async show() {
    const { text } = await this.ask("/sudo");
    const form = forms(text, "/sudo").find((form) => form.action === "/sudo");
    if (form) await this.ask("/sudo", [...new Map([...form.fields, ["password", PASSWORD]])]);
  }

  /** What pages are about: accounts, entries and goals. */
  async begin() {
    for (const kind of ["site", "bank"])
      await this.submit("/accounts/new", "/accounts/new", { kind, name: kind, currency: "EUR", opening: "100" });
    for (const kind of ["balance", "deposit", "expense"]) {
      const page = `/entries/new?kind=${kind}`;
      const { text } = await this.ask(page);
      const account = /<option value="([0-9a-f-]{36})"/.exec(text)[1];
      await this.submit(page, "/entries/new", { account, amount: "12.50", kind });
    }
    await this.submit("/goals/new", "/goals/new", { kind: "bankroll", target: "1000", due: "2030-01-01" });
  }

  /** Is signed in again if that is over, or somebody new. One at a time: many may notice it. */
  return() {
    this.returning ??= this.back().finally(() => {
      this.returning = null;
    });
    return this.returning;
  }

  async back() {
    if (await this.isIn()) return;
    if (!this.isAdmin) {
      await this.logIn();
      if (await this.isIn()) return;
    }
    await this.join();
  }
}
