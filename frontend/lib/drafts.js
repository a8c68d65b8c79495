// What is typed into the form of an entry is kept in this tab until it is saved or thrown away: a tap beside the sheet, a
// lost connection, a session that ended and Back lose nothing. It is kept for the person whose page it is, and for nobody
// after them.
import { all, onContent } from "./content.js";
import { refresh } from "./entry.js";

/** The kept values stand under the path that the form is sent to. */
const PREFIX = "draft:";
/** What the form carries for itself. */
const OWN = ["form_token", "form_key", "form_page", "next", "version", "sure", "before", "show", "then", "earlier"];
/** What somebody types. The rest is only chosen, and chosen for them. */
const TYPED = ["amount", "sent", "fee", "received", "note", "tags", "time"];

const person = () => document.querySelector('meta[name="person"]')?.content ?? "";
const fields = (form) => [...new FormData(form)].filter(([name]) => !OWN.includes(name));
const isTyped = (values) => values.some(([name, value]) => TYPED.includes(name) && String(value).trim());

function kept(form) {
  try {
    const draft = JSON.parse(sessionStorage.getItem(PREFIX + form.dataset.draft));
    return draft?.person === person() && draft.values ? draft : null;
  } catch {
    return null;
  }
}

function keep(form) {
  const values = fields(form);
  // What the server had filled in is nothing that could be lost.
  if (!isTyped(values) || same(values, started.get(form))) return forget(form);
  try {
    sessionStorage.setItem(PREFIX + form.dataset.draft, JSON.stringify({ person: person(), values }));
  } catch {
    // No room, or not allowed: then it is not kept.
  }
}

/** It is saved, or thrown away. */
export const forget = (form) => sessionStorage.removeItem(PREFIX + form.dataset.draft);

/** What each form began with. */
const started = new WeakMap();
const same = (some, others) => JSON.stringify(some) === JSON.stringify(others);

function putBack(form, draft) {
  for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = false;
  for (const [name, value] of draft.values) {
    const field = form.elements.namedItem(name);
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value))
      field.value = value;
  }
  refresh(form);
}

/** Whether a draft is of what this form is opened for: another account or kind is another entry. */
function isOfThis(form, draft) {
  const draftOf = Object.fromEntries(draft.values);
  const mine = Object.fromEntries(fields(form));
  const account = (values) => (values.kind === "transfer" ? values.from : values.account);
  return draftOf.kind === mine.kind && account(draftOf) === account(mine);
}

function notice(form, text, ...buttons) {
  const box = document.createElement("div");
  box.className = "notice";
  box.setAttribute("role", "status");
  box.dataset.restored = "";
  const words = document.createElement("p");
  words.textContent = text;
  const row = document.createElement("div");
  row.className = "cta";
  for (const [label, act] of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm";
    button.textContent = label;
    button.addEventListener("click", () => {
      box.remove();
      act();
      (form.querySelector("[autofocus]") ?? form.elements.namedItem("amount"))?.focus();
    });
    row.append(button);
  }
  const body = document.createElement("div");
  body.append(words, row);
  box.append(body);
  const head = form.querySelector(".sheet-head")?.parentElement;
  if (head) head.after(box);
  else form.prepend(box);
}

/** Offers what was typed before in this form. */
export function offer(form) {
  const initial = fields(form);
  started.set(form, initial);
  const draft = kept(form);
  // A form that the server has filled in with what was typed has it all.
  if (!draft || same(draft.values, initial) || form.querySelector("[data-filled], [role=alert]:not([hidden])")) return;
  const startOver = () => {
    forget(form);
    putBack(form, { values: [...TYPED.map((name) => [name, ""]), ...initial] });
  };
  if (isOfThis(form, draft)) {
    putBack(form, draft);
    notice(form, "Your unsaved entry is back.", ["Start over", startOver]);
  } else {
    const { kind, amount, sent } = Object.fromEntries(draft.values);
    notice(
      form,
      `You have an unsaved entry: ${kind} ${(kind === "transfer" ? sent : amount) || ""}`.trimEnd() + ".",
      ["Continue it", () => putBack(form, draft)],
      ["Discard it", () => forget(form)],
    );
  }
}

onContent((root) => {
  all(root, "form[data-draft]").forEach(offer);
});

for (const type of ["input", "change"]) {
  document.addEventListener(type, (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keep(form);
  });
}

document.addEventListener("click", (event) => {
  // Another kind is a change without an event of its own.
  const form = event.target.closest?.("form[data-draft] [name=show]")?.form;
  if (form) setTimeout(() => keep(form));
});

// Whoever logs out leaves nothing behind.
document.addEventListener("submit", (event) => {
  if (!event.target.matches('form[action="/logout"]')) return;
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key);
});
