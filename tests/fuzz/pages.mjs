// What can be learned from our own pages: their forms, and where they lead.

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#38": "&", "#39": "'", "#60": "<", "#62": ">" };
const plain = (text) => text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);

function attributes(tag) {
  const found = {};
  for (const [, name, , value] of tag.matchAll(/([\w:-]+)(="([^"]*)")?(?=[\s>/])/g)) found[name] = plain(value ?? "");
  return found;
}

/** The fields of a form as a browser would send them; of a choice, the first if none is chosen. */
function fields(inner) {
  const found = new Map();
  const put = (name, value, isChosen) => name && (isChosen || !found.has(name)) && found.set(name, value);
  for (const [, tag, rest] of inner.matchAll(/<(input|button|textarea)((?:\s[^<>]*?)?)>/g)) {
    const of = attributes(`${rest} >`);
    if (tag === "button") continue;
    put(of.name, of.value ?? (/radio|checkbox/.test(of.type) ? "on" : ""), "checked" in of || of.type === "hidden");
  }
  for (const [, tag, options] of inner.matchAll(/<select(\s[^>]*)>(.*?)<\/select>/gs)) {
    const all = [...options.matchAll(/<option(\s[^>]*)>/g)].map(([, option]) => attributes(`${option} >`));
    const chosen = all.find((option) => "selected" in option) ?? all.find(({ value }) => value);
    put(attributes(`${tag} >`).name, chosen?.value ?? "", true);
  }
  return [...found];
}

/** The forms of a page that post, with where they lead. */
export function forms(html, path) {
  const found = [];
  for (const [, tag, inner] of html.matchAll(/<form(\s[^>]*)>(.*?)<\/form>/gs)) {
    const { method, action } = attributes(`${tag} >`);
    if (method === "post") found.push({ action: action || path, fields: fields(inner) });
  }
  return found;
}

/** The places of ours that a page names, whatever for. */
export function links(html) {
  const found = html.matchAll(/\s(?:href|action|hx-get|hx-post|formaction)="(\/[^"#]*)/g);
  return [...new Set([...found].map(([, link]) => plain(link)))];
}

/** The token that goes into every form of a signed-in user. */
export const token = (html) => /<meta name="form-token" content="([^"]*)"/.exec(html)?.[1] ?? "";

/** Whose page it is, in a word that says nothing else. */
export const person = (html) => /<meta name="person" content="([^"]*)"/.exec(html)?.[1] ?? "";
