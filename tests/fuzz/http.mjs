// Throws bounded nonsense at every route of a running site, and says what came of it. Node runs it: scripts/fuzz-http.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { anyPath, body, chance, headers, inPath, method, nonsense } from "./nonsense.mjs";
import { forms, links } from "./pages.mjs";
import { Browser, PATIENCE, Person, command, log, memory, port, stop } from "./site.mjs";
import { send } from "./wire.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
const REQUESTS = Number(positionals[0] ?? 20_000);
const SEED = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!Number.isInteger(REQUESTS) || !Number.isInteger(SEED))
  throw new Error("the number and the seed are whole numbers");
/** At once: what only goes wrong when others write, too, is found. */
const AT_ONCE = 4;
/** Requests from one look at all pages to the next: what was there is deleted meanwhile. */
const LOOK_EVERY = 1000;
/** Of what a path names. */
const MOST_OF_A_KIND = 6;

/** Every route with its methods: the table that a test compares with the router. */
const routes = new Map([
  ["/static/{file}", new Set(["GET"])],
  ["/static/dist/{file}", new Set(["GET"])],
]);
for (const line of readFileSync(new URL("../it/matrix.txt", import.meta.url), "utf8").split("\n")) {
  const [, method, path] = /^([A-Z]+)\s+(\/\S*)/.exec(line) ?? [];
  if (path) routes.set(path, (routes.get(path) ?? new Set()).add(method));
}
const paths = [...routes.keys()];
const writes = paths.filter((path) => routes.get(path).has("POST"));
const shape = (path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
const shapes = new Map(paths.map((path) => [path, shape(path)]));
/** The route of a place: one that is spelled out comes before one with a part that varies. */
const routeOf = (place) => (routes.has(place) ? place : paths.find((path) => shapes.get(path).test(place)));

const people = { user: new Person(), other: new Person(), administrator: new Person({ isAdmin: true }) };
const visitor = new Browser();
/** What each of them has seen: places by route, queries by route, fields by route. */
const known = { places: new Map(), queries: new Map(), fields: new Map() };
const names = new Set(["next", "version", "page", "q", "from", "to", "kind", "account", "currency"]);

function learn(who, html, path) {
  const at = (map, key) => map.get(key) ?? map.set(key, new Map()).get(key);
  for (const link of links(html)) {
    const [place, query] = link.split("?");
    const route = routeOf(place);
    if (!route) continue;
    if (route.includes("{")) {
      const places = at(known.places, route);
      places.delete(place);
      places.set(place, who);
      for (const of of ["user", "other", "administrator"]) {
        const mine = [...places].filter(([, whose]) => whose === of);
        for (const [old] of mine.slice(0, -MOST_OF_A_KIND)) places.delete(old);
      }
    }
    for (const [name] of new URLSearchParams(query ?? "")) at(known.queries, route).set(name, true);
  }
  for (const { action, fields } of forms(html, path)) {
    const route = routeOf(action.split("?")[0]);
    if (!route) continue;
    known.fields.set(route, fields);
    for (const [name] of fields) names.add(name);
  }
}

/** Opens every page that there is for everybody, and those of what their pages lead to. */
async function look() {
  const lookAs = async ([who, person]) => {
    if (person.return) await person.return();
    const own = [...known.places].flatMap(([route, places]) => {
      const mine = [...places].filter(([, whose]) => whose === who).map(([place]) => place);
      return routes.get(route).has("GET") ? mine.slice(-1) : [];
    });
    for (const path of [...paths.filter((path) => !path.includes("{")), ...own]) {
      // Files of everything are few an hour, and no pages.
      if (!routes.get(routeOf(path)).has("GET") || /export|\.csv$/.test(path)) continue;
      const { status, text } = await person.ask(path);
      lookedAt += 1;
      if (status === 200) learn(who, text, path);
    }
  };
  await Promise.all([["visitor", visitor], ...Object.entries(people)].map(lookAs));
}

/** A path of a route, with something in each part that varies: own, others', or nonsense. */
function filled(luck, route) {
  const places = [...(known.places.get(route)?.keys() ?? [])];
  if (places.length && luck.maybe(0.75)) return luck.one(places);
  const ids = [...known.places.values()].flatMap((all) => [...all.keys()]).flatMap((place) => place.split("/"));
  return route.replaceAll(/\{\w+\}/g, () => (ids.length && luck.maybe(0.4) ? luck.one(ids) : inPath(luck)) || "x");
}

function query(luck, route) {
  const likely = [...(known.queries.get(route)?.keys() ?? []), ...names];
  const parts = Array.from({ length: luck.below(4) }, () => {
    const name = luck.maybe(0.9) ? luck.one(likely) : inPath(luck);
    return `${name}=${luck.maybe(0.5) ? inPath(luck) : luck.one(["1", "2", "EUR", "2026-11-01", "profit", "/entries"])}`;
  });
  return parts.length ? `?${parts.join("&")}` : "";
}

/** The request of a number, as far as it does not depend on what has become of those before it. */
function request(number) {
  const luck = chance(SEED * 7919 + number);
  // One at every route, and one at a form.
  const turn = number >> 1;
  const route = number % 2 ? writes[turn % writes.length] : paths[turn % paths.length];
  const own = number % 2 ? ["POST"] : [...routes.get(route)];
  const who = luck.weighed([
    [2, "visitor"],
    [5, "user"],
    [1, "other"],
    [/admin/.test(route) ? 12 : 3, "administrator"],
  ]);
  const person = people[who] ?? (luck.maybe(0.5) ? visitor : new Browser());
  const verb = luck.maybe(0.85) ? luck.one(own) : method(luck);
  let path = filled(luck, route);
  path = luck.maybe(0.04) ? anyPath(luck, path) : path + query(luck, route);
  const head = headers(luck, person.cookies());
  let sent = { headers: [], bytes: Buffer.alloc(0) };
  if (verb !== "GET" || luck.maybe(0.05)) {
    const unknown = Array.from({ length: 5 }, () => [luck.one([...names]), ""]);
    sent = body(luck, known.fields.get(route) ?? unknown, person.token ?? nonsense(luck));
  }
  const version = luck.maybe(0.01) ? luck.one(["HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "http/1.1", ""]) : "HTTP/1.1";
  const lines = [`${verb} ${path} ${version}`, ...head.lines, ...sent.headers];
  return {
    who,
    person,
    jar: person.jar,
    route,
    method: verb,
    bytes: Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), sent.bytes]),
    stops: sent.stops,
    isWrong: head.isWrong || sent.isWrong || version !== "HTTP/1.1" || !/^[A-Z]+$/.test(verb),
  };
}

const counts = { statuses: {}, busy: 0, unanswered: 0, saved: 0 };
const faults = [];
let lookedAt = 0;

async function throwOne(number) {
  // Whoever is about to be signed in is not disturbed.
  await Promise.all(Object.values(people).map((person) => person.returning));
  const thrown = request(number);
  const answer = await send(port, thrown, PATIENCE);
  const { status, fault } = answer;
  const told = (why) => faults.push({ number, why, thrown, id: answer.headers?.["x-request-id"] });
  if (fault) {
    counts.unanswered += 1;
    // Whoever sends no request need not be told anything; but nobody is left waiting.
    if (!thrown.isWrong || fault === "not answered in time") told(fault);
    return;
  }
  counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
  if (status === 503 && answer.headers["retry-after"]) counts.busy += 1;
  else if (status >= 500) told(status);
  const to = answer.headers.location ?? "";
  if (status === 303 && thrown.method === "POST" && !/^\/(login|sudo)/.test(to)) counts.saved += 1;
  thrown.person.keep(answer, thrown.jar);
  if (thrown.who === "visitor") return;
  // A session may have ended, have become another's, or have another token in its forms.
  const isOther = answer.cookies.some((cookie) => cookie.startsWith("__Host-session="));
  if (isOther || /^\/(login|settings\/security\/totp)/.test(to)) await thrown.person.return();
}

function shown({ number, why, thrown, id }) {
  const text = JSON.stringify(thrown.bytes.toString("latin1"));
  const cut = text.length > 3000 ? `${text.slice(0, 3000)}... (${thrown.bytes.length} bytes)` : text;
  return `Request ${number} by ${thrown.who}, ${thrown.method} ${thrown.route}: ${why} (${id ?? "no id"})\n  ${cut}`;
}

async function run() {
  await Promise.all(Object.values(people).map((person) => person.join()));
  for (let number = 0; number < REQUESTS && log.ended === null;) {
    await look();
    const until = Math.min(REQUESTS, number + LOOK_EVERY);
    const lane = async () => {
      while (number < until && log.ended === null) await throwOne(number++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }
}

console.log(`${REQUESTS} requests over ${paths.length} routes, seed ${SEED}`);
const began = performance.now();
let problem = "";
try {
  await run();
  await look();
} catch (error) {
  problem = `The run stopped: ${error.stack}`;
}
let doctor = "";
try {
  command("doctor");
} catch (error) {
  doctor = error.stdout ?? String(error);
}
const most = memory();
const endedEarly = log.ended;
const stopped = await stop();

const statuses = Object.entries(counts.statuses).map(([status, count]) => `${count} x ${status}`);
const seconds = Math.round((performance.now() - began) / 1000);
console.log(`${seconds} s, ${most} MiB at most, ${lookedAt} pages opened to see what there is`);
console.log(`Answers: ${statuses.join(", ")}`);
console.log(
  `Forms that were taken: ${counts.saved}. Told to come back (503): ${counts.busy}. No answer to what is no request: ${counts.unanswered}`,
);
console.log(`People who had to begin anew: ${Object.values(people).reduce((sum, { joined }) => sum + joined - 1, 0)}`);
for (const fault of faults.slice(0, 10)) console.log(shown(fault));
for (const line of log.faults.slice(0, 10)) console.log(`In the log: ${line}`);
if (doctor) console.log(`The doctor finds:\n${doctor}`);
if (endedEarly !== null) console.log(`The program ended: ${endedEarly}`);
if (problem) console.log(problem);
const isWell = !faults.length && !log.faults.length && !doctor && !problem && stopped;
console.log(
  isWell
    ? "Nothing was found."
    : `Found: ${faults.length} answers, ${log.faults.length} lines. Again: scripts/fuzz-http --seed ${SEED} ${REQUESTS}`,
);
process.exit(isWell ? 0 : 1);
