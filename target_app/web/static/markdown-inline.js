// Takes one block's text apart: emphasis, code, links. Gives a tree of plain records, and takes time in proportion to
// the text, whatever it holds.
//
// {kind: "text", text}, {kind: "code", text}, {kind: "break"}, {kind: "link", href, title, children},
// {kind: "strong" | "em" | "del", children}

import { destination, safeAddress } from "./markdown-address.js";

const DEEPEST = 16;
const MARKS = { "*": "em", "**": "strong", _: "em", __: "strong", "~~": "del" };
const PLAIN = /[^\\`*_~[\]!<h\n]+/y;
const BARE = /https?:\/\/[^\s<>"`*]{1,2000}/y;
const BRACKETED = /<((?:https?:\/\/|mailto:)[^\s<>]{1,2000})>/y;
const TRAILING = /[.,;:!?'")\]}]+$/;

export function inline(text) {
  return new Scanner(text).run();
}

class Scanner {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.out = [];
    this.open = [];
    this.ticks = tickRuns(text);
  }

  run() {
    const { text } = this;
    while (this.at < text.length) {
      const sign = text[this.at];
      const taken = this.plain() || this.sign(sign);
      if (!taken) {
        this.say(sign);
        this.at += 1;
      }
    }
    return this.out;
  }

  sign(sign) {
    switch (sign) {
      case "\\": return this.escape();
      case "`": return this.code();
      case "*": case "_": case "~": return this.mark(sign);
      case "!": case "[": return this.openBracket(sign);
      case "]": return this.closeBracket();
      case "<": return this.address(BRACKETED);
      case "h": return this.address(BARE);
      default: return this.lineEnd();
    }
  }

  say(text) {
    const last = this.out.at(-1);
    if (last?.kind === "text") {
      last.text += text;
    } else {
      this.out.push({ kind: "text", text });
    }
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  plain() {
    const found = this.match(PLAIN);
    if (found) {
      this.say(found[0]);
      this.at += found[0].length;
    }
    return found !== null;
  }

  escape() {
    const next = this.text[this.at + 1] ?? "";
    if (next === "\n") {
      this.out.push({ kind: "break" });
    } else if (/[!-/:-@[-`{-~]/.test(next)) {
      this.say(next);
    } else {
      return false;
    }
    this.at += 2;
    return true;
  }

  // A run of backticks opens code if a run of the same length follows.
  code() {
    const length = runLength(this.text, this.at, "`");
    const places = this.ticks.get(length);
    while (places.length && places.at(-1) <= this.at) {
      places.pop();
    }
    const start = this.at + length;
    const end = places.at(-1);
    if (end === undefined) {
      this.say("`".repeat(length));
      this.at = start;
      return true;
    }
    const said = this.text.slice(start, end).replaceAll("\n", " ");
    this.out.push({ kind: "code", text: /^ .*[^ ].* $/.test(said) ? said.slice(1, -1) : said });
    this.at = end + length;
    return true;
  }

  mark(sign) {
    const length = runLength(this.text, this.at, sign);
    const before = this.text[this.at - 1] ?? " ";
    const after = this.text[this.at + length] ?? " ";
    const inWord = sign === "_" && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after);
    if (inWord || length > 3 || (sign === "~" && length !== 2)) {
      this.say(sign.repeat(length));
    } else {
      // Three are two and one; the other way round where they close.
      const parts = length === 3 ? [sign + sign, sign] : [sign.repeat(length)];
      const closes = /\S/.test(before) && parts.every((part) => this.opened(part));
      for (const part of closes && length === 3 ? this.inOrder(parts) : parts) {
        this.toggle(part, { closes: /\S/.test(before), opens: /\S/.test(after) });
      }
    }
    this.at += length;
    return true;
  }

  opened(mark) {
    return this.open.some((one) => one.mark === mark);
  }

  // What was opened last closes first.
  inOrder(marks) {
    const depth = (mark) => this.open.findLastIndex((one) => one.mark === mark);
    return [...marks].sort((one, other) => depth(other) - depth(one));
  }

  toggle(mark, { closes, opens }) {
    const at = closes ? this.open.findLastIndex((one) => one.mark === mark) : -1;
    if (at >= 0 && this.open[at].at < this.out.length - 1) {
      this.wrap(at, { kind: MARKS[mark] });
    } else {
      this.out.push({ kind: "text", text: mark });
      if (opens && this.open.length < DEEPEST) {
        this.open.push({ mark, at: this.out.length - 1 });
      }
      // What follows starts a text of its own: this one may turn into a mark.
      this.out.push({ kind: "text", text: "" });
    }
  }

  // Puts all that came since an opening mark into a record; marks left open between are text.
  wrap(index, record) {
    const { at } = this.open[index];
    const children = this.out.splice(at).slice(1);
    this.open.length = index;
    this.out.push({ ...record, children: children.filter((one) => one.text !== "") });
  }

  openBracket(sign) {
    const mark = sign === "!" ? "![" : "[";
    if (!this.text.startsWith(mark, this.at) || this.open.length >= DEEPEST) {
      return false;
    }
    this.out.push({ kind: "text", text: mark });
    this.open.push({ mark: "[", at: this.out.length - 1 });
    this.out.push({ kind: "text", text: "" });
    this.at += mark.length;
    return true;
  }

  // An image becomes a link, too: nothing is fetched from elsewhere unasked.
  closeBracket() {
    const index = this.open.findLastIndex((one) => one.mark === "[");
    const place = index < 0 ? null : destination(this.text, this.at + 1);
    const href = place && safeAddress(place.address);
    if (!href) {
      if (index >= 0) {
        this.open.splice(index, 1);
      }
      return false;
    }
    this.wrap(index, { kind: "link", href, title: place.title });
    this.at = place.end;
    // A link in a link is none: those around it stay text.
    this.open = this.open.filter((one) => one.mark !== "[");
    return true;
  }

  address(pattern) {
    const found = this.match(pattern);
    const before = this.text[this.at - 1] ?? " ";
    if (!found || (pattern === BARE && /[\p{L}\p{N}]/u.test(before)) || this.opened("[")) {
      return false;
    }
    const shown = pattern === BARE ? bareEnd(found[0]) : found[1];
    const href = safeAddress(shown);
    if (!href) {
      return false;
    }
    this.out.push({ kind: "link", href, title: "", children: [{ kind: "text", text: shown }] });
    this.at += pattern === BARE ? shown.length : found[0].length;
    return true;
  }

  lineEnd() {
    const last = this.out.at(-1);
    const hard = last?.kind === "text" && last.text.endsWith("  ");
    if (this.text[this.at] !== "\n" || !hard) {
      return false;
    }
    last.text = last.text.trimEnd();
    this.out.push({ kind: "break" });
    this.at += 1;
    return true;
  }
}

// The stops behind an address belong to the sentence, and so does a bracket that was opened before it.
function bareEnd(address) {
  const shown = address.replace(TRAILING, "");
  const closes = address[shown.length] === ")" && shown.includes("(") && !shown.includes(")");
  return closes ? `${shown})` : shown;
}

function runLength(text, at, sign) {
  let end = at;
  while (text[end] === sign) {
    end += 1;
  }
  return end - at;
}

// The places of each length of run, the last one first.
function tickRuns(text) {
  const found = new Map();
  for (const { 0: run, index } of text.matchAll(/`+/g)) {
    if (!found.has(run.length)) {
      found.set(run.length, []);
    }
    found.get(run.length).push(index);
  }
  for (const places of found.values()) {
    places.reverse();
  }
  return found;
}
