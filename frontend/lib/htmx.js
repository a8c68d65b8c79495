import htmx from "htmx.org";

// The server says the same in a meta tag; here it stands for the moment before htmx has read it. Style attributes are
// never copied from the old content to the new: the policy would refuse them. A form that was
// refused (422) comes back as a fragment with its errors, so that answer is swapped in like any other.
Object.assign(htmx.config, {
  includeIndicatorStyles: false,
  allowEval: false,
  allowScriptTags: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  // Back is a real navigation: no copy of a page is kept.
  refreshOnHistoryMiss: true,
  attributesToSettle: ["class", "width", "height"],
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "...", swap: false, error: true },
  ],
});

export const formToken = () => document.querySelector('meta[name="form-token"]')?.content ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Form-Token"] = formToken();
});

// Who works in a form by keyboard stays where they are when the form is renewed around them: htmx gives the focus back
// to the field of the same id, unless the new form asks for it elsewhere.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  const field = document.activeElement;
  if (!field?.id || !target.contains(field)) return;
  event.detail.serverResponse = event.detail.serverResponse.replace(/(<input[^>]*) autofocus/g, "$1");
});

// What somebody types is theirs: an answer that comes meanwhile, and renews a part of the page around the field, keeps
// what stands in it. That is everything that was typed since the request left, and what the request did not hold.
const asked = new WeakMap();
const TEXT = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea";
const values = (form) => new Map([...form.querySelectorAll(TEXT)].map((field) => [field.name, field.value]));

document.addEventListener("htmx:beforeSend", (event) => {
  const form = event.detail.elt.closest("form");
  asked.set(event.detail.xhr, { form, held: form ? values(form) : new Map() });
});

let typed = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  const { form, held } = asked.get(event.detail.xhr) ?? { held: new Map() };
  const isNewer = (field) =>
    field.form === form && held.has(field.name)
      ? field.value !== held.get(field.name)
      : field.value !== field.defaultValue;
  typed = [...document.querySelectorAll(TEXT)]
    .filter((field) => field.id && isNewer(field))
    .map((field) => ({
      field,
      value: field.value,
      caret: field === document.activeElement && [field.selectionStart, field.selectionEnd],
    }));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const { field, value, caret } of typed) {
    const now = field.isConnected ? null : document.getElementById(field.id);
    if (!now || now.name !== field.name) continue;
    now.value = value;
    if (!caret) continue;
    now.focus();
    if (caret[0] !== null) now.setSelectionRange(...caret);
  }
  typed = [];
});

// What leads to the same address is no step of its own: Back would seem to do nothing.
document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
  const { history } = event.detail;
  if (new URL(history.path, window.location).href === window.location.href) history.type = "replace";
});

// Where an answer sends the browser: a header of the server, or a whole page reached through a redirect (signed out,
// for example). Both are followed by a real navigation, so that every page gets its own policy and scripts.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr } = event.detail;
  const location = xhr.getResponseHeader("HX-Location");
  const target = location?.startsWith("{") ? JSON.parse(location).path : location;
  const page = /^\s*<!doctype/i.test(xhr.responseText) && xhr.status < 400 && xhr.responseURL;
  if (target || page) {
    event.preventDefault();
    window.location.assign(target || page);
  }
});

export default htmx;
