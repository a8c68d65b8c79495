import { all, onContent } from "./content.js";

const SHOWN = 10_000;

// A toast goes after ten seconds, but never while it is read or used.
onContent((root) => {
  for (const toast of all(root, ".toast")) {
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop();
      timer = setTimeout(() => toast.remove(), SHOWN);
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
});
