// Takes a text apart into blocks: records with the `offset` at which they start, so that a text that grows is read again from
// its last block only.
//
// {kind: "paragraph", text}, {kind: "heading", level, text}, {kind: "code", language, text, closed}, {kind: "rule"},
// {kind: "quote", blocks}, {kind: "list", ordered, start, items: [blocks]},
// {kind: "table", aligns, head: [text], rows: [[text]]}

const DEEPEST = 6;
const MOST_CELLS = 50;
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?:([ \t]{1,4})(.*)|)$/;
const DIVIDER = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

export function blocks(text, depth = 0) {
  return new Reader(text, depth).run();
}

class Reader {
  constructor(text, depth) {
    this.lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
    this.starts = lineStarts(text);
    this.depth = depth;
    this.at = 0;
  }

  run() {
    const found = [];
    while (this.at < this.lines.length) {
      const offset = this.starts[this.at];
      const block = this.block();
      if (block) {
        found.push({ ...block, offset });
      }
    }
    return found;
  }

  block() {
    const line = this.lines[this.at];
    if (line.trim() === "") {
      this.at += 1;
      return null;
    }
    return this.code(line) ?? this.heading(line) ?? this.rule(line) ?? this.nested(line) ?? this.table(line) ?? this.paragraph();
  }

  code(line) {
    const found = FENCE.exec(line);
    if (!found) {
      return null;
    }
    const [, fence, language] = found;
    const end = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}[ \\t]*$`);
    const first = this.at + 1;
    let last = first;
    while (last < this.lines.length && !end.test(this.lines[last])) {
      last += 1;
    }
    this.at = last + 1;
    const text = this.lines.slice(first, last).join("\n");
    return { kind: "code", language: language.trim().split(/\s/)[0], text, closed: last < this.lines.length };
  }

  heading(line) {
    const found = HEADING.exec(line);
    this.at += found ? 1 : 0;
    return found && { kind: "heading", level: found[1].length, text: (found[2] ?? "").trim() };
  }

  rule(line) {
    const found = RULE.test(line);
    this.at += found ? 1 : 0;
    return found ? { kind: "rule" } : null;
  }

  nested(line) {
    if (this.depth >= DEEPEST) {
      return null;
    }
    return QUOTE.test(line) ? this.quote() : this.list(line);
  }

  quote() {
    const said = [];
    while (this.at < this.lines.length && QUOTE.test(this.lines[this.at])) {
      said.push(this.lines[this.at].replace(QUOTE, ""));
      this.at += 1;
    }
    return { kind: "quote", blocks: blocks(said.join("\n"), this.depth + 1) };
  }

  list(line) {
    const first = ITEM.exec(line);
    if (!first) {
      return null;
    }
    const ordered = /\d/.test(first[2]);
    const sign = first[2].at(-1);
    const items = [];
    let next = first;
    while (next && /\d/.test(next[2]) === ordered && next[2].at(-1) === sign) {
      items.push(this.item(next));
      next = this.at < this.lines.length && !RULE.test(this.lines[this.at]) ? ITEM.exec(this.lines[this.at]) : null;
    }
    return { kind: "list", ordered, start: ordered ? Number.parseInt(first[2], 10) : 1, items };
  }

  // An item goes on as long as lines are indented as far as its text, or are blank before such lines.
  item([, indent, sign, gap = " ", said = ""]) {
    const width = indent.length + sign.length + gap.length;
    const least = indent.length + 2;
    const inside = [said];
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      const deep = /^[ \t]*/.exec(line)[0].replaceAll("\t", "    ").length;
      if (line.trim() === "" ? !this.goesOn(least) : deep < least) {
        break;
      }
      inside.push(line.trim() === "" ? "" : dedent(line, width));
      this.at += 1;
    }
    return blocks(inside.join("\n"), this.depth + 1);
  }

  // Looks behind blank lines: whether the item goes on there. Blank lines before another item are passed over.
  goesOn(least) {
    let next = this.at;
    while (next < this.lines.length && this.lines[next].trim() === "") {
      next += 1;
    }
    const line = this.lines[next] ?? "";
    if (line.startsWith(" ".repeat(least))) {
      return true;
    }
    this.at = ITEM.test(line) ? next : this.at;
    return false;
  }

  table(line) {
    if (!line.includes("|") || !DIVIDER.test(this.lines[this.at + 1] ?? "")) {
      return null;
    }
    const head = cells(line);
    const divider = cells(this.lines[this.at + 1]);
    if (head.length !== divider.length) {
      return null;
    }
    const rows = [];
    this.at += 2;
    while (this.at < this.lines.length && this.lines[this.at].includes("|")) {
      const row = cells(this.lines[this.at]);
      rows.push(head.map((_, column) => row[column] ?? ""));
      this.at += 1;
    }
    return { kind: "table", aligns: divider.map(alignOf), head, rows };
  }

  paragraph() {
    const first = this.at;
    this.at += 1;
    while (this.at < this.lines.length && !this.interrupts(this.lines[this.at])) {
      this.at += 1;
    }
    const said = this.lines.slice(first, this.at).join("\n");
    return { kind: "paragraph", text: said.replace(/^[ \t]+/, "").trimEnd() };
  }

  interrupts(line) {
    const nested = this.depth < DEEPEST && (QUOTE.test(line) || /^ {0,3}(?:[-*+]|1[.)])[ \t]+\S/.test(line));
    return line.trim() === "" || nested || FENCE.test(line) || HEADING.test(line) || RULE.test(line);
  }
}

function lineStarts(text) {
  const found = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    found.push(at + 1);
  }
  return found;
}

function dedent(line, width) {
  const spaces = /^[ \t]*/.exec(line)[0].replaceAll("\t", "    ");
  return spaces.slice(width) + line.trimStart();
}

function cells(line) {
  const bare = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return bare.split(/(?<!\\)\|/, MOST_CELLS).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function alignOf(divider) {
  const [left, right] = [divider.startsWith(":"), divider.endsWith(":")];
  return left && right ? "center" : right ? "end" : "start";
}
