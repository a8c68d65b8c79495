import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["static/dist/", "target/", "data/"] },
  js.configs.recommended,
  {
    files: ["frontend/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      // The content security policy refuses these; better here than in the browser.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-alert": "error",
    },
  },
  {
    files: ["*.js", ".*.js", "frontend/*.mjs", "tests/{bench,browser,fuzz}/**/*.{js,mjs}"],
    languageOptions: { globals: globals.node },
  },
  {
    // Functions given to page.evaluate run in the browser.
    files: ["tests/browser/**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
];
