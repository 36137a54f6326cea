// One thing that was said, on the page: an article, with what can be done about it.

import { LiveMarkdown } from "./markdown.js";

// More than this is shown only when asked for: it would make any browser slow.
const MOST_SHOWN = 100_000;
const CHUNK = 10_000;
const ENDS = {
  stopped: "You stopped this answer.",
  failed: "This answer broke off.",
  unsent: "Not sent.",
  cut: "The connection was lost here.",
};

function article(who) {
  const node = document.getElementById("turn").content.firstElementChild.cloneNode(true);
  const name = node.querySelector("h2");
  name.textContent = who;
  name.id = `turn-${crypto.randomUUID()}`;
  node.setAttribute("aria-labelledby", name.id);
  node.classList.add(who === "You" ? "yours" : "theirs");
  return node;
}

class Turn {
  constructor(who) {
    this.node = article(who);
    this.body = this.node.querySelector(".said");
    this.note = this.node.querySelector(".note");
  }

  // Says in words how it ended, if not well.
  mark(how) {
    this.note.textContent = ENDS[how] ?? "";
    this.note.hidden = !ENDS[how];
  }

  remove() {
    this.node.remove();
  }
}

export class Question extends Turn {
  constructor(content) {
    super("You");
    this.content = content;
    this.node.querySelector(".acts").remove();
    plain(this.body, content);
  }
}

export class Answer extends Turn {
  text = "";
  #waiting = "";
  #shown = 0;
  #frame = 0;
  #notBefore = 0;

  // `question` is what it answers, if that is known; `drawn` is called when more of it can be seen.
  constructor({ question = null, drawn = () => {} } = {}) {
    super("Assistant");
    this.question = question;
    this.drawn = drawn;
    this.markdown = new LiveMarkdown(this.body);
    this.acts = this.node.querySelector(".acts");
    this.acts.querySelector('[data-act="retry"]').hidden = question === null;
  }

  wait() {
    this.node.setAttribute("aria-busy", "true");
    this.acts.hidden = true;
    this.body.replaceChildren(document.getElementById("thinking").content.cloneNode(true));
  }

  append(text) {
    if (this.text === "") {
      this.body.replaceChildren();
    }
    this.text += text;
    this.#waiting += text;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  // An answer that takes long to show is shown less often.
  #draw() {
    this.#frame = 0;
    const begun = performance.now();
    if (begun < this.#notBefore) {
      this.#frame = requestAnimationFrame(() => this.#draw());
      return;
    }
    this.#show();
    this.#notBefore = begun + 4 * Math.max(0, performance.now() - begun - 4);
  }

  #show() {
    const text = this.#waiting.slice(0, Math.max(0, MOST_SHOWN - this.#shown));
    this.#waiting = "";
    this.#shown += text.length;
    if (text) {
      this.markdown.append(text);
      this.drawn();
    }
  }

  finish(how) {
    cancelAnimationFrame(this.#frame);
    if (this.text === "") {
      this.body.replaceChildren();
    }
    this.#show();
    if (this.text.length > MOST_SHOWN) {
      this.body.append(moreOf(this.text));
    }
    this.node.removeAttribute("aria-busy");
    this.acts.hidden = false;
    this.acts.querySelector('[data-act="copy"]').hidden = this.text === "";
    this.mark(how);
    this.drawn();
  }
}

function moreOf(text) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain", textContent: `Show all ${text.length.toLocaleString("en")} characters` });
  button.addEventListener("click", () => {
    const body = button.parentElement;
    body.replaceChildren();
    plain(body, text);
    body.tabIndex = -1;
    body.focus();
  });
  return button;
}

// A very long text is laid out piece by piece, as it comes into view.
function plain(place, text) {
  for (let from = 0; from === 0 || from < text.length; from += CHUNK) {
    const piece = document.createElement("p");
    piece.dir = "auto";
    piece.className = "verbatim";
    piece.textContent = text.slice(from, from + CHUNK);
    place.append(piece);
  }
}
