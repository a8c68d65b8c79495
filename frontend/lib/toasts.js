import { all, onContent } from "./content.js";

const SHOWN = 10_000;

// One toast at a time: the next is shown when this one has gone. It goes after ten seconds, but never while it is read or
// used.
function begin(toast) {
  let timer;
  const stop = () => clearTimeout(timer);
  const end = () => {
    const next = toast.nextElementSibling;
    toast.remove();
    if (next) begin(next);
  };
  const start = () => {
    stop();
    timer = setTimeout(end, SHOWN);
  };
  const resume = () => {
    if (!toast.matches(":hover, :focus-within")) start();
  };
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("pointerleave", resume);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", () => setTimeout(resume));
  start();
}

onContent((root) => {
  for (const toast of all(root, ".toasts > .toast:first-child")) begin(toast);
});
