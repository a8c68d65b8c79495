// Passkeys: asks the browser to make or show one, and sends the form with its answer.
//
//   <form method="post" action="…" data-passkey="get|create" data-ask="path of the challenge" data-no-busy hidden>
//     <input type="hidden" name="passkey"><button type="submit" hidden>…</button><p data-said role="alert" hidden><span></span></p>
//   </form>
//
// A sentence with data-without goes, now that a script has come. When the server gives no challenge, because of the name
// for example, the form is sent without an answer, and the server says why.
import { all, onContent } from "../lib/content.js";

const WORDS = {
  NotAllowedError: "No passkey was used: it was cancelled, there is none for this site, or it took too long.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys do not work at the address that this page was opened with.",
  NotSupportedError: "This device cannot make a passkey that asks for your finger, your face or a number.",
  TooMany: "There were too many tries. Wait for a minute, then try again.",
};
const OTHERWISE = "That did not work. Try again, or use another way.";
const TOO_OLD = "This browser does not know passkeys. Use a newer one, or another way.";

function say(form, text) {
  const said = form.querySelector("[data-said]");
  said.hidden = !text;
  said.querySelector("span").textContent = text;
}

const knowsPasskeys = () => Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

/** The browser's answer as JSON, or nothing if the server has no challenge for it. */
async function answer(form) {
  const body = new URLSearchParams(new FormData(form));
  const asked = await fetch(form.dataset.ask, { method: "POST", body, redirect: "manual" });
  if (asked.status === 429) throw new DOMException("", "TooMany");
  if (!asked.ok) return "";
  const { publicKey } = await asked.json();
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return JSON.stringify(credential.toJSON());
}

function work(form, busy) {
  const button = form.querySelector("[type=submit]");
  button.disabled = busy;
  button.setAttribute("aria-busy", String(busy));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey) return;
  event.preventDefault();
  if (!knowsPasskeys()) return say(form, TOO_OLD);
  say(form, "");
  work(form, true);
  try {
    form.elements.passkey.value = await answer(form);
    form.submit();
  } catch (error) {
    work(form, false);
    say(form, WORDS[error.name] ?? OTHERWISE);
  }
});

// Back from the history with the page as it was left.
window.addEventListener("pageshow", () =>
  all(document.documentElement, "form[data-passkey]").forEach((form) => work(form, false)),
);

onContent((root) => {
  all(root, "[data-without]").forEach((sentence) => sentence.remove());
  for (const form of all(root, "form[data-passkey]")) {
    form.hidden = false;
    form.querySelector("[type=submit]").hidden = false;
  }
});
