import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import { iconSprite } from "./frontend/icons.mjs";

const pages = readdirSync("frontend/pages").filter((name) => name.endsWith(".js"));
const entries = ["frontend/main.js", "frontend/styles/main.scss", ...pages.map((name) => `frontend/pages/${name}`)];

/** Vite plugin: each file that compresses well also lies there compressed, so that nothing is left to do when it is asked for. */
function compressed() {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))) {
        const file = join(dir, name);
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

// Builds static/dist: hashed files and a manifest from which the server takes their names.
export default defineConfig({
  base: "/static/dist/",
  publicDir: false,
  plugins: [iconSprite(), compressed()],
  css: {
    preprocessorOptions: {
      scss: {
        loadPaths: ["node_modules"],
        quietDeps: true,
        // Bootstrap 5.3 is written for @import.
        silenceDeprecations: ["import"],
      },
    },
  },
  build: {
    outDir: "static/dist",
    manifest: true,
    // The content security policy has no room for data: scripts and fonts, and hashed files are cached for a year.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      // htmx has one eval for hx-on and trigger filters; its configuration turns it off.
      checks: { eval: false },
      input: entries,
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
