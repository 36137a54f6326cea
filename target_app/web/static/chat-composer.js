// Where messages are written: a field that grows, and the button that sends or stops.

import { draft } from "./chat-kept.js";

const MOST_PX = 240;

export class Composer {
  // `send(text)` and `stop()` are called once for each wish.
  constructor(form, { send, stop }) {
    this.form = form;
    this.field = form.elements.message;
    this.model = form.elements.model;
    this.sendButton = form.querySelector('[data-act="send"]');
    this.stopButton = form.querySelector('[data-act="stop"]');
    this.conversation = null;
    this.onSend = send;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.stopButton.addEventListener("click", () => {
      this.field.focus();
      stop();
    });
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("input", () => this.changed());
  }

  get busy() {
    return !this.stopButton.hidden;
  }

  get text() {
    return this.field.value.replaceAll("\0", "").replaceAll("\r\n", "\n");
  }

  set text(text) {
    this.field.value = text;
    this.changed();
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  submit() {
    const { text } = this;
    if (this.busy || text.trim() === "") {
      return;
    }
    this.text = "";
    this.field.focus();
    this.onSend(text);
  }

  changed() {
    this.sendButton.disabled = this.text.trim() === "";
    draft.keep(this.conversation, this.field.value);
    this.grow();
  }

  grow() {
    if (!CSS.supports("field-sizing", "content")) {
      this.field.style.height = "auto";
      this.field.style.height = `${Math.min(this.field.scrollHeight + 2, MOST_PX)}px`;
    }
  }

  // Shows the draft of a conversation; null is the one that has not begun.
  turnTo(conversation) {
    this.conversation = conversation;
    this.field.value = draft.of(conversation);
    this.sendButton.disabled = this.text.trim() === "";
    this.grow();
  }

  // Each button writes a beginning.
  offer(buttons) {
    for (const button of buttons) {
      button.addEventListener("click", () => {
        this.text = button.dataset.starter;
        this.field.focus();
      });
    }
  }

  // Gives back what could not be sent; what was written since comes after it.
  giveBack(text) {
    this.text = this.text.trim() ? `${text}\n\n${this.field.value}` : text;
    this.field.focus();
  }

  showBusy(busy) {
    const held = this.form.contains(document.activeElement) || document.activeElement === document.body;
    this.stopButton.hidden = !busy;
    this.sendButton.hidden = busy;
    if (held) {
      this.field.focus();
    }
  }
}
