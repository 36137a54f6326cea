// Reads server-sent events from the answer to any request, as the WHATWG HTML standard (section 9.2.6) says, and asks
// again from the last event where the answer was cut.

const WAITS_MS = [200, 400, 800, 1600, 3200, 6400];
const TRANSIENT = new Set([0, 502, 504]);

// Takes text in pieces of any size, and gives the events that are whole.
export class EventReader {
  lastId = "";
  #rest = "";
  #begun = false;
  #type = "";
  #data = [];

  feed(text) {
    let whole = this.#rest + text;
    if (!this.#begun && whole) {
      this.#begun = true;
      whole = whole.replace(/^\uFEFF/, "");
    }
    // A carriage return at the end may be half of a line's end.
    const held = whole.endsWith("\r") ? 1 : 0;
    const lines = whole.slice(0, whole.length - held).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() + whole.slice(whole.length - held);
    return lines.map((line) => this.#take(line)).filter(Boolean);
  }

  #take(line) {
    if (line === "") {
      return this.#dispatch();
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      this.#type = value;
    } else if (name === "data") {
      this.#data.push(value);
    } else if (name === "id" && !value.includes("\0")) {
      this.lastId = value;
    }
    return null;
  }

  #dispatch() {
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.lastId };
    const empty = this.#data.length === 0;
    this.#type = "";
    this.#data = [];
    return empty ? null : event;
  }
}

// Gives the events of one answer as they come.
export async function* eventsOf(answer) {
  if (!answer.body) {
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield* events.feed(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Gives events until one is `last(event)`. `ask(id)` asks for those after an id, "" for all; it is asked again where
// an answer was cut. Throws what `ask` throws when asking again does not help, and DOMException when `signal` says so.
export async function* follow(ask, { last, signal, pause = wait }) {
  let id = "";
  let tries = 0;
  for (;;) {
    let cause = new Error("The answer was cut, and could not be taken up again.");
    try {
      const answer = await ask(id);
      if (answer.status === 204) {
        return;
      }
      for await (const event of eventsOf(answer)) {
        tries = 0;
        id = event.id || id;
        yield event;
        if (last(event)) {
          return;
        }
      }
    } catch (error) {
      if (!isTransient(error)) {
        throw error;
      }
      cause = error;
    }
    signal?.throwIfAborted();
    if (tries >= WAITS_MS.length) {
      throw cause;
    }
    await pause(WAITS_MS[tries], signal);
    tries += 1;
  }
}

// A cut shows as a TypeError while reading, and as a refusal with status 0 while asking.
function isTransient(error) {
  return error instanceof TypeError || TRANSIENT.has(error.status);
}

// Waits, and no longer than until there is a network again.
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      done();
      reject(signal.reason);
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.("online", done);
    signal?.addEventListener("abort", stop);
  });
}
