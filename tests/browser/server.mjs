// Runs one server for all files of a test run: it starts the program, writes where it is, and stops it when the run
// has ended. Started by site.mjs as a process of its own, because node runs each test file in its own process.
import { spawn } from "node:child_process";
import { createWriteStream, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free_port.mjs";

const [folder, program, run] = process.argv.slice(2);
const LOOK_EVERY = 500;
// Settings of whoever runs the tests are no business of theirs.
const SETTINGS =
  /^(LISTEN|PUBLIC_URL|DATABASE_URL|DATABASE_POOL|DATA_DIR|MAIL_URL|MAIL_FROM|MAILS_PER_HOUR|SECRET_KEY_FILE|BACKUP_DIR|TRUSTED_PROXIES|RATES_FALLBACK_URL|(GOOGLE|FACEBOOK)_.*)$/;

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.test(name)));
// Nobody else is asked for rates.
env.RATES_URL = "";
const log = createWriteStream(join(folder, "log"));

const port = await freePort();
// By its name: browsers have passkeys only where the host has one.
const where = ["--listen", `127.0.0.1:${port}`, "--public-url", `http://localhost:${port}`];
const server = spawn(
  program,
  ["serve", "--demo", ...where, "--data-dir", join(folder, "data"), "--log-format", "json"],
  { env, stdio: ["ignore", "pipe", "pipe"] },
);

let said = "";
let told = false;

// Readers wait for the file's name, so it appears when it is complete.
function tell(state) {
  if (told) return;
  told = true;
  writeFileSync(join(folder, "state.new"), JSON.stringify(state));
  renameSync(join(folder, "state.new"), join(folder, "state"));
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function read(chunk) {
  log.write(chunk);
  said += chunk;
  const ready = /StakeEasy is ready at (http:\S+)/.exec(said);
  if (ready) tell({ origin: ready[1] });
}

server.stdout.setEncoding("utf8").on("data", read);
server.stderr.setEncoding("utf8").on("data", read);
server.on("error", (error) => tell({ error: `${program} cannot be run: ${error.message}` }));
let ended = false;
server.on("exit", (code) => {
  ended = true;
  tell({ error: `the program ended with code ${code} before it was ready:\n${said}` });
});

setInterval(() => {
  if (isRunning(run)) return;
  if (!ended && server.pid) return server.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}, LOOK_EVERY);
