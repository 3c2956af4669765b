// One field for everything: the key "/" leads into it, and on its page a single key does each act.
// Who speaks to the machine, or has no steady hand, switches that off on the page of the account.
"use strict";

const OFF = "desk-keys-off";
const choice = document.getElementById("keys");

if (choice) {
  choice.closest("p").hidden = false;
  choice.checked = !localStorage.getItem(OFF);
  choice.onchange = () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"));
}

document.addEventListener("keydown", (event) => {
  if (localStorage.getItem(OFF) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const field = document.getElementById("find");
  if (event.key === "/" && field) event.preventDefault(), field.focus(), field.select();
  else document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
});
