// All balances on one page. What is typed is read by the server, as it will be when it is saved; nothing that can be typed
// in is ever exchanged. Enter goes to the next field, and one tap says that nothing has changed.
import { formToken } from "../lib/htmx.js";

/** Between two digits somebody is still typing. */
const PAUSE = 250;

const form = document.querySelector("form[data-check]");
const fields = [...form.querySelectorAll("input[inputmode]")];
const rowOf = (field) => field.closest("[data-state]");
const tickOf = (field) => rowOf(field).querySelector("[data-unchanged]");
const says = () => [...form.querySelectorAll("[data-says]")];

let timer;
let request;

/** A row shows what belongs to its state. What a difference was is sent only where there is one. */
function turnTo(row, state) {
  row.dataset.state = state;
  const was = row.querySelector("fieldset");
  if (was && state !== "typed") was.disabled = state !== "differs";
}

/** What is said of a row is of what was typed before, until there is an answer. */
function outdated(field) {
  const isTyped = Boolean(field.value.trim());
  turnTo(rowOf(field), isTyped ? "typed" : tickOf(field).checked ? "ticked" : "open");
  for (const one of rowOf(field).querySelectorAll(".check-says [data-says]")) one.dataset.outdated = "";
  // What was asked was about another balance.
  rowOf(field).querySelector("[data-question]")?.remove();
}

function later() {
  clearTimeout(timer);
  request?.abort();
  timer = setTimeout(ask, PAUSE);
}

/** Asks the server what the form would come to, and shows that beside the fields. */
async function ask() {
  const mine = (request = new AbortController());
  const typed = new URLSearchParams(new FormData(form));
  typed.set("preview", "on");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: typed,
      headers: { "HX-Request": "true", "X-Form-Token": formToken() },
      signal: mine.signal,
    });
    if (!answer.ok || answer.redirected) throw new Error(`answer ${answer.status}`);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // It is a help: the form says what is wrong when it is sent.
  }
}

function show(page) {
  for (const place of says()) {
    const told = page.getElementById(place.id);
    if (told && told.innerHTML !== place.innerHTML) place.innerHTML = told.innerHTML;
    delete place.dataset.outdated;
  }
  for (const row of form.querySelectorAll("[data-state]")) {
    const told = page.getElementById(row.id);
    if (told) turnTo(row, told.dataset.state);
  }
}

/** The field after another one, or the button that saves. */
function goOn(field) {
  const next = fields[fields.indexOf(field) + 1] ?? form.querySelector("[data-save]");
  next.focus();
  next.select?.();
}

/** Writes the last balance into a field. While amounts are hidden nobody knows it here: then the tick says it. */
function fillIn(tick, field) {
  field.value = tick.dataset.last;
  const sign = rowOf(field).querySelector(".check-sign input");
  if (sign) sign.checked = "owes" in tick.dataset;
  tick.checked = false;
}

form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !fields.includes(event.target)) return;
  event.preventDefault();
  goOn(event.target);
});

form.addEventListener("input", (event) => {
  const field = fields.find((one) => rowOf(one).contains(event.target));
  // The answer to a question changes nothing that is shown.
  if (!field || event.target.closest("[data-question]")) return;
  if (event.target === field) {
    tickOf(field).checked = false;
  } else if (event.target === tickOf(field)) {
    if (event.target.checked && event.target.dataset.last) fillIn(event.target, field);
    if (field.value || event.target.checked) goOn(field);
  }
  if (event.target.type !== "radio") outdated(field);
  later();
});

// What the browser has put back is no news to anybody but the server.
if (fields.some((field) => field.value !== field.defaultValue)) ask();
