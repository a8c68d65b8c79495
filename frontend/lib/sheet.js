// Quick entry: a link with data-sheet opens its page's form in a dialog. The form works in it as on its own page. Back
// closes it, and so does a tap beside it; what was typed is kept (see drafts.js).
import { forget, offer } from "./drafts.js";
import htmx from "./htmx.js";
import { release } from "./submit.js";

let dialog;
/** Something was saved while the sheet stayed open: the page behind it is not true any more. */
let outdated = false;
/** Where the browser goes once the sheet is no step of the history any more. */
let leaving = "";

function ready() {
  if (dialog) return dialog;
  dialog = document.createElement("dialog");
  dialog.className = "sheet";
  dialog.addEventListener("click", (event) => {
    const box = dialog.getBoundingClientRect();
    const outside =
      event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    // A choice made with the keyboard is a click at 0, 0 on a control, never on the dialog itself.
    if (event.target === dialog && outside) dialog.close();
  });
  dialog.addEventListener("close", closed);
  document.body.append(dialog);
  return dialog;
}

/** The sheet is a step of the history: Back leads out of it, not away from the page. */
const isStep = () => history.state?.sheet === true;

function closed() {
  dialog.replaceChildren();
  if (isStep()) history.back();
  else settle();
}

/** The sheet is gone: to where its form leads, or to the page behind it as it is now. */
function settle() {
  const here = window.location;
  if (leaving) {
    const there = new URL(leaving, here);
    if (there.pathname + there.search === here.pathname + here.search) here.reload();
    else here.assign(there);
  } else if (outdated) {
    here.reload();
  }
}

window.addEventListener("popstate", (event) => {
  if (!dialog || isStep()) return;
  // It leads out of the sheet, so nobody else has to do anything.
  event.stopImmediatePropagation();
  if (dialog.open) dialog.close();
  else settle();
});

// A page that comes back from the history, or was loaded anew, has no sheet.
window.addEventListener("pageshow", () => {
  if (isStep() && !dialog?.open) history.replaceState({ ...history.state, sheet: false }, "");
});

function show(form, label) {
  const box = ready();
  box.replaceChildren(form);
  box.setAttribute("aria-label", form.querySelector("h1, h2")?.textContent ?? label);
  if (!box.open) {
    box.showModal();
    if (!isStep()) history.pushState({ ...history.state, sheet: true }, "");
  }
  htmx.process(box);
  const amount = [...form.querySelectorAll("[autofocus]")].find((one) => !one.closest("[hidden]"));
  amount?.focus();
  amount?.select?.();
  if (form.matches("[data-draft]")) offer(form);
}

/** The page of a form that was asked for in vain: it can be asked for once more. */
function unreachable(link) {
  const box = document.createElement("form");
  box.className = "sheet-inner";
  box.innerHTML = `<div class="sheet-head"><h1></h1></div><p role="alert"></p><div class="sheet-save">
    <button class="btn btn-primary btn-block" type="button"></button></div>`;
  box.querySelector("h1").textContent = "No connection";
  box.querySelector("p").textContent = "We can't reach StakeEasy right now. Nothing is lost.";
  const again = box.querySelector("button");
  again.textContent = "Try again";
  again.addEventListener("click", () => open(link));
  show(box, "No connection");
  again.focus();
}

async function open(link) {
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true", "X-Sheet": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(`answer ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form.sheet-inner");
    if (!form) throw new Error("no form");
    if (!form.hasAttribute("action")) form.action = link.href;
    show(form, link.textContent);
  } catch (error) {
    // A request that got no answer at all is a TypeError.
    if (error instanceof TypeError) unreachable(link);
    else window.location.assign(link.href);
  } finally {
    link.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  const link = event.target.closest("a[data-sheet]");
  if (link) {
    event.preventDefault();
    open(link);
  } else if (dialog?.open && event.target.closest("[data-sheet-close]")) {
    event.preventDefault();
    dialog.close();
  }
});

// The form is sent by htmx, in the dialog and on its own page, and its refusal (422) takes its place. What stands inside
// the form keeps its own targets.
document.addEventListener("htmx:beforeProcessNode", (event) => {
  const form = event.target;
  if (!form.matches("form[data-draft]") || form.hasAttribute("hx-post")) return;
  const attributes = {
    "hx-post": form.getAttribute("action"),
    "hx-target": "this",
    "hx-swap": "outerHTML",
    "hx-select": "form.sheet-inner",
    "hx-disinherit": "*",
    "hx-request": '{"timeout": 20000}',
  };
  for (const [name, value] of Object.entries(attributes)) form.setAttribute(name, value);
});

// In a dialog the ids of a form are kept apart from those of the page behind it.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.closest("dialog")) event.detail.headers["X-Sheet"] = "1";
});

// While it is sent nothing more can be typed: it would be lost with the form.
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form[data-draft]")) return;
  lost(form, "");
  freeze(form, true);
});

function freeze(form, frozen) {
  for (const field of form.querySelectorAll("input:not([type=hidden])")) field.readOnly = frozen;
  for (const field of form.querySelectorAll("select, [name=show]")) field.disabled = frozen;
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (form.matches("form[data-draft]")) freeze(form, false);
});

// What was saved is no draft any more. The page that follows takes the place of the sheet in the history.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr } = event.detail;
  if (!elt.matches("form[data-draft], [data-saved] button")) return;
  const target = xhr.getResponseHeader("HX-Redirect");
  if (target) {
    event.preventDefault();
    // Logging in comes first, and what was typed is still needed.
    if (elt.matches("form") && !/^\/(login|confirm|sudo)\b/.test(target)) forget(elt);
    leaving = target;
    if (dialog?.open) dialog.close();
    else settle();
  } else if (xhr.status === 200 && xhr.responseText.includes("data-saved")) {
    forget(elt);
    outdated = true;
  }
});

/** Says in the form that nothing has arrived. */
function lost(form, text) {
  const place = form.querySelector("[data-lost]");
  if (!place) return;
  place.hidden = !text;
  place.textContent = text;
  const save = form.querySelector("[data-submit]");
  if (text) {
    save.dataset.label ??= save.textContent;
    save.textContent = "Try again";
  } else if (save.dataset.label) {
    save.textContent = save.dataset.label;
    delete save.dataset.label;
  }
}

// No answer: the form stays as it is. Sent once more it is saved once, even if the first time had arrived.
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const form = event.detail.elt;
    if (!form.matches("form[data-draft]")) return;
    release(form);
    lost(form, "No connection. Nothing saved yet; your entry is still here.");
    form.querySelector("[data-submit]").focus();
  });
}

// Refused as a whole: the page says what happened, with what was typed.
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form[data-draft]")) return;
  if ([502, 503, 504].includes(event.detail.xhr.status)) {
    release(form);
    lost(form, "We can't reach StakeEasy right now. Nothing saved yet; your entry is still here.");
    return;
  }
  freeze(form, false);
  HTMLFormElement.prototype.submit.call(form);
});
