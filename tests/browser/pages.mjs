// Every page there is, for the tests and pictures that look at each.

/** Pages for visitors. */
export const PUBLIC = [
  "/",
  "/about",
  "/help",
  "/formulas",
  "/privacy",
  "/terms",
  "/login",
  "/register",
  "/register/sent",
  "/password/forgot",
  "/password/forgot/sent",
  "/password/reset",
  "/confirm/link",
  "/register/open",
];

const KINDS = ["balance", "deposit", "withdrawal", "transfer", "bonus", "expense"];
const CHARTS = [
  "bankroll",
  "profit",
  "accounts",
  "accounts?style=bars",
  "accounts?style=lines",
  "distribution",
  "distribution?style=polar",
  "distribution?style=radar",
  "currencies",
  "flows",
  "attribution",
];

/** Pages of a signed-in user that need nothing to be there. */
export const OWN = [
  "/dashboard",
  "/accounts",
  "/accounts/new",
  "/accounts/check",
  "/accounts/order",
  "/entries",
  "/deposits",
  "/withdrawals",
  "/entries/history",
  ...KINDS.map((kind) => `/entries/new?kind=${kind}`),
  "/charts",
  ...CHARTS.map((name) => `/charts/${name}`),
  "/stakes/cash",
  "/stakes/cash?game_type=na&skill_level=na&risk_tolerance=na&game_environment=na",
  "/stakes/tournaments",
  "/goals",
  "/goals/new",
  "/tools",
  "/tools/bankroll-goals",
  "/tools/bankroll-goals?mode=time&bankroll=1000&target=5000&monthly=300",
  "/achievements",
  "/settings",
  "/settings/rates",
  "/settings/data",
  "/settings/security",
  "/settings/sessions",
  "/settings/activity",
  "/settings/notifications",
];

/** Those of them that say something else, or draw something else, while there is nothing. */
export const EMPTY = [
  "/dashboard",
  "/accounts",
  "/entries",
  "/deposits",
  "/entries/history",
  "/entries/new?kind=deposit",
  "/entries/new?kind=transfer",
  "/charts",
  "/charts/bankroll",
  "/charts/accounts?style=bars",
  "/charts/distribution",
  "/charts/currencies",
  "/charts/flows",
  "/charts/attribution",
  "/stakes/cash",
  "/stakes/tournaments",
  "/goals",
  "/achievements",
  "/settings/sessions",
];

/** Pages of an administrator. */
export const ADMIN = [
  "/admin",
  "/admin/users",
  "/admin/users?q=nobody+is+called+this",
  "/admin/rates",
  "/admin/rates?currency=ISK",
  "/admin/rates/correct?currency=USD&day=2026-10-30",
  "/admin/currencies",
  "/admin/stakes",
  "/admin/stakes?room=gg",
  "/admin/stakes/levels/new",
  "/admin/stakes/levels/1",
  "/admin/stakes/buy-ins/new?room=gg",
  "/admin/stakes/buy-ins/1",
  "/admin/jobs",
  "/admin/audit",
];

/** The same with what the demo user has: longer ranges, filters, and the pages of one account and one entry. */
export async function demoPages(page) {
  const first = async (list, selector) => {
    await page.goto(list);
    return page.locator(selector).first().getAttribute("href");
  };
  const account = await first("/accounts", 'main td a[href^="/accounts/"]');
  const balance = await first("/entries?kind=balance", 'main td b a[href^="/entries/"]');
  const transfer = await first("/entries?kind=transfer", 'main td b a[href^="/entries/"]');
  return [
    ...OWN,
    "/dashboard?range=all",
    "/entries?kind=expense&sort=largest",
    "/entries?q=nothing+says+this",
    "/entries?page=100",
    "/charts/flows?range=all",
    "/charts/accounts?range=all",
    account,
    `${account}/edit`,
    `${account}/delete`,
    balance,
    transfer,
  ];
}

/** A name for a page's pictures. */
export function fileName(path) {
  const plain = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "one")
    .replace(/[^a-z0-9]+/gi, "-")
    .replace(/^-|-$/g, "");
  return plain || "landing";
}
