// One submit at a time: the button shows that it works, and a second press does nothing. Forms that answer with a
// download never leave the page, so they opt out with data-no-busy.
const PATIENCE = 20_000;
const busy = new Map();

function release(form) {
  const state = busy.get(form);
  if (!state) return;
  busy.delete(form);
  clearTimeout(state.timer);
  if (state.button) {
    state.button.removeAttribute("aria-busy");
    state.button.disabled = false;
  }
}

// Enter changes a field and sends its form, in this order and in one task. A form that asks at every change has asked
// by then: its second answer would come after a quick Back, and undo it.
let changed = null;
document.addEventListener(
  "change",
  (event) => {
    const { form } = event.target;
    changed = form?.matches('[hx-trigger*="change"]') ? form : null;
    setTimeout(() => (changed = null));
  },
  true,
);

document.addEventListener(
  "submit",
  (event) => {
    if (busy.has(event.target) || event.target === changed) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-no-busy], [method=dialog]")) return;
  const button = event.submitter ?? form.querySelector("[type=submit]");
  button?.setAttribute("aria-busy", "true");
  busy.set(form, { button, timer: setTimeout(() => release(form), PATIENCE) });
  // A disabled button is not sent, so it is disabled only after the browser has read the form.
  setTimeout(() => {
    if (button && busy.has(form)) button.disabled = true;
  });
});

// Back from the history with the page as it was left.
window.addEventListener("pageshow", () => [...busy.keys()].forEach(release));

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = event.detail;
  const leaving = xhr.getResponseHeader("HX-Redirect") || xhr.getResponseHeader("HX-Location");
  if (!leaving) release(elt);
});

export { release };
