// Small helps of single fields and pages.
import { all, onContent } from "./content.js";
import { formToken } from "./htmx.js";
import { release } from "./submit.js";

onContent((root) => {
  // The browser's time zone is a proposal: a typed or chosen one stays, unless the field asks for it.
  for (const field of all(root, "[data-timezone]")) {
    if (field.value && !("propose" in field.dataset)) continue;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === zone)) field.value = zone;
  }

  // A summary of errors takes the focus, so that it is read first.
  all(root, '[role="alert"][tabindex="-1"]')[0]?.focus();
});

// A field that somebody types in is never exchanged, only what is wrong with it: the field follows.
document.addEventListener("htmx:afterSettle", () => {
  for (const box of document.querySelectorAll("[data-complaint]")) {
    const field = document.getElementById(box.dataset.complaint);
    const error = box.querySelector(".err");
    field.classList.toggle("invalid", Boolean(error));
    if (error) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", error.id);
    } else {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();

  // A link of the error summary leads into its field, not only to its place on the page.
  const link = event.target.closest('[role="alert"] a[href^="#"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (field) {
    event.preventDefault();
    field.focus();
  }
});

// The theme changes at once; its form is sent in the background, and normally if that fails.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  const theme = button?.dataset.themeSet;
  if (!theme || form.dataset.plain) return;
  event.preventDefault();
  if (theme === "system") delete document.documentElement.dataset.bsTheme;
  else document.documentElement.dataset.bsTheme = theme;
  all(form, "[data-theme-set]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body,
      headers: { "HX-Request": "true", "X-Form-Token": formToken() },
    });
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
  } catch {
    form.dataset.plain = "true";
    release(form);
    form.requestSubmit(button);
    return;
  }
  release(form);
});
