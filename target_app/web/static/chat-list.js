// The member's conversations: search, filter, more when scrolled, rename and delete in place.

import { get, patch } from "./api.js";
import { Row } from "./chat-row.js";
import { deleted } from "./chat-kept.js";
import { changed } from "./chat-tabs.js";
import { deleteLater } from "./chat-undo.js";
import { serveMenu } from "./menu.js";
import { warn } from "./news.js";

const PAGE = 50;
const MOST_AT_ONCE = 100;
const TYPED_MS = 200;

export class ConversationList {
  #rows = new Map();
  #cursor = null;
  #asked = 0;
  #current = null;

  // `on` hears: open(id, title), renamed(id, title), deleted(id, next), restored(id, title).
  constructor(nav, on) {
    this.on = on;
    this.list = nav.querySelector("ul");
    this.none = nav.querySelector(".none");
    this.more = nav.querySelector('[data-act="more"]');
    this.search = nav.querySelector('input[type="search"]');
    this.filter = nav.querySelector("select");
    const open = serveMenu(document.getElementById("conversation-menu"), (act, button) => this.#choose(act, button));
    this.openMenu = open;
    this.more.addEventListener("click", () => this.next());
    this.search.addEventListener("input", () => this.#typed());
    this.filter.addEventListener("change", () => this.reload());
    this.list.addEventListener("click", (event) => this.#click(event));
    new IntersectionObserver(([seen]) => seen.isIntersecting && !this.more.hidden && this.next()).observe(this.more);
  }

  get project() {
    return this.filter.value || null;
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.reload(), TYPED_MS);
  }

  #query(limit, cursor) {
    const words = { limit, ...(cursor && { cursor }), ...(this.project && { project_id: this.project }) };
    const text = this.search.value.trim();
    return new URLSearchParams(text ? { ...words, q: text } : words);
  }

  // Asks for the list anew, as far as it was shown.
  async reload() {
    const turn = (this.#asked += 1);
    const shown = Math.min(Math.max(this.#rows.size, PAGE), MOST_AT_ONCE);
    const page = await this.#page(shown, null);
    if (page && turn === this.#asked) {
      this.#show(page.items);
      this.#end(page.next_cursor);
    }
  }

  async next() {
    if (this.loading || !this.#cursor) {
      return;
    }
    const turn = this.#asked;
    this.loading = true;
    const page = await this.#page(PAGE, this.#cursor);
    this.loading = false;
    if (page && turn === this.#asked) {
      for (const conversation of page.items) {
        this.#put(conversation);
      }
      this.#end(page.next_cursor);
    }
  }

  async #page(limit, cursor) {
    try {
      return await get(`/conversations?${this.#query(limit, cursor)}`);
    } catch (error) {
      warn(`Your conversations could not be shown. ${error.message}`, { offer: { label: "Show them", run: () => this.reload() } });
      return null;
    }
  }

  // Keeps the rows that stay: one of them may have the focus, or be renamed right now.
  #show(items) {
    const wanted = new Set(items.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (!wanted.has(id)) {
        row.node.remove();
        this.#rows.delete(id);
      }
    }
    items.forEach((conversation) => this.#put(conversation));
    items.forEach(({ id }, index) => this.#place(this.#rows.get(id), index));
  }

  #place(row, index) {
    if (row && this.list.children[index] !== row.node) {
      this.list.insertBefore(row.node, this.list.children[index] ?? null);
    }
  }

  #put({ id, title }) {
    if (deleted.has(id)) {
      return;
    }
    const known = this.#rows.get(id);
    if (known) {
      known.title = title;
      return;
    }
    const row = new Row(id, title, (text) => this.#rename(row, text));
    row.current = id === this.#current;
    this.#rows.set(id, row);
    this.list.append(row.node);
  }

  #end(cursor) {
    this.#cursor = cursor;
    this.more.hidden = cursor === null;
    this.#showWhetherEmpty();
  }

  #showWhetherEmpty() {
    const narrowed = this.search.value.trim() || this.project;
    this.none.hidden = this.list.childElementCount > 0;
    this.none.textContent = narrowed ? "Nothing found." : "Your conversations will be listed here.";
  }

  // Puts a conversation that has just begun on top.
  add(conversation) {
    this.#put(conversation);
    this.#place(this.#rows.get(conversation.id), 0);
    this.#showWhetherEmpty();
  }

  select(id) {
    this.#current = id;
    for (const [other, row] of this.#rows) {
      row.current = other === id;
    }
  }

  // Gives "" for one that is not there any more: whoever opens it is told.
  async titleOf(id) {
    const known = this.#rows.get(id) ?? (await get(`/conversations/${id}`).catch(() => ({ title: "" })));
    return known.title;
  }

  #click(event) {
    const row = this.#rows.get(event.target.closest("li")?.dataset.id);
    const button = event.target.closest('[data-act="menu"]');
    if (row && button) {
      this.openMenu(button);
    } else if (row && event.target.closest("a") && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      this.on.open(row.id, row.title);
    }
  }

  #choose(act, button) {
    const row = this.#rows.get(button.closest("li").dataset.id);
    if (act === "rename") {
      row.edit();
    } else {
      this.#delete(row);
    }
  }

  async #rename(row, text) {
    const { title } = await patch(`/conversations/${row.id}`, { title: text });
    row.title = title;
    this.on.renamed(row.id, title);
    changed("list", row.id);
  }

  #delete(row) {
    const after = row.node.nextElementSibling;
    const next = after ?? row.node.previousElementSibling;
    row.node.remove();
    this.#rows.delete(row.id);
    this.#showWhetherEmpty();
    deleteLater(row.id, () => this.#restore(row, after));
    this.on.deleted(row.id);
    (next?.querySelector("a") ?? this.search).focus();
  }

  #restore(row, after) {
    this.#rows.set(row.id, row);
    this.list.insertBefore(row.node, after?.isConnected ? after : null);
    this.#showWhetherEmpty();
    row.node.querySelector("a").focus();
    this.on.restored(row.id, row.title);
  }
}
