// Keeps the page live: puts in what has changed, counts the time, says whether the line holds.
// Without scripts every button works; the page then shows what is new when it is loaded again.
"use strict";

const byId = (id) => document.getElementById(id);
const state = document.querySelector("[data-seen]");
const line = byId("line");
const plainTitle = document.title.replace(/^\(\d+\) /, "");
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: line.dataset.zone });
let now = Number(state.dataset.now);
let learned = Date.now();
let heard = Date.now();

function alter(element, how) { // What is open stays open, and who stands on a button stands there still.
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const path = focused && focused.closest("[id]").id;
  const label = focused && focused.textContent;
  const opened = [...element.querySelectorAll("details[open][id]")].map((each) => each.id);
  how();
  for (const each of opened) if (byId(each)) byId(each).open = true;
  const again = path && byId(path) && [...byId(path).querySelectorAll("a, button, input, select, summary")]
    .find((each) => each.textContent === label);
  if (again) again.focus({ preventScroll: true });
}

function put(id, html) { // Every word in it was escaped by the server.
  const element = byId(id) ?? listed(id);
  if (element) alter(element, () => { element.innerHTML = html; });
}

function exchange(id, first, last, count, html) { // Of a list, the items that differ.
  const list = byId(id);
  if (list?.children.length !== count) return anew();
  alter(list, () => {
    for (const each of [...list.children].slice(first, count - last)) each.remove();
    const next = list.children[first];
    if (next) next.insertAdjacentHTML("beforebegin", html);
    else list.insertAdjacentHTML("beforeend", html);
  });
}

const unseen = new IntersectionObserver((entries) => {
  for (const each of entries) if (each.isIntersecting) unseen.unobserve(each.target), fetchAnew(each.target);
});

async function fetchAnew(element) { // What is too large for an event, once it is in sight, or unfolded.
  const turn = element.turn = (element.turn ?? 0) + 1;
  const answer = await fetch(state.dataset.live.replace(/live$/, `regions/${element.id}`)).catch(() => null);
  if (!answer?.ok || answer.redirected) return setTimeout(() => unseen.observe(element), 5000);
  const html = await answer.text();
  if (turn === element.turn) put(element.id, html);
}

let hasChanged = false; // Since the page was loaded: whom an act can be about, and who would hear of it, may be others now.

document.addEventListener("toggle", async ({ target }) => {
  if (!hasChanged || !target.open || !target.matches(".doing > details")) return;
  const answer = await fetch(location.pathname).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(target.id);
  if (!fresh) return;
  target.querySelector(":scope > p")?.replaceWith(document.adoptNode(fresh.querySelector(":scope > p")));
  for (const each of target.querySelectorAll("select")) // What is chosen stays, unless it was the only one.
    if (!each.value || each.length === 2) each.replaceChildren(...fresh.querySelector(`#${each.id}`).children);
}, true);

function listed(id) { // An incident that is new on the board.
  return id.startsWith("incident-") && byId("open")?.appendChild(Object.assign(document.createElement("li"), { id }));
}

function sort() { // By severity and need, as the server does; what stands right is not touched, nor loses its focus.
  const order = (item) => item.querySelector("[data-order]").dataset.order;
  const items = [...document.querySelectorAll("#open > li")];
  items.sort((one, other) => (order(one) < order(other) ? -1 : 1));
  items.forEach((item, place) => {
    const there = byId("open").children[place];
    if (there !== item) there.before(item);
  });
}

function receive(event) {
  const { proof, user, you } = state.dataset; // Many pages are told the same: each puts in what is its own.
  const news = JSON.parse(event.data.replaceAll("__PROOF__", proof).replaceAll(`<span class=user>${user}</span>`, you));
  const waited = document.querySelectorAll("#matters .matter:not(.put-off)").length;
  now = news.now, learned = heard = Date.now(), hasChanged = true;
  query.set("seen", event.lastEventId); // What a stream that begins anew goes on from.
  if (news.all) for (const each of document.querySelectorAll("#open > li")) if (!(each.id in news.regions)) each.remove();
  for (const [id, html] of Object.entries(news.regions)) {
    if (id === "title") document.title = html + plainTitle;
    else if (html === null) byId(id)?.remove();
    else if (html === true) byId(id) && unseen.observe(byId(id)); // A closed incident has less on its page.
    else if (Array.isArray(html)) exchange(id, ...html);
    else put(id, html);
  }
  sort();
  if (document.querySelectorAll("#matters .matter:not(.put-off)").length > waited && box?.checked) sound();
  tick();
}

const query = new URLSearchParams(location.search);
query.set("seen", state.dataset.seen);

let stream = null, hasEnded = false;

function follow() {
  if (stream || hasEnded) return;
  stream = new EventSource(`${state.dataset.live}?${query}`);
  stream.onmessage = receive;
  stream.addEventListener("still", (event) => { now = Number(event.data), learned = heard = Date.now(), tick(); });
  stream.addEventListener("away", () => { heard = 0, tick(); });
  stream.addEventListener("here", (event) => {
    const others = JSON.parse(event.data);
    if (byId("here")) byId("here").textContent = others.length ? `${byId("here").dataset.words} ${others.join(", ")}` : "";
  });
  stream.addEventListener("over", end);
  // A browser tries again by itself, but not where it was refused: a server that comes back may do so for a moment.
  stream.onerror = () => { if (stream?.readyState === EventSource.CLOSED) leave(), setTimeout(wake, 5000); };
}

function end() { // The session is over: what stands here grows old, and the way back in is said.
  heard = 0, tick(), hasEnded = true, leave();
  const enter = Object.assign(document.createElement("a"), { textContent: document.body.dataset.enter, href: location.href });
  line.replaceChildren(`${document.body.dataset.ended} ${clock.format(now * 1000)} `, enter);
}

function anew() { // Something here is not what the server takes it for: it says all of it once more.
  query.set("seen", ""), leave(), follow();
}

function leave() {
  stream?.close();
  stream = null;
}

// A browser has six connections to a server: a page that nobody sees gives its own up, but for one board, whose sound
// and title are for those who look elsewhere.
let watches = false;

function wake() {
  if (!document.hidden || watches) follow();
  else leave();
}

document.addEventListener("visibilitychange", wake);
document.addEventListener("left", () => { hasEnded = true, leave(); });
if (document.body.classList.contains("board")) navigator.locks?.request("desk board", () => {
  watches = true, wake();
  return new Promise(() => {}); // Until the page is closed.
});
wake();

function tick() {
  const at = now + (Date.now() - learned) / 1000;
  for (const due of document.querySelectorAll("[data-due]")) { // The server's clock time stays, with what is left beside it.
    due.dataset.clock ??= due.textContent;
    const words = `${due.dataset.clock} (${until(Date.parse(due.dateTime) / 1000 - at)})`;
    if (due.textContent !== words) due.textContent = words;
  }
  const old = Date.now() - heard > 40000;
  line.classList.toggle("old", old);
  if (hasEnded) return;
  line.textContent = `${old ? line.dataset.old : line.dataset.live} ${clock.format(now * 1000)}`;
}

function until(seconds) {
  if (seconds < 1) return line.dataset.over;
  const whole = seconds < 300 ? Math.round(seconds) : 60 * Math.round(seconds / 60); // Above five minutes no seconds.
  const parts = [[Math.floor(whole / 3600), "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  return [line.dataset.ahead, ...parts.filter(([count]) => count).flat()].join(" ");
}

const present = document.querySelector("#picture .now"); // What happens now is in sight, and some of what was before.
if (present) byId("picture").scrollLeft = present.x1.baseVal.value - byId("picture").clientWidth * 0.7;
setInterval(tick, 1000);
tick();

// A page may sound only once somebody has touched it: the box is ticked while what comes will be heard.
const WISHED = "desk-sound";
const box = byId("sound");
let speaker = null;

function listen() {
  if (!localStorage.getItem(WISHED)) return;
  if (!speaker) speaker = new AudioContext(), speaker.onstatechange = hears, hears();
  speaker.resume();
}

function hears() {
  box.checked = speaker.state === "running";
  box.parentElement.classList.toggle("old", !box.checked && localStorage.getItem(WISHED));
}

if (box && window.AudioContext) {
  box.closest("p").hidden = false;
  box.onchange = () => {
    if (box.checked) localStorage.setItem(WISHED, "yes"), listen(), sound();
    else localStorage.removeItem(WISHED), speaker.suspend();
  };
  for (const touch of ["click", "keydown"]) document.addEventListener(touch, ({ target }) => target === box || listen());
  listen();
}

function sound() {
  const [tone, volume] = [speaker.createOscillator(), speaker.createGain()];
  tone.connect(volume).connect(speaker.destination);
  volume.gain.setValueAtTime(0.2, speaker.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, speaker.currentTime + 0.8);
  tone.start(), tone.stop(speaker.currentTime + 0.8);
}
