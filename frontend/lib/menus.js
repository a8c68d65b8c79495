// Menus are details elements: one open at a time, closed by Esc and by a click elsewhere.
const MENU = "details.menu";

const close = (menu) => menu.removeAttribute("open");
const others = (keep) => document.querySelectorAll(`${MENU}[open]`).forEach((menu) => menu !== keep && close(menu));

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches(MENU) && event.target.open) others(event.target);
  },
  true,
);

document.addEventListener("click", (event) => others(event.target.closest(MENU)));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(`${MENU}[open]`);
  if (!menu) return;
  const inside = menu.contains(document.activeElement);
  close(menu);
  if (inside) menu.querySelector("summary").focus();
});
