// One conversation on the page: what was said, and what is being said.

import { get } from "./api.js";
import { hear, newAsk, stop } from "./chat-answering.js";
import { sending } from "./chat-kept.js";
import { changed } from "./chat-tabs.js";
import { Answer, Question } from "./chat-turn.js";

const PAGE = 200;
const LOOKS_MS = [1500, 3000, 6000, 12_000];

// `on` hears: begun(thread), said(text), drawn(thread), ended(thread, how), refused(thread, error, ask),
// counted(thread, n), gone(thread).
export class Thread {
  id;
  title;
  busy = false;
  #answer = null;
  #stopWanted = false;
  #away = new AbortController();
  #known = new Set();

  constructor({ id = null, title = "", on }) {
    Object.assign(this, { id, title, on });
    this.node = document.createElement("div");
    this.node.className = "turns";
  }

  get empty() {
    return this.node.childElementCount === 0;
  }

  // Reads what was said, and goes on where an answer was cut.
  async load() {
    const said = await this.#history();
    this.#known = new Set(said.map(({ id }) => id));
    const turns = [];
    for (const message of said) {
      turns.push(this.#turnOf(message, turns.at(-1)));
    }
    this.node.replaceChildren(...turns.map(({ node }) => node));
    const ask = sending.of(this.id);
    const last = turns.at(-1);
    if (ask && !(ask.messageId && this.#known.has(ask.messageId))) {
      const shown = last instanceof Question && last.content === ask.content;
      // What is kept was counted before this page was made.
      ask.counted ||= shown;
      this.ask(ask, shown ? last : null);
    } else {
      sending.forget(this.id);
      if (last instanceof Question) {
        this.#lookForAnswer(last, said.length);
      }
    }
  }

  async #history() {
    const said = [];
    let cursor = null;
    do {
      const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
      const page = await get(`/conversations/${this.id}/messages?${query}`);
      said.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return said;
  }

  #turnOf({ role, content, status }, before) {
    if (role === "user") {
      return new Question(content);
    }
    const answer = this.#newAnswer(before?.content ?? null);
    answer.append(content);
    answer.finish(status);
    return answer;
  }

  #newAnswer(question) {
    const answer = new Answer({ question, drawn: () => this.on.drawn(this) });
    answer.node.querySelector('[data-act="retry"]').addEventListener("click", () => this.retry(question));
    answer.node.querySelector('[data-act="copy"]').addEventListener("click", () => this.on.copy(answer.text));
    return answer;
  }

  retry(question) {
    if (!this.busy) {
      this.on.retry(this, question);
    }
  }

  send(content, model, options) {
    return this.ask(newAsk(content, model, options));
  }

  // Asks, and shows the answer as it comes. `shown` is the question if it can be seen already.
  async ask(ask, shown = null) {
    if (this.busy) {
      return;
    }
    const question = shown ?? new Question(ask.content);
    const answer = this.#newAnswer(ask.content);
    this.#begin(question, answer);
    try {
      for await (const event of hear(this.id, ask, this.#away.signal)) {
        if (this.#take(event, answer, ask)) {
          break;
        }
      }
      this.#settle(question, answer);
    } catch (error) {
      this.#refused(error, question, answer, ask);
    }
  }

  #begin(question, answer) {
    this.busy = true;
    this.#stopWanted = false;
    this.#answer = answer;
    this.how = null;
    question.mark(null);
    answer.wait();
    this.node.append(question.node, answer.node);
    this.on.begun(this);
  }

  // Takes an event in; true if it is the last, or tells what can be seen already.
  #take({ type, data }, answer, ask) {
    if (type === "start") {
      if (this.#known.has(data.message_id)) {
        this.how = "known";
        return true;
      }
      this.#started(ask);
    } else if (type === "token") {
      answer.append(data.text);
      this.on.said(this, data.text);
    } else if (type === "end") {
      this.#known.add(ask.messageId);
      this.how = data.finish_reason === "stopped" ? "stopped" : "complete";
    } else if (type === "error") {
      this.how = "failed";
      this.problem = data;
    }
    return type === "end" || type === "error";
  }

  #started(ask) {
    if (!ask.counted) {
      ask.counted = true;
      this.on.counted();
    }
    changed("said", this.id);
    if (this.#stopWanted) {
      this.stop();
    }
  }

  #settle(question, answer) {
    const how = this.how ?? "cut";
    if (how === "known") {
      question.remove();
      answer.remove();
      sending.forget(this.id);
    } else {
      answer.finish(how);
    }
    this.#end(how);
    if (how === "failed") {
      this.on.failed(this, this.problem, question.content);
    }
    changed("said", this.id);
  }

  #refused(error, question, answer, ask) {
    const how = ask.messageId ? "cut" : "unsent";
    if (how === "cut") {
      answer.finish(how);
    } else {
      answer.remove();
      question.mark(how);
    }
    this.#end(how);
    const again = () => {
      answer.remove();
      this.ask(ask, question);
    };
    // What was refused for a reason can be put right and sent as something new.
    const lasting = error.status >= 400 && error.status < 500;
    if (lasting) {
      sending.forget(this.id);
      question.remove();
    }
    this.on.refused(this, { error, ask, lasting, again });
  }

  #end(how) {
    this.busy = false;
    this.#answer = null;
    this.on.ended(this, how);
  }

  // Asks for an end of the answer; what was said stays.
  async stop() {
    if (!this.busy) {
      return;
    }
    this.#stopWanted = true;
    if (!this.id) {
      return;
    }
    try {
      await stop(this.id);
    } catch (error) {
      this.on.notStopped(this, error);
    }
  }

  // Another tab or device may be writing: looks again a few times before it says that no answer came.
  async #lookForAnswer(question, count) {
    for (const ms of LOOKS_MS) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (this.busy || !question.node.isConnected) {
        return;
      }
      const said = await this.#history().catch(() => []);
      if (said.length > count) {
        await this.load();
        this.on.drawn(this);
        return;
      }
    }
    const answer = this.#newAnswer(question.content);
    answer.finish("cut");
    this.node.append(answer.node);
  }

  // Throws away what belongs to a conversation that is no more.
  leave() {
    this.#away.abort();
  }
}
