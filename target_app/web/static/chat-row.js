// One conversation in the list.

import { onSend } from "./form.js";

export class Row {
  #title = "";

  // `rename(text)` makes the new title so, or throws.
  constructor(id, title, rename) {
    this.id = id;
    this.node = document.getElementById("conversation").content.firstElementChild.cloneNode(true);
    this.node.dataset.id = id;
    this.shown = this.node.querySelector(".talk-shown");
    this.form = this.node.querySelector("form");
    this.link = this.node.querySelector("a");
    this.link.href = `/chat/${encodeURIComponent(id)}`;
    this.title = title;
    this.form.querySelector('[data-act="cancel"]').addEventListener("click", () => this.show());
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.show();
      }
    });
    onSend(this.form, async ({ title: text }) => {
      await rename(text.trim());
      this.show();
    });
  }

  get title() {
    return this.#title;
  }

  set title(title) {
    this.#title = title;
    this.link.querySelector("bdi").textContent = title;
    this.node.querySelector('[data-act="menu"]').setAttribute("aria-label", `Actions for ${title}`);
  }

  set current(current) {
    if (current) {
      this.link.setAttribute("aria-current", "page");
    } else {
      this.link.removeAttribute("aria-current");
    }
  }

  edit() {
    this.shown.hidden = true;
    this.form.hidden = false;
    const field = this.form.elements.title;
    field.value = this.#title;
    field.select();
    field.focus();
  }

  show() {
    this.form.hidden = true;
    this.shown.hidden = false;
    this.link.focus();
  }
}
