// Where the site under test is: the first test file of a run starts it, the others use the same one.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../../..");
const program = resolve(
  root,
  process.env.STAKEEASY_PROGRAM ?? join(process.env.CARGO_TARGET_DIR ?? "target", "debug", "stakeeasy"),
);
// Under `node --test` each file is a child of the run; a file that is run alone is the run.
const run = process.env.NODE_TEST_CONTEXT ? process.ppid : process.pid;
const folder = join(tmpdir(), `stakeeasy-browser-${run}`);

function state() {
  const file = join(folder, "state");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
}

function start() {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === "EEXIST") return;
    throw error;
  }
  const script = fileURLToPath(new URL("server.mjs", import.meta.url));
  spawn(process.execPath, [script, folder, program, run], { cwd: root, detached: true, stdio: "ignore" }).unref();
}

async function ready() {
  start();
  const watcher = watch(folder);
  const known = new Promise((done) => {
    const look = () => state() && done(state());
    watcher.on("change", look);
    look();
  });
  const { origin, error } = await known;
  watcher.close();
  if (error) throw new Error(error);
  return origin;
}

export const origin = await ready();

/** The newest mail to an address, perhaps about something, once it is there. */
export async function mailTo(address, subject = "") {
  const mails = join(folder, "data", "mail");
  for (;;) {
    const files = existsSync(mails) ? readdirSync(mails).map((name) => join(mails, name)) : [];
    const found = files
      .map((file) => ({ text: readFileSync(file, "utf8"), at: statSync(file).mtimeMs }))
      .filter(({ text }) => text.includes(`To: ${address}\r\n`) && text.includes(`Subject: ${subject}`))
      .sort((one, other) => other.at - one.at);
    if (found.length) return found[0].text.replaceAll("=\r\n", "").replaceAll("=3D", "=");
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Runs a command of the program beside the server, such as `admin grant`. */
export function command(...words) {
  return execFileSync(program, [...words, "--data-dir", join(folder, "data")], { encoding: "utf8" });
}

/** What the server has logged so far. */
export function serverLog() {
  return readFileSync(join(folder, "log"), "utf8");
}
