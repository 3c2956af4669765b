// The simulator's slider: what has happened by the moment that it stands at lights up at once; another case, day or
// hour is asked for from the server. Without scripts the button does both.
"use strict";

const form = document.getElementById("case");
const night = document.getElementById("night");
let asked = 0;

function shown(minutes) {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

function look() {
  const after = Number(form.elements.after.value);
  document.getElementById("passed").textContent = shown(after);
  document.getElementById("hour").textContent = shown(Number(form.elements.minute.value)).padStart(5, "0");
  let told = 0;
  for (const each of night.querySelectorAll("[data-at]")) {
    const past = Number(each.dataset.at) <= after;
    const row = each.matches(".row");
    each.classList.toggle(row ? "lit" : "past", past);
    told += row && past;
  }
  for (const line of night.querySelectorAll(".cursor")) line.setAttribute("x1", after), line.setAttribute("x2", after);
  if (document.getElementById("told")) document.getElementById("told").textContent = told;
}

async function play() {
  const turn = ++asked;
  const fields = new URLSearchParams(new FormData(form));
  const plays = form.method === "post"; // An edit that is not in force, which no address holds.
  const there = plays ? form.action : `${form.action}?${fields}`;
  const answer = await fetch(there, plays ? { method: "POST", body: fields } : {}).catch(() => null);
  if (turn !== asked) return; // Another was asked for meanwhile.
  if (answer === null || answer.redirected) return form.submit();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const played = page.getElementById("night"); // None where it was refused, of which the page says why.
  night.replaceChildren(...(played ?? page.querySelector("main")).childNodes); // The server has escaped every word in it.
  if (!played) return;
  form.elements.after.max = page.querySelector("[name=after]").max;
  form.elements.after.step = page.querySelector("[name=after]").step;
  if (!plays) history.replaceState(null, "", there);
  look();
}

let soon = 0;
form.addEventListener("input", (event) => {
  look();
  if (event.target.name === "after") return;
  clearTimeout(soon);
  soon = setTimeout(play, 200);
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("formaction") === false) event.preventDefault(), play();
});
look();
