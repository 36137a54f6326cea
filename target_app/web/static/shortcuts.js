// Keys that do something. A key without Ctrl never acts while somebody types, and all of those can be switched off.

import { ask } from "./dialog.js";

const OFF = "gonogo.single-keys-off";
const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";
const known = new Map();

export function singleKeysOn() {
  return localStorage.getItem(OFF) === null;
}

export function setSingleKeys(on) {
  if (on) {
    localStorage.removeItem(OFF);
  } else {
    localStorage.setItem(OFF, "1");
  }
}

// Another registration of a key takes the place of the one before.
export function shortcut(key, what, run) {
  known.set(key, { what, run });
}

// Keys that an element handles by itself are only listed.
export function listed(key, what) {
  known.set(key, { what, run: null });
}

export async function showShortcuts() {
  const sheet = document.getElementById("shortcuts");
  if (sheet.open) {
    return;
  }
  sheet.querySelector(".keys").replaceChildren(...[...known].map(([key, { what }]) => line(key, what)));
  document.getElementById("shortcuts-off").hidden = singleKeysOn();
  await ask(sheet);
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    const found = known.get(event.key);
    if (!found?.run || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) {
      return;
    }
    const single = event.key.length === 1;
    const busy = document.querySelector("dialog[open]") !== null;
    if (single && (!singleKeysOn() || busy || event.target.closest?.(TYPING))) {
      return;
    }
    if (single) {
      event.preventDefault();
    }
    found.run(event);
  });
}

function line(key, what) {
  const whole = document.createElement("div");
  const term = document.createElement("dt");
  const told = document.createElement("dd");
  for (const part of key.split("+")) {
    const cap = document.createElement("kbd");
    cap.textContent = part;
    term.append(cap);
  }
  told.textContent = what;
  whole.append(term, told);
  return whole;
}
