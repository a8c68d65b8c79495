// Help with passwords: the button that shows one, the meter of a new one, a passphrase without loading the page, and the
// button that copies one, or recovery codes.
import { all, onContent } from "./content.js";
import { formToken } from "./htmx.js";
import { release } from "./submit.js";

const PAUSE = 350;
const COPIED = 2_000;
const meters = new WeakMap();

async function ask(path, fields, signal) {
  const answer = await fetch(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "HX-Request": "true", "X-Form-Token": formToken() },
    signal,
  });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  return answer.text();
}

const parts = (box) => ({
  field: box.querySelector("input"),
  strength: box.querySelector("[data-strength]"),
  proposal: box.querySelector("[data-proposal]"),
});

// What was wrong with the password before is over once it is right.
function forgive({ field, strength }) {
  if (!strength.querySelector(".strength-3, .strength-4")) return;
  field.classList.remove("invalid");
  field.removeAttribute("aria-invalid");
  field.setAttribute("aria-describedby", `${field.id}-h`);
  document.getElementById(`${field.id}-e`)?.remove();
}

async function weigh(box) {
  const { field, strength } = parts(box);
  const meter = new AbortController();
  meters.get(box)?.abort();
  meters.set(box, meter);
  if (!field.value) return strength.replaceChildren();
  const typed = (name) => field.form?.querySelector(`input[name=${name}]`)?.value ?? "";
  try {
    const about = { email: typed("email"), name: typed("name") };
    const answer = await ask("/password/check", { password: field.value, ...about }, meter.signal);
    if (meter.signal.aborted) return;
    strength.innerHTML = answer;
    forgive(parts(box));
  } catch {
    // The meter is a help: the form says what is wrong when it is sent.
    if (!meter.signal.aborted) strength.replaceChildren();
  }
}

const timers = new WeakMap();

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-new-password]");
  if (!box) return;
  const { field, proposal } = parts(box);
  const words = proposal.querySelector("[data-words]");
  if (words && words.textContent !== field.value) proposal.replaceChildren();
  clearTimeout(timers.get(box));
  timers.set(
    box,
    setTimeout(() => weigh(box), PAUSE),
  );
});

async function propose(button) {
  const box = button.closest("[data-new-password]");
  const { field, proposal } = parts(box);
  button.setAttribute("aria-busy", "true");
  try {
    proposal.innerHTML = await ask("/password/passphrase", {});
    ready(proposal);
    field.value = proposal.querySelector("[data-words]").textContent;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } catch {
    button.dataset.plain = "true";
    release(button.form);
    button.form.requestSubmit(button);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function copy(button) {
  const words = button.closest(":has([data-words])").querySelector("[data-words]");
  const label = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(words.innerText);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = "Copy"), COPIED);
  } catch {
    getSelection().selectAllChildren(words);
  }
}

function show(button, shown) {
  button.setAttribute("aria-pressed", String(shown));
  document.getElementById(button.getAttribute("aria-controls")).type = shown ? "text" : "password";
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  if (!button) return;
  if (button.matches("[data-reveal]")) show(button, button.getAttribute("aria-pressed") !== "true");
  else if (button.matches("[data-copy-words]")) copy(button);
  else if (button.matches("[data-new-password] [name=propose]") && !button.dataset.plain) {
    event.preventDefault();
    propose(button);
  }
});

// Browsers keep what stood in a field of text, and offer it to whoever types there next.
document.addEventListener("submit", (event) => {
  all(event.target, "[data-reveal][aria-pressed=true]").forEach((button) => show(button, false));
});

const ready = (root) => all(root, "[data-reveal], [data-copy-words]").forEach((button) => (button.hidden = false));

onContent(ready);
