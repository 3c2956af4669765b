// The editor of the trees: numbers its lines, marks faults beside them while one types, and offers what fits there, by
// the schema of the files and the names that stand in them. Without scripts it is a field of text that is checked when
// it is sent.
"use strict";

const form = document.getElementById("edit");
const text = document.getElementById("text");
const gutter = document.getElementById("gutter");
const found = document.getElementById("found");
const offers = document.getElementById("offers");
const CHECKED_AFTER = 900;
let schema = null;

// Lines and faults.

function number() {
  const items = text.value.split("\n").map((_, at) => element("li", at + 1));
  for (const link of found.querySelectorAll("[data-line]")) {
    const item = items[link.dataset.line - 1], finding = link.parentElement;
    if (item) item.className ||= finding.className, item.title += `${finding.querySelector("span").textContent}\n`;
  }
  gutter.replaceChildren(...items);
  gutter.scrollTop = text.scrollTop;
}

let drawn = 0;
function numberSoon() { // Once for all that comes between two frames: a text of three hundred lines may come line by line.
  cancelAnimationFrame(drawn);
  drawn = requestAnimationFrame(number);
}

function element(name, words, more = {}) {
  return Object.assign(document.createElement(name), { textContent: words, ...more });
}

let soon = 0;
let turn = 0;
function checkSoon() {
  clearTimeout(soon);
  soon = setTimeout(async () => {
    const mine = ++turn;
    const fields = new URLSearchParams(new FormData(form));
    fields.set("step", "found");
    const answer = await fetch(form.action, { method: "POST", body: fields }).catch(() => null);
    const html = answer?.ok && await answer.text();
    if (html && mine === turn) found.innerHTML = html, number(); // Every word in it was escaped by the server.
  }, CHECKED_AFTER);
}

found.addEventListener("click", (event) => {
  const line = Number(event.target.dataset?.line);
  if (!line) return;
  event.preventDefault();
  goTo(line);
});

function goTo(line) {
  const begins = text.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(begins, begins + text.value.split("\n")[line - 1].length);
  text.scrollTop = (line - 5) * parseFloat(getComputedStyle(text).lineHeight);
}

// What fits where the cursor is.

function resolved(node) {
  while (node?.$ref) node = schema.$defs[node.$ref.split("/").pop()];
  return node ?? {};
}

function forms(node) { // Every form that the value may have.
  node = resolved(node);
  return [node, ...["anyOf", "oneOf", "allOf"].flatMap((each) => (node[each] ?? []).flatMap(forms))];
}

function path(lines) { // The keys above the last line, by how far they stand to the right.
  const keys = [];
  let room = lines.at(-1).search(/\S|$/);
  for (const line of lines.slice(0, -1).reverse()) {
    const key = /^(\s*)(?:- )?([\w-]+):/.exec(line);
    const indent = key ? key[1].length + (/^\s*- /.test(line) ? 2 : 0) : 0;
    if (key && key[1].length < room && indent < room) keys.unshift(key[2]), room = key[1].length;
  }
  return keys;
}

function inside(node, key, named = false) { // `named`: by its own name alone, and not as any id.
  return forms(node).flatMap((form) => [
    ...(form.properties?.[key] ? [form.properties[key]] : []),
    ...(typeof form.additionalProperties === "object" && !named ? [form.additionalProperties] : []),
    ...(form.items ? inside(form.items, key, named) : []),
  ]);
}

function fitting() {
  const lines = text.value.slice(0, text.selectionStart).split("\n");
  const line = lines.at(-1);
  const typed = /[\w:-]*$/.exec(line)[0];
  const known = /^(\s*)(?:- )?\{?(?:.*[{,]\s*)?([\w-]+):\s*\[?[^\]]*$/.exec(line);
  let nodes = places(path(lines));
  const ids = [...text.value.matchAll(/^ {2}([\w-]+):/gm)].map((each) => each[1]);
  if (known && !line.endsWith(":")) {
    nodes = nodes.flatMap((each) => inside(each, known[2]));
    const roles = nodes.flatMap((each) => forms(each)).flatMap((each) => forms(each.items ?? {}));
    const values = [...nodes.flatMap(forms), ...roles].flatMap((each) => [...(each.enum ?? []), ...("const" in each ? [each.const] : [])]);
    const named = /^(notify|last_resort|deputy)$/.test(known[2]) ? ids : [];
    return [typed, [...named, ...values.map(String)].map((each) => [each, each])];
  }
  const keys = nodes.flatMap(forms).flatMap((form) => [form, ...forms(form.items ?? {})]).flatMap((form) => Object.entries(form.properties ?? {}));
  return [typed, keys.map(([key, node]) => [`${key}: `, key, node.description ?? ""])];
}

// What the key means in whose line the cursor is.

const help = document.getElementById("key");
const leads = help.firstElementChild;
function explain() {
  const before = text.value.slice(0, text.selectionStart).split("\n");
  const rest = /^[^\n]*/.exec(text.value.slice(text.selectionStart))[0];
  const line = before.pop() + rest;
  const keys = [...line.matchAll(/([\w-]+):(?=\s|$)/g)].filter((each) => each.index <= line.length - rest.length);
  const key = keys.at(-1)?.[1];
  const above = path([...before, line]);
  const within = keys.length > 1 && /[{,]\s*$/.test(line.slice(0, keys.at(-1).index)) ? [keys[0][1]] : [];
  const known = schema === null || !key ? [] : [[...above, ...within], above].flatMap((each) => places(each)).flatMap((node) => inside(node, key, true));
  const found = known.find((node) => node.description);
  if (!found) return help.replaceChildren(leads);
  const example = element("code", JSON.stringify(found.examples?.[0] ?? ""));
  help.replaceChildren(element("strong", key), ` ${found.description} `, example, " ", leads);
}

function places(keys) {
  return keys.reduce((all, key) => all.flatMap((each) => inside(each, key)),
    Object.keys(schema.$defs).filter((each) => /^(Tree|Shared|Field|Countries)Form$/.test(each)).map((each) => schema.$defs[each]));
}

let chosen = 0;
function offer(always) {
  if (schema === null || text.selectionStart !== text.selectionEnd) return close();
  const [typed, all] = fitting();
  const fresh = [...new Map(all.filter(([word]) => word.startsWith(typed) && word.trim() !== `${typed}:`).map((each) => [each[0], each])).values()];
  if (!fresh.length || (!always && typed.length < 1)) return close();
  chosen = 0;
  offers.replaceChildren(...fresh.slice(0, 12).map(([word, shown, why], at) => {
    const item = element("li", shown, { role: "option", id: `offer-${at}` });
    if (why) item.append(" ", element("span", why, { className: "small" }));
    item.dataset.word = word;
    item.addEventListener("mousedown", (event) => { event.preventDefault(), take(word, typed); });
    return item;
  }));
  offers.dataset.typed = typed;
  offers.hidden = false;
  choose(0);
}

function choose(step) {
  const items = [...offers.children];
  chosen = (chosen + step + items.length) % items.length;
  items.forEach((item, at) => item.setAttribute("aria-selected", at === chosen));
  text.setAttribute("aria-activedescendant", items[chosen].id);
  items[chosen].scrollIntoView({ block: "nearest" });
}

function take(word, typed) {
  text.setRangeText(word, text.selectionStart - typed.length, text.selectionStart, "end");
  close();
  text.dispatchEvent(new Event("input"));
}

function close() {
  offers.hidden = true;
  text.removeAttribute("aria-activedescendant");
}

text.addEventListener("keydown", (event) => {
  if (event.key === " " && event.ctrlKey) return event.preventDefault(), offer(true);
  if (offers.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") event.preventDefault(), choose(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") close();
  else if (event.key === "Tab" || event.key === "Enter") {
    event.preventDefault();
    take(offers.children[chosen].dataset.word, offers.dataset.typed);
  }
});
text.addEventListener("input", (event) => {
  numberSoon(), checkSoon(), explain();
  if (event.isTrusted && event.inputType === "insertText") offer(false);
  else close();
});
text.addEventListener("blur", close);
text.addEventListener("scroll", () => { gutter.scrollTop = text.scrollTop; });
document.addEventListener("selectionchange", () => { if (document.activeElement === text) explain(); });
let sent = false;
form.addEventListener("submit", () => { sent = true; });
addEventListener("beforeunload", (event) => {
  if (!sent && ("unsaved" in form.dataset || text.value !== text.defaultValue)) event.preventDefault();
});
document.getElementById("hint").textContent = document.getElementById("hint").dataset.hint;
fetch("/desk/editions/schema.json").then((answer) => answer.json()).then((known) => { schema = known; });
number();
const asked = Number(/^#line-(\d+)$/.exec(location.hash)?.[1]);
if (asked) goTo(asked);
if (text.value && !found.children.length) checkSoon();
