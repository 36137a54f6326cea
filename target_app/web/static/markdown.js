// Shows markdown by building nodes, never from markup in a text: whatever a model says, it stays text.

import { blocks } from "./markdown-blocks.js";
import { inline } from "./markdown-inline.js";

const DEEPEST_HEADING = 6;
// The page's own headings come first: its title, and who speaks.
const HEADINGS_ABOVE = 2;
const INLINE_TAGS = { strong: "strong", em: "em", del: "del", code: "code" };

// What comes next may change the last block, or make it part of the one before.
const UNSETTLED = 2;

// Puts a text that grows into a place; only what may still change is shown anew.
export class LiveMarkdown {
  constructor(place) {
    this.place = place;
    this.tail = "";
    this.open = [];
    this.outline = { level: HEADINGS_ABOVE };
  }

  append(text) {
    this.tail += text;
    const found = blocks(this.tail);
    let same = 0;
    while (this.open[same]?.key === keyOf(found[same])) {
      same += 1;
    }
    same += this.lengthen(this.open[same], found[same]) ? 1 : 0;
    for (const { node } of this.open.splice(same)) {
      node.remove();
    }
    const outline = { ...(this.open.at(-1)?.outline ?? this.outline) };
    for (const block of found.slice(same)) {
      const node = render(block, outline);
      this.place.append(node);
      this.open.push({ node, key: keyOf(block), block, outline: { ...outline } });
    }
    this.settle(found);
  }

  settle(found) {
    const settled = this.open.splice(0, Math.max(0, this.open.length - UNSETTLED));
    if (settled.length) {
      this.outline = settled.at(-1).outline;
      this.tail = this.tail.slice(found[settled.length].offset);
    }
  }

  // Code that goes on is made longer in place: so it keeps its scroll position and what is selected in it.
  lengthen(open, block) {
    const before = open?.block;
    if (before?.kind !== "code" || block?.kind !== "code" || block.language !== before.language || !block.text.startsWith(before.text)) {
      return false;
    }
    open.node.querySelector("code").append(block.text.slice(before.text.length));
    Object.assign(open, { block, key: keyOf(block) });
    return true;
  }
}

// Blocks with the same key look the same.
function keyOf(block) {
  return JSON.stringify(block, (name, value) => (name === "offset" ? undefined : value)) ?? "";
}

export function render(block, outline = { level: HEADINGS_ABOVE }) {
  return RENDER[block.kind](block, outline);
}

const RENDER = {
  paragraph: ({ text }) => made("p", inlines(text), { dir: "auto" }),
  rule: () => made("hr"),
  heading({ level, text }, outline) {
    // Levels are not skipped, so that the outline of the page stays one.
    outline.level = Math.min(level + HEADINGS_ABOVE, outline.level + 1, DEEPEST_HEADING);
    return made(`h${outline.level}`, inlines(text), { dir: "auto" });
  },
  code({ language, text }) {
    const copy = made("button", ["Copy code"], { type: "button", class: "quiet small", "data-act": "copy-code" });
    const head = made("div", [made("span", [language || "code"]), copy], { class: "code-head" });
    const pre = made("pre", [made("code", [text])], { tabindex: "0", dir: "auto" });
    return made("div", [head, pre], { class: "code", role: "group", "aria-label": "Code" });
  },
  quote: ({ blocks: inside }, outline) => made("blockquote", inside.map((one) => render(one, outline))),
  list({ ordered, start, items }, outline) {
    const attributes = ordered && start !== 1 ? { start: String(start) } : {};
    return made(ordered ? "ol" : "ul", items.map((inside) => item(inside, outline)), { ...attributes, dir: "auto" });
  },
  table({ aligns, head, rows }) {
    const line = (tag, said) => made("tr", said.map((text, column) => cell(tag, text, aligns[column])));
    const body = rows.length ? [made("tbody", rows.map((row) => line("td", row)))] : [];
    const table = made("table", [made("thead", [line("th", head)]), ...body]);
    return made("div", [table], { class: "table", tabindex: "0", role: "group", "aria-label": "Table" });
  },
};

// A single paragraph in an item needs no paragraph's room.
function item(inside, outline) {
  const [first, ...rest] = inside;
  const lead = first?.kind === "paragraph" ? inlines(first.text) : first ? [render(first, outline)] : [];
  return made("li", [...lead, ...rest.map((one) => render(one, outline))]);
}

function cell(tag, text, align) {
  return made(tag, inlines(text), { dir: "auto", class: `at-${align}`, ...(tag === "th" && { scope: "col" }) });
}

function inlines(text) {
  return inline(text).map(inlineNode);
}

function inlineNode(record) {
  if (record.kind === "text") {
    return record.text;
  }
  if (record.kind === "break") {
    return made("br");
  }
  const inside = record.children ? record.children.map(inlineNode) : [record.text];
  if (record.kind === "link") {
    inside.push(...(inside.length ? [] : [record.href]));
    const title = record.title ? { title: record.title } : {};
    return made("a", inside, { href: record.href, rel: "noopener noreferrer nofollow", target: "_blank", ...title });
  }
  return made(INLINE_TAGS[record.kind], inside);
}

function made(tag, children = [], attributes = {}) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}
