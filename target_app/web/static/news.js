// Tells people what happened: quietly in the page's status, at once in its alert.

const LINGER_MS = 8_000;

let timer;

function put(place, text, extra) {
  const line = document.createElement("p");
  line.append(text);
  // A screen reader speaks what is new: the same words again are new, too.
  place.replaceChildren(line, ...(extra ? [extra] : []));
}

// `offer` is {label, run}: a button beside the words, such as "Undo".
export function say(text, { offer, lingerMs = LINGER_MS } = {}) {
  const place = document.getElementById("status");
  clearTimeout(timer);
  quiet();
  put(place, text, offer && button(offer, place));
  if (place.closest(".news:not(.stays)")) {
    timer = setTimeout(() => clearUnlessUsed(place), lingerMs);
  }
}

export function warn(text, { offer } = {}) {
  const place = document.getElementById("alert");
  document.getElementById("status").replaceChildren();
  put(place, text, offer ? button(offer, place) : closer(place));
}

export function quiet() {
  document.getElementById("alert").replaceChildren();
}

function clearUnlessUsed(place) {
  if (place.matches(":focus-within, :hover")) {
    timer = setTimeout(() => clearUnlessUsed(place), LINGER_MS);
  } else {
    place.replaceChildren();
  }
}

function button({ label, run }, place) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "plain", textContent: label });
  made.addEventListener("click", () => {
    place.replaceChildren();
    run();
  });
  return made;
}

function closer(place) {
  if (!place.closest(".news:not(.stays)")) {
    return null;
  }
  return button({ label: "Dismiss", run: () => document.getElementById("main").focus() }, place);
}
