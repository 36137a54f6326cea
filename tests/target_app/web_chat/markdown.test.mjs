// Run by the task `tests_web`, which fails where there is no Node.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { safeAddress } from "../../../target_app/web/static/markdown-address.js";
import { blocks } from "../../../target_app/web/static/markdown-blocks.js";
import { inline } from "../../../target_app/web/static/markdown-inline.js";
import { LiveMarkdown, render } from "../../../target_app/web/static/markdown.js";

// As much of a document as building nodes needs. What would read markup is not there, and so cannot be called.
class FakeNode {
  constructor(tag) {
    Object.assign(this, { tag, attributes: {}, children: [], parent: null });
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
  append(...children) {
    for (const child of children) {
      if (child instanceof FakeNode) {
        child.parent = this;
      }
      this.children.push(child);
    }
  }
  remove() {
    this.parent.children.splice(this.parent.children.indexOf(this), 1);
  }
  querySelector(tag) {
    return this.all().find((node) => node.tag === tag) ?? null;
  }
  all() {
    return this.children.filter((child) => child instanceof FakeNode).flatMap((child) => [child, ...child.all()]);
  }
  get text() {
    return this.children.map((child) => child.text ?? child).join("");
  }
  toString() {
    const inside = this.children.join("");
    return `<${this.tag}>${inside}</${this.tag}>`;
  }
}

let place;
beforeEach(() => {
  globalThis.document = { createElement: (tag) => new FakeNode(tag) };
  place = new FakeNode("div");
});

function shown(text) {
  const node = new FakeNode("div");
  node.append(...blocks(text).map((block) => render(block)));
  return node;
}

const inner = (text) => shown(text).children.join("");

test("paragraphs, emphasis and code", () => {
  assert.equal(inner("a **b** *c* `d`\n\n~~e~~ ***f***"), "<p>a <strong>b</strong> <em>c</em> <code>d</code></p><p><del>e</del> <strong><em>f</em></strong></p>");
});

test("marks without a partner stay text, and so do those within words", () => {
  for (const text of ["**open", "a * b * c", "snake_case_name", "2 ** 3", "`open", "a ****", "~one~"]) {
    assert.equal(shown(text).text, text);
    assert.equal(shown(text).all().length, 1, text);
  }
});

test("a backslash takes a mark's meaning", () => {
  assert.equal(inner("\\*no\\* \\[x\\](y)"), "<p>*no* [x](y)</p>");
});

test("headings come below those of the page, and skip no level", () => {
  const outline = { level: 2 };
  const tags = blocks("### a\n# b\n###### c\n## d").map((block) => render(block, outline).tag);
  assert.deepEqual(tags, ["h3", "h3", "h4", "h4"]);
});

test("lists, nested and numbered", () => {
  assert.equal(inner("- a\n- b\n  - c\n\n3. x\n4. y"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><ol><li>x</li><li>y</li></ol>");
  assert.equal(shown("3. x").querySelector("ol").attributes.start, "3");
});

test("blank lines part items, and do not end a list", () => {
  assert.equal(inner("1. a\n\n2. b\n\n   more\n\nafter"), "<ol><li>a</li><li>b<p>more</p></li></ol><p>after</p>");
});

test("quotes and rules", () => {
  assert.equal(inner("> a\n> b\n\n---"), "<blockquote><p>a\nb</p></blockquote><hr></hr>");
});

test("tables keep their columns", () => {
  const table = shown("| a | b |\n|--:|:-:|\n| 1 |\n| 2 | 3 | 4 |").querySelector("table");
  assert.equal(String(table), "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td></td></tr><tr><td>2</td><td>3</td></tr></tbody></table>");
  assert.deepEqual(table.all().filter(({ tag }) => tag === "th").map(({ attributes }) => attributes.class), ["at-end", "at-center"]);
});

test("code keeps every sign, also while its fence is open", () => {
  for (const end of ["\n```", ""]) {
    const found = shown(`\`\`\`js\n<b>*x*</b>\n\n  y${end}`).querySelector("code");
    assert.equal(found.text, "<b>*x*</b>\n\n  y");
    assert.equal(found.all().length, 0);
  }
});

test("markup in a text stays text", () => {
  const hostile = '<script>alert(1)</script> <img src=x onerror=alert(1)> <a href="javascript:x">y</a>';
  assert.equal(shown(hostile).text, hostile);
  assert.deepEqual(shown(hostile).all().map(({ tag }) => tag), ["p"]);
});

test("links lead to the web or to mail, and nowhere else", () => {
  const good = ["https://example.org/a", "http://example.org/", "mailto:a@example.org"];
  assert.deepEqual(good.map(safeAddress), good);
  const bad = [
    ...["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)", " javascript:x"],
    ...["data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://example.org/x", "/settings", "//example.org", "x", ""],
    `https://example.org/${"x".repeat(3000)}`,
  ];
  assert.deepEqual(bad.map(safeAddress), bad.map(() => null));
});

test("what leads nowhere is shown as it was written", () => {
  const text = "[click](javascript:alert(1)) <javascript:alert(1)>";
  assert.equal(shown(text).text, text);
  assert.equal(shown(text).querySelector("a"), null);
});

test("links open beside, and tell the other site nothing", () => {
  const { attributes } = shown("[a **b**](https://example.org/x_(y) \"t\")").querySelector("a");
  assert.deepEqual(attributes, { href: "https://example.org/x_(y)", rel: "noopener noreferrer nofollow", target: "_blank", title: "t" });
});

test("addresses become links by themselves, without the stop behind them", () => {
  assert.equal(inner("see https://example.org/a. And <https://b.example/>"), "<p>see <a>https://example.org/a</a>. And <a>https://b.example/</a></p>");
  assert.equal(inner("(https://a.example/b_(c).)"), "<p>(<a>https://a.example/b_(c)</a>.)</p>");
});

test("an image is a link: nothing is fetched from elsewhere", () => {
  assert.equal(inner("![cat](https://example.org/cat.png)"), "<p><a>cat</a></p>");
  assert.equal(shown("![cat](https://example.org/cat.png)").querySelector("img"), null);
});

test("nesting ends before it can hurt", () => {
  const depth = (node) => 1 + Math.max(0, ...node.children.filter((one) => one instanceof FakeNode).map(depth));
  for (const text of [">".repeat(5000) + "x", "- ".repeat(5000) + "x", "**a *b ".repeat(5000) + "c* d**".repeat(5000), "[".repeat(5000) + "]".repeat(5000)]) {
    assert.ok(depth(shown(text)) < 60);
  }
});

test("hostile texts take time in proportion to their length", () => {
  const spent = (text) => {
    const before = process.cpuUsage().user;
    shown(text);
    return (process.cpuUsage().user - before) / 1000;
  };
  for (const part of ["*a ", "`", "` `` ", "[", "[a](", "![", "_a_", "<http://", "https://", "|", "\n> ", "\\", "~~a", "h", "\n- a\n\n"]) {
    spent(part.repeat(1000));
    const small = spent(part.repeat(4_000));
    const large = spent(part.repeat(16_000));
    assert.ok(large < 16 * Math.max(small, 20), `${JSON.stringify(part)}: ${small} ms, then ${large} ms`);
  }
});

test("a text that grows ends as if it had come at once", () => {
  const text = "# a\n\nb **c**\nd\n\n- e\n- f\n  - g\n\n```py\nx\n\ny\n```\n\n| h | i |\n|---|---|\n| j | k |\n\n> l\n\n1. m\n\n2. n\n";
  for (const size of [1, 2, 7, 1000]) {
    place = new FakeNode("div");
    const live = new LiveMarkdown(place);
    for (let at = 0; at < text.length; at += size) {
      live.append(text.slice(at, at + size));
    }
    assert.equal(place.children.join(""), inner(text), `in pieces of ${size}`);
  }
});

test("what cannot change any more is not shown anew", () => {
  const live = new LiveMarkdown(place);
  live.append("one\n\ntwo");
  const [first] = place.children;
  live.append(" three\n\nfour");
  assert.equal(place.children[0], first);
  assert.equal(place.children.join(""), "<p>one</p><p>two three</p><p>four</p>");
});

test("code that grows stays the same node", () => {
  const live = new LiveMarkdown(place);
  live.append("```js\nlet a");
  const [first] = place.children;
  live.append(" = 1;\nlet b");
  assert.equal(place.children[0], first);
  assert.equal(first.querySelector("code").text, "let a = 1;\nlet b");
});

test("inline records hold what was said", () => {
  assert.deepEqual(inline("a  \nb"), [{ kind: "text", text: "a" }, { kind: "break" }, { kind: "text", text: "b" }]);
});
