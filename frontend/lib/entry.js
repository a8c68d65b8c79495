// The form of an entry. Nothing that can be typed in is ever exchanged: with another kind or account only labels,
// symbols and what is said below the amount change, from what the form itself knows.
import { all, onContent } from "./content.js";

/** Between two digits somebody is still typing. */
const PAUSE = 250;
/** What the form carries for itself. */
const OWN = ["form_token", "form_key", "form_page"];

/** What is asked of each form, and not answered yet. */
const waiting = new WeakMap();
const named = (form, name) => form.elements.namedItem(name);
const says = (form) => [...form.querySelectorAll("[data-says]")].find((one) => !one.closest("[hidden]"));

/** What is said is of what was typed before, until the answer for what is typed now is there. */
function outdated(form) {
  const { timer, request } = waiting.get(form) ?? {};
  clearTimeout(timer);
  request?.abort();
  const place = says(form);
  if (place) place.dataset.outdated = "";
}

/** Asks the server what the form would mean, and says it below the amount. */
async function ask(form) {
  outdated(form);
  const place = says(form);
  const request = new AbortController();
  waiting.set(form, { request });
  const typed = new URLSearchParams([...new FormData(form)].filter(([name]) => !OWN.includes(name)));
  if (form.dataset.entry) typed.set("entry", form.dataset.entry);
  try {
    const answer = await fetch(`/entries/gap?${typed}`, { headers: { "HX-Request": "true" }, signal: request.signal });
    if (!answer.ok || answer.redirected) throw new Error(`answer ${answer.status}`);
    place.innerHTML = await answer.text();
    delete place.dataset.outdated;
  } catch {
    // It is a help: the form says what is wrong when it is sent. What was said before is not true any more.
    if (!request.signal.aborted) place.replaceChildren();
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-entry]");
  if (!form || !event.target.matches("input[inputmode]")) return;
  outdated(form);
  waiting.set(form, { timer: setTimeout(() => form.isConnected && ask(form), PAUSE) });
});

const kindButton = (form) => form.querySelector('[name=show][aria-pressed="true"]');

/** Says what the fields mean with the chosen kind and account. */
function relabel(form) {
  const kind = kindButton(form);
  const account = named(form, "account")?.selectedOptions?.[0];
  if (!account) return;
  const asks = form.querySelector("[data-asks]");
  const plain = form.querySelector("[data-asks-plainly]");
  if (kind && account.value) {
    const name = document.createElement("bdi");
    name.textContent = account.dataset.name;
    asks.replaceChildren(kind.dataset.before, name, kind.dataset.after);
  } else if (kind) {
    asks.replaceChildren(kind.dataset.plain);
  } else if (account.value) {
    // An entry that is edited keeps its kind: only the name changes.
    const name = asks.querySelector("bdi");
    if (name) name.textContent = account.dataset.name;
  }
  if (kind) plain.textContent = kind.dataset.plain;
  const outside = named(form, "currency")?.selectedOptions?.[0];
  form.querySelector("[data-mark]").textContent = (account.value ? account : outside)?.dataset.symbol ?? "";
  const sign = form.querySelector(".sign");
  if (sign) {
    const owes = "owes" in account.dataset && named(form, "kind").value === "balance";
    sign.toggleAttribute("data-off", !owes);
    if (!owes) sign.querySelector("input").checked = false;
  }
}

/** The currency beside each amount of a transfer is that of its own account. The fee is paid where the money leaves. */
function showUnits(form) {
  for (const [select, amounts] of [
    ["from", ["sent", "fee"]],
    ["to", ["received"]],
  ]) {
    const code = named(form, select)?.selectedOptions?.[0]?.dataset.code ?? "";
    for (const amount of amounts) {
      const unit = form.querySelector(`[data-unit="${amount}"]`);
      if (unit) unit.textContent = code;
    }
  }
}

function takeOver(form, from, to) {
  const [typed, empty] = [named(form, from), named(form, to)];
  if (!empty.value.trim()) empty.value = typed.value;
}

/** Shows the fields of another kind, with what was typed so far. */
function turnTo(form, button) {
  const before = named(form, "kind").value;
  if (before === button.value) return;
  if (button.value === "transfer") {
    takeOver(form, "amount", "sent");
    named(form, "from").value = named(form, "account").value;
  } else if (before === "transfer") {
    takeOver(form, "sent", "amount");
    named(form, "account").value = named(form, "from").value;
  }
  named(form, "kind").value = button.value;
  // What was asked or refused was about the kind before.
  form.querySelectorAll("[data-question], .notice[role=alert]").forEach((one) => one.remove());
  showKind(form, button);
  const amount = named(form, button.value === "transfer" ? "sent" : "amount");
  amount.focus();
  amount.select();
}

function showKind(form, button) {
  const isTransfer = button.value === "transfer";
  for (const one of form.querySelectorAll("[name=show]")) one.setAttribute("aria-pressed", String(one === button));
  form.querySelector('[data-fields="transfer"]').hidden = !isTransfer;
  form.querySelector('[data-fields="single"]').hidden = isTransfer;
  const outside = "outside" in button.dataset;
  form.querySelector('[data-fields="outside"]').hidden = !outside;
  const none = named(form, "account").querySelector('option[value=""]');
  if (none) none.hidden = !outside;
  if (!outside && !named(form, "account").value) chooseFirst(named(form, "account"));
  form.querySelector("[data-submit]").textContent = button.dataset.save;
  const next = form.querySelector("[data-next]");
  if (next) next.hidden = !("balance" in button.dataset);
  relabel(form);
  showUnits(form);
  says(form)?.replaceChildren();
  ask(form);
}

function chooseFirst(select) {
  const first = [...select.options].find((option) => option.value);
  if (first) select.value = first.value;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("form[data-entry] [name=show]");
  if (!button) return;
  event.preventDefault();
  turnTo(button.form, button);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-entry]");
  if (!form) return;
  if (event.target.matches("select[name=account]")) {
    says(form)?.replaceChildren();
  }
  relabel(form);
  showUnits(form);
  if (!event.target.matches("input[inputmode], [name=note], [name=tags]")) ask(form);
});

/** After values were put back, everything is said of them. */
export function refresh(form) {
  const button = form.querySelector(`[name=show][value="${named(form, "kind").value}"]`);
  if (button) {
    showKind(form, button);
  } else {
    relabel(form);
    showUnits(form);
    ask(form);
  }
}

const isTyped = (field) => field.value !== field.defaultValue;

// Of what was typed before the scripts were there, something is said too.
onContent((root) => {
  for (const form of all(root, "form[data-entry]")) {
    if ([...form.querySelectorAll("input[inputmode]")].some(isTyped)) ask(form);
  }
});
