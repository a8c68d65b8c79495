// Quick entry: a link with data-sheet opens its page's form in a dialog. The form works in it as on its own page;
// whatever goes wrong ends in the normal page or the normal submit.
import htmx from "./htmx.js";

let dialog;

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
  dialog.addEventListener("close", () => dialog.replaceChildren());
  document.body.append(dialog);
  return dialog;
}

async function open(link) {
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(`answer ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form.sheet-inner");
    if (!form) throw new Error("no form");
    if (!form.hasAttribute("action")) form.action = link.href;
    const box = ready();
    box.replaceChildren(form);
    htmx.process(box);
    box.setAttribute("aria-label", form.querySelector("h1, h2")?.textContent ?? link.textContent);
    box.showModal();
    const amount = form.querySelector("[autofocus], input[name=amount]");
    amount?.focus();
    amount?.select?.();
  } catch {
    window.location.assign(link.href);
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

// In the dialog the form is sent by htmx, and its refusal (422) takes its place. What stands inside the form keeps its
// own targets.
document.addEventListener("htmx:beforeProcessNode", (event) => {
  const form = event.target;
  if (!form.matches("dialog form.sheet-inner") || form.hasAttribute("hx-post")) return;
  const attributes = {
    "hx-post": form.getAttribute("action"),
    "hx-target": "this",
    "hx-swap": "outerHTML",
    "hx-select": "form.sheet-inner",
    "hx-disinherit": "*",
  };
  for (const [name, value] of Object.entries(attributes)) form.setAttribute(name, value);
});

// Offline or refused by the server: the page itself says what happened, with what was typed.
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const form = event.detail.elt;
    if (form.matches("dialog form.sheet-inner")) HTMLFormElement.prototype.submit.call(form);
  });
}
