// Sends forms without leaving the page, so that a line that breaks takes nothing away: it is sent until there is an
// answer, and counts once. What is typed into a form with `data-draft` is kept, sealed by a key that only the page has.
// Without scripts, or where they are too old for this, the browser sends the forms itself, and the server says what was
// recorded before. Nobody would take a draft away then, so none is kept.
"use strict";

const KEPT = "desk-draft";
const SHIFT = 12 * 60 * 60 * 1000;

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || "plain" in form.dataset || !AbortSignal.timeout) return;
  event.preventDefault();
  const fields = filled(form, event.submitter), isPreview = fields.get("step") === "preview";
  const earlier = form.querySelector(":scope > .sending");
  if (earlier && (isPreview || earlier.dataset.step !== "preview")) return; // Pressed twice.
  earlier?.remove(); // Whoever raises the alarm does not wait for who would be told.
  const state = form.appendChild(document.createElement("p"));
  state.className = "small sending";
  state.dataset.step = fields.get("step") ?? "";
  state.setAttribute("role", "status");
  state.textContent = document.body.dataset.sending;
  for (let pause = 1; ; pause = Math.min(2 * pause, 10)) {
    try {
      const answer = await fetch(addressed(form), { method: "POST", body: fields, signal: AbortSignal.timeout(30000) });
      const html = answer.redirected ? "" : await answer.text();
      if (isPreview && !state.isConnected) return;
      if (!answer.redirected) return show(answer.url, html, answer.status === 409);
      localStorage.removeItem(KEPT);
      return location.assign(answer.url);
    } catch {
      if (isPreview && !state.isConnected) return;
      state.textContent = document.body.dataset.broken;
      await new Promise((done) => setTimeout(done, 1000 * pause));
    }
  }
});

function addressed(form) { // A field of that name, such as what somebody did, stands before the form's own `action`.
  return form.getAttribute("action");
}

function filled(form, button) {
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  return fields;
}

function show(url, html, isOver) { // An answer that leads nowhere else: a preview, a refusal, the door.
  const page = new DOMParser().parseFromString(html, "text/html");
  if (isOver) localStorage.removeItem(KEPT);
  document.dispatchEvent(new Event("left"));
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  history.pushState(null, "", url);
  scrollTo(0, 0);
  const first = document.querySelector("[role=alert], h1");
  first.tabIndex = -1;
  first.focus();
  keep();
}

addEventListener("popstate", () => location.reload());

async function sealing(form) {
  const key = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(form.dataset.draft));
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function keep() { // What is typed into the form that raises, until it was sent.
  const form = document.querySelector("form[data-draft]");
  if (!form || !globalThis.crypto?.subtle || !AbortSignal.timeout) return;
  const key = await sealing(form);
  if ("fresh" in form.dataset) await bring(form, key);
  form.addEventListener("change", () => foretell(form));
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const fields = [...new FormData(form)].filter(([name]) => name !== "proof");
      const plain = new TextEncoder().encode(JSON.stringify({ at: Date.now(), fields }));
      const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain));
      localStorage.setItem(KEPT, btoa(String.fromCharCode(...iv) + [...sealed].map((byte) => String.fromCharCode(byte)).join("")));
    }, 300);
  });
}

let newest = 0;

async function foretell(form) { // Who will be told, while it is filled in.
  if (![...form.elements].every((field) => field.validity.valid)) return;
  const turn = ++newest;
  const answer = await fetch(addressed(form), { method: "POST", body: filled(form, { name: "step", value: "preview" }) }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn !== newest) return; // An answer to what the form said before.
  document.getElementById("told")?.replaceWith(document.adoptNode(page.getElementById("told")));
}

async function bring(form, key) { // The draft back into an empty form; of another user, or an earlier day, nothing.
  const kept = localStorage.getItem(KEPT);
  if (!kept) return;
  const bytes = Uint8Array.from(atob(kept), (sign) => sign.charCodeAt(0));
  try {
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, key, bytes.slice(12));
    const { at, fields } = JSON.parse(new TextDecoder().decode(plain));
    if (Date.now() - at > SHIFT) return localStorage.removeItem(KEPT);
    for (const [name, text] of fields) {
      for (const field of form.querySelectorAll(`[name="${name}"]`)) {
        if (field.type !== "checkbox") field.value = text;
        else if (field.value === text) field.checked = field.closest("details").open = true; // Whom it spares is seen.
      }
    }
    foretell(form);
    const note = document.getElementById("draft");
    note.hidden = false;
    note.querySelector("button").onclick = () => (localStorage.removeItem(KEPT), location.reload());
  } catch {} // Another user's key does not open it.
}

keep();
