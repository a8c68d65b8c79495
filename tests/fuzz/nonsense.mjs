// What nobody should send, by a seed: the same seed sends the same.
import { HOST, network } from "./site.mjs";

const MANY = "9".repeat(400);
const DEEP = 20_000;
/** What stands in a field, a path, a query or a header that something else should stand in, by kinds. */
const TEXTS = [
  ["", " ", "0", "-0", "-1", "+1", "1.", ".5", "1,5", "1.234,56", "1'234.5", "0x10", "1e5", "1e309", "NaN", "Infinity"],
  ["2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775809", MANY, `-${MANY}`],
  [`0.${MANY}`, `${MANY}.${MANY}`, "100000000000", "99999999999999999999.99999999", "0.000000001", "1_000"],
  [
    "١٢٣",
    "１２．５",
    "१२",
    "½",
    "²",
    "𝟙𝟚",
    "−5",
    "1\u00a0000",
    "\u200b5",
    "\u202e05",
    "‮cod.exe",
    "\u2066a\u2069\u2069",
  ],
  [
    "\0",
    "a\0b",
    "a\r\nset-cookie: session=1\r\n\r\nb",
    "\ufeff",
    "\ufffe",
    "e\u0301".repeat(300),
    "👩‍👩‍👧‍👦".repeat(40),
    "ﷺ".repeat(500),
  ],
  [
    "2026-02-30",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-4713-11-24",
    "262143-01-01",
    "2026-11-28T25:61",
    "28.11.2026",
  ],
  [
    "<script>alert(1)</script>",
    "'; drop table users; --",
    "{{7*7}}",
    "${7*7}",
    "%s%n",
    "../../../../etc/passwd",
    "=1+1",
    "javascript:1",
  ],
  [
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "/%2f/evil.example",
    "/entries/new?next=/entries/new?next=/",
  ],
  ["true", "on", "null", "undefined", "[]", "{}", "[".repeat(DEEP), '{"a":'.repeat(DEEP / 4), "(".repeat(500)],
  [
    "EUR",
    "BTC",
    "XXX",
    "eur",
    "€",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "google",
  ],
  [
    "UTC",
    "Pacific/Apia",
    "Mars/Olympus",
    "robin@example.org",
    "a@b",
    `${"a".repeat(300)}@x.invalid`,
    "Robin <a@b.invalid>, c@d",
  ],
  ["x".repeat(255), "x".repeat(4000), "x".repeat(60_000), "ä".repeat(30_000), "\ud800"],
];
/** Bytes that are no text. */
const BYTES = ["ff", "fe", "c080", "e28082ff", "eda080", "f4908080", "80".repeat(100), "00ff00"].map((hex) =>
  Buffer.from(hex, "hex"),
);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "NONSENSE"];
const FORM = "application/x-www-form-urlencoded";
const TYPES = [
  "",
  "text/plain",
  "application/json",
  `${FORM}; charset=utf-16`,
  "multipart/form-data",
  "multipart/form-data; boundary=",
  `multipart/form-data; boundary=${"b".repeat(300)}`,
  "application/csp-report",
  "application/reports+json",
  "application/octet-stream",
  `${FORM}, application/json`,
  "a/b/c; ;;=",
  "\xff\xfe",
];

/** Numbers by a seed (mulberry32), and choices by them. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count) => Math.floor(next() * count);
  const one = (list) => list[below(list.length)];
  /** One of `[weight, choice]`. */
  const weighed = (list) => {
    let left = next() * list.reduce((sum, [weight]) => sum + weight, 0);
    return list.find(([weight]) => (left -= weight) < 0)[1];
  };
  return { below, one, weighed, maybe: (share) => next() < share };
}

export const nonsense = (luck) => luck.one(luck.one([BYTES, ...TEXTS]));
export const method = (luck) => luck.one(METHODS);

const percent = (value) =>
  Array.from(Buffer.from(value), (byte) =>
    /[\w.~-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, "0")}`,
  ).join("");
const plainly = (value) => Buffer.from(value).toString("latin1");
const encoded = (fields) => fields.map(([name, value]) => `${percent(name)}=${percent(value)}`).join("&");

/** Of a path or a query: short enough for one, now and then too long. */
export function inPath(luck) {
  const value = Buffer.from(nonsense(luck));
  return percent(luck.maybe(0.05) ? value : value.subarray(0, 200));
}

/** Something that a field of this name may well hold, so that what comes after it is reached. */
function likely(luck, name, value) {
  if (/amount|sent|received|opening|target|price|blind|buy_in|put_in|fee/.test(name))
    return luck.one(["5", "12.50", "1000", "0.01"]);
  if (/email/.test(name)) return `${luck.below(1e9)}@${HOST}`;
  if (/password/.test(name)) return "four plain words here";
  if (/date|since|due|day/.test(name)) return luck.one([value || "2030-01-01", "2026-11-01", "2024-02-29"]);
  return value || luck.one(["Robin", "EUR", "5", "on", "site", ""]);
}

/** Fields of a form, with something wrong with them; seldom with nothing. */
function spoiled(luck, fields) {
  const own = fields.filter(([name]) => name !== "form_token" && name !== "form_key");
  let all = own.map(([name, value]) => [name, luck.maybe(0.85) ? likely(luck, name, value) : value]);
  const at = () => luck.below(all.length);
  // A form says at once all that is wrong with it: many faults are found together, and one alone gets furthest.
  const half = Math.ceil(all.length / 2);
  const faults = luck.weighed([
    [2, 0],
    [4, 1],
    [2, 2],
    [4, half],
  ]);
  for (let left = faults; left > 0 && all.length; left--) {
    const [name] = all[at()];
    luck.weighed([
      [10, () => (all[at()][1] = nonsense(luck))],
      [2, () => (all = all.filter(([other]) => other !== name))],
      [2, () => all.push([name, nonsense(luck)])],
      [1, () => all.push([nonsense(luck), nonsense(luck)])],
      [1, () => all.push([`${name}[a][b]`, "1"], [`${name}[]`, "2"])],
      [0.2, () => (all = Array.from({ length: 1500 }, (_, index) => [`${name}${luck.maybe(0.5) ? index : ""}`, "1"]))],
    ])();
  }
  return all;
}

/** What every form of ours carries: right, seldom wrong or missing. */
function carried(luck, rest, token) {
  const right = luck.weighed([
    [18, token],
    [1, nonsense(luck)],
    [1, null],
  ]);
  const key = luck.weighed([
    [18, crypto.randomUUID()],
    [1, nonsense(luck)],
    [1, null],
  ]);
  return [["form_token", right], ["form_key", key], ...rest].filter(([, value]) => value !== null);
}

function multipart(luck, fields) {
  const head = (name, file) => `--xx\r\nContent-Disposition: form-data; name="${plainly(name)}"${file}\r\n\r\n`;
  const parts = fields.map(
    ([name, value]) => `${head(name, luck.maybe(0.1) ? '; filename="a.json"' : "")}${plainly(value)}\r\n`,
  );
  const file = luck.one([
    "",
    "{}",
    '{"format":"stakeeasy","version":1}',
    "[".repeat(DEEP),
    "PK\x03\x04",
    "\0".repeat(50_000),
    "a,b\r\n1,2",
  ]);
  parts.push(`${head("file", '; filename="../a\x00.json"')}${file}\r\n--xx--\r\n`);
  const whole = Buffer.from(parts.join(""), "latin1");
  return luck.maybe(0.5) ? whole : whole.subarray(0, luck.below(whole.length));
}

function json(luck, fields) {
  const whole = JSON.stringify(
    Object.fromEntries(fields.map(([name, value]) => [plainly(name), luck.maybe(0.3) ? [value] : plainly(value)])),
  );
  return luck.one([
    whole,
    whole.slice(0, luck.below(whole.length)),
    "[".repeat(DEEP),
    '{"a":'.repeat(DEEP / 4),
    "1e999999",
    '"\\ud800"',
    "",
  ]);
}

function inChunks(luck, bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + 1 + luck.below(3000));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n"));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
}

/**
 * The body of a request, with the headers that go with it. `stops`: less comes than was said; `isWrong`: whoever reads
 * it may end the connection.
 */
export function body(luck, fields, token) {
  const all = carried(luck, spoiled(luck, fields), token);
  const form = Buffer.from(encoded(all));
  const [type, bytes] = luck.weighed([
    [70, () => [FORM, form]],
    [6, () => [luck.one(TYPES), form]],
    [8, () => ["multipart/form-data; boundary=xx", multipart(luck, all)]],
    [6, () => [luck.one(["application/json", "application/csp-report", FORM]), Buffer.from(json(luck, all))]],
    [
      3,
      () => [FORM, Buffer.from(all.map(([name, value]) => `${plainly(name)}=${plainly(value)}`).join("&"), "latin1")],
    ],
    [3, () => [FORM, Buffer.from(luck.one(["&&&&", "====", "%", "%zz=%1", "a".repeat(200_000), "&".repeat(60_000)]))]],
    [4, () => [luck.one(TYPES), Buffer.alloc(0)]],
  ])();
  const headers = type ? [`content-type: ${type}`] : [];
  const length = (value) => [...headers, `content-length: ${value}`];
  const short = bytes.subarray(0, luck.below(bytes.length + 1));
  return luck.weighed([
    [160, { headers: length(bytes.length), bytes }],
    [16, { headers: [...headers, "transfer-encoding: chunked"], bytes: inChunks(luck, bytes) }],
    [6, { headers: length(bytes.length + 1 + luck.below(1e6)), bytes, stops: true, isWrong: true }],
    [4, { headers: length(short.length), bytes, isWrong: true }],
    [4, { headers: length(luck.one(["-1", "x", MANY, "1, 2", "+5", "0x5", ""])), bytes, stops: true, isWrong: true }],
    [2, { headers: [...length(bytes.length), "transfer-encoding: chunked"], bytes, stops: true, isWrong: true }],
    [
      4,
      {
        headers: [...headers, "transfer-encoding: chunked"],
        bytes: luck.one([
          short,
          Buffer.from("fffffffffffffffff\r\na"),
          Buffer.from("5\r\nab"),
          Buffer.from("-1\r\n\r\n"),
        ]),
        stops: true,
        isWrong: true,
      },
    ],
    // Whoever does not come is waited for: seconds each time.
    [0.3, { headers: length(bytes.length + 10), bytes, isWrong: true }],
  ]);
}

const MADE_UP = ["accept", "accept-encoding", "accept-language", "cookie", "referer", "origin", "user-agent", "range"];
MADE_UP.push(
  "if-none-match",
  "if-modified-since",
  "x-request-id",
  "content-encoding",
  "hx-request",
  "hx-target",
  "x-sheet",
);
MADE_UP.push(
  "x-forwarded-for",
  "forwarded",
  "host",
  "sec-fetch-site",
  "authorization",
  "idempotency-key",
  "x-http-method-override",
);

/** Headers that a browser sends, seldom with something wrong. `isWrong`: such that nothing need be answered. */
export function headers(luck, cookies) {
  const all = new Map([
    ["host", HOST],
    ["x-forwarded-for", network()],
    ["sec-fetch-site", "same-origin"],
  ]);
  if (cookies) all.set("cookie", cookies);
  let isWrong = false;
  const extra = [];
  const clean = (value) =>
    plainly(value)
      .replaceAll(/[\0\r\n]/g, " ")
      .slice(0, 20_000);
  if (luck.maybe(0.25))
    for (let left = 1 + luck.below(3); left > 0; left--)
      luck.weighed([
        [10, () => all.set(luck.one(MADE_UP), clean(nonsense(luck)))],
        [2, () => all.set("sec-fetch-site", luck.one(["cross-site", "same-site", "none", ""]))],
        [2, () => all.set("origin", luck.one(["null", `https://${HOST}`, "https://evil.example", "://"]))],
        [
          2,
          () =>
            all.set(
              "x-forwarded-for",
              luck.one(["", ",,,", "::1", "127.0.0.1", "[::ffff:1.2.3.4]:5", "unknown, 1.2.3.4", `${MANY},1.2.3.4`]),
            ),
        ],
        [
          2,
          () =>
            all.set(
              "cookie",
              `${cookies}; ${luck.one(["__Host-link=x", "__Host-flash={", "__Host-kept=a", "=;=;==", "__Host-session=", `a=${"b".repeat(9000)}`])}`,
            ),
        ],
        [2, () => all.set("hx-request", "true") && all.set("x-sheet", "1")],
        [1, () => all.set("range", luck.one(["bytes=0-", "bytes=5-2", "bytes=-1", "bytes=0-0,0-0,0-0", "x"]))],
        [1, () => all.set("accept-encoding", luck.one(["br;q=x", "gzip, br, zstd", "*;q=0", "identity;q=0"]))],
        [1, () => ((isWrong = true), all.delete("host"))],
        [
          1,
          () => (
            (isWrong = true),
            extra.push(
              luck.one([
                `host: other`,
                "no colon",
                " folded: a",
                "a b: c",
                ": empty",
                `x: ${"y".repeat(40_000)}`,
                "x: a\0b",
                "expect: 100-continue",
                "upgrade: h2c",
              ]),
            )
          ),
        ],
        [1, () => ((isWrong = true), extra.push(...Array.from({ length: 120 }, (_, index) => `x-${index}: 1`)))],
      ])();
  const lines = [...all].map(([name, value]) => `${name}: ${value}`);
  return { lines: [...lines, ...extra, "connection: close"], isWrong };
}

/** A path that is none of ours, or not spelled as ours are. */
export function anyPath(luck, path) {
  return luck.one([
    `/${inPath(luck)}`,
    `${path}/`,
    `/${path}`,
    `${path}/${inPath(luck)}`,
    path.toUpperCase(),
    `/static/${inPath(luck)}`,
    "/static/../Cargo.toml",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/dist/.vite/manifest.json",
    "/static/dist/a\\..\\b",
    path.replace("/", "/%2f"),
    `${path};a=b`,
    `${path}%00`,
    `${path}?${"a=b&".repeat(1000)}`,
    `${path}?${"x".repeat(9000)}`,
  ]);
}
