// Keeps the page live: puts in what has changed, sends what is pressed, counts the time, and speaks.
// Without scripts every button still works; the page then shows what is new when it is loaded again.
"use strict";

const byId = (id) => document.getElementById(id);
const shown = new Map();

// What has changed -----------------------------------------------------------------------------------------------------

function put(id, html) {
  const element = byId(id);
  if (!element || shown.get(id) === html) return;
  shown.set(id, html);
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  // To ask it of each would have the page laid out anew for each.
  const atEnd = "tail" in element.dataset && element.scrollHeight - element.scrollTop - element.clientHeight < 80;
  const opened = [...element.querySelectorAll("details[open][id]")].map((each) => each.id);
  element.innerHTML = html; // Every word in it was escaped by the server.
  for (const each of opened) if (byId(each)) byId(each).open = true;
  if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
  else if (focused && element.tabIndex >= 0) element.focus({ preventScroll: true });
  if (atEnd) element.scrollTop = element.scrollHeight;
}

function receive(event) {
  const before = byId("incident").childElementCount;
  for (const [id, html] of Object.entries(JSON.parse(event.data))) put(id, html);
  if (!before && byId("incident").childElementCount) byId("scenes").open = false; // The story is on.
  tick();
  speak();
}

let stream;

function listen() { // Behind other tabs the page rests, unless it speaks: each one that is live is drawn four times a second.
  stream?.close();
  if (document.hidden && !byId("speak").checked) return;
  stream = new EventSource("/live");
  stream.onmessage = receive;
  stream.onerror = () => complain("The sandbox does not answer. Is it still running?");
  stream.onopen = () => complain("");
}

document.addEventListener("visibilitychange", listen);
listen();

// What is pressed ------------------------------------------------------------------------------------------------------

let sending = Promise.resolve(); // One after the other, so that keys arrive in their order.

function complain(text) {
  byId("error").textContent = text;
  byId("error").hidden = !text;
}

async function post(form, body) {
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  complain(answer.type === "opaqueredirect" || answer.ok ? "" : await answer.text());
}

function submit(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  form.classList.add("busy");
  if (form.classList.contains("composer")) form.reset();
  if (form.matches("#scenes form")) byId("scenes").open = false, scrollTo(0, 0);
  sending = sending
    .then(() => post(form, body))
    .catch(() => complain("The sandbox does not answer. Is it still running?"))
    .finally(() => form.classList.remove("busy"));
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  submit(event.target, event.submitter);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-instant]");
  if (form) submit(form);
});

document.addEventListener("keydown", (event) => {
  const call = event.target.closest?.("[data-keys], .screen")?.parentElement.querySelector("[data-keys]");
  if (!call || event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
  const button = [...call.querySelectorAll("button.key")].find((each) => each.value === event.key);
  if (button) submit(button.form, button), event.preventDefault();
});

document.addEventListener("toggle", (event) => {
  for (const each of event.target.querySelectorAll("[data-tail]")) each.scrollTop = each.scrollHeight;
}, true);

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) byId(opener.dataset.open).open = true;
  const picture = event.target.closest("[data-picture]");
  if (picture) save(picture), event.preventDefault();
  const letter = event.target.closest("a[target^='letter-']");
  const frame = letter?.closest(".mailbox").querySelector("template"); // All at once cost more than the page itself.
  frame?.replaceWith(frame.content);
});

async function save(link) { // As PNG, which every telephone shows; without scripts the link leads to the SVG.
  const image = link.closest("figure").querySelector("img");
  const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 630 });
  canvas.getContext("2d").drawImage(image, 0, 0, 1200, 630);
  const blob = await new Promise((done) => canvas.toBlob(done));
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: link.download.replace(".svg", ".png") }).click();
  URL.revokeObjectURL(url);
}

// The time -------------------------------------------------------------------------------------------------------------

const loadedAt = new WeakMap();

function tick() {
  const face = document.querySelector("[data-now]");
  if (!loadedAt.has(face)) loadedAt.set(face, Date.now());
  const now = Number(face.dataset.now) + ((Date.now() - loadedAt.get(face)) / 1000) * Number(face.dataset.speed);
  for (const due of document.querySelectorAll("[data-due]")) due.textContent = until(Number(due.dataset.due) - now);
}

function until(seconds) {
  if (seconds < 1) return "now";
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `in ${hours} h ${minutes} min`;
  return minutes ? `in ${minutes} min ${rest} s` : `in ${rest} s`;
}

setInterval(tick, 500);

// The voice ------------------------------------------------------------------------------------------------------------

const spoken = new Set();
const canSpeak = "speechSynthesis" in window;
byId("speak").closest("p").hidden = !canSpeak;

function speak() {
  if (!canSpeak) return;
  const words = [...document.querySelectorAll("[data-say]")].filter((each) => !spoken.has(each.dataset.say));
  if (!document.querySelector("[data-say]")) speechSynthesis.cancel();
  for (const each of words) {
    spoken.add(each.dataset.say);
    if (!byId("speak").checked) continue;
    const said = new SpeechSynthesisUtterance(each.textContent);
    said.lang = each.lang;
    said.rate = 0.95;
    speechSynthesis.speak(said);
  }
}

byId("speak").addEventListener("change", () => {
  if (!byId("speak").checked) speechSynthesis.cancel();
});

document.documentElement.classList.add("scripted");
new ResizeObserver(([bar]) => { // What the keyboard leads to stands below the bar, however much that says.
  document.documentElement.style.scrollPaddingTop = `${bar.target.offsetHeight + 8}px`;
}).observe(document.querySelector(".clock"));
for (const each of document.querySelectorAll("[data-tail]")) each.scrollTop = each.scrollHeight;
tick();
