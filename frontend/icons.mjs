import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** One icon of Bootstrap Icons (MIT) as a symbol: its drawing without the file's own size and class. */
function symbol(name) {
  const svg = readFileSync(here(`../node_modules/bootstrap-icons/icons/${name}.svg`), "utf8");
  const [, attributes, body] = svg.match(/<svg([^>]*)>([\s\S]*)<\/svg>/);
  const viewBox = attributes.match(/viewBox="([^"]+)"/)[1];
  return `<symbol id="${name}" viewBox="${viewBox}">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
}

/** Vite plugin: all icons named in icons.json in one hashed file, in the manifest as frontend/icons.svg. */
export function iconSprite() {
  return {
    name: "icon-sprite",
    apply: "build",
    buildStart() {
      const names = JSON.parse(readFileSync(here("icons.json"), "utf8"));
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "frontend/icons.svg",
        source: `<svg xmlns="http://www.w3.org/2000/svg">${names.map(symbol).join("")}</svg>\n`,
      });
    },
  };
}
