// Runs a function over the page, and over every fragment htmx brings later.
export function onContent(run) {
  run(document.documentElement);
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) run(event.target);
  });
}

export const all = (root, selector) => [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
