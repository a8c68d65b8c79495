// Loaded on every signed-in page. Each page works without it: this adds speed and comfort, driven by data attributes.
import "./lib/htmx.js";
import "./lib/submit.js";
import "./lib/entry.js";
import "./lib/drafts.js";
import "./lib/sheet.js";
import "./lib/menus.js";
import "./lib/toasts.js";
import "./lib/fields.js";
import "./lib/passwords.js";
import { onContent } from "./lib/content.js";

// Alpine is half of all script: only pages with a component pay for it.
onContent((root) => {
  if (root.matches?.("[x-data]") || root.querySelector("[x-data]")) import("./components.js");
});
