// Run by the task `tests_web`, which fails where there is no Node.
import assert from "node:assert/strict";
import { test } from "node:test";

import { sentences } from "../../../target_app/web/static/chat-announce.js";
import { titleFrom } from "../../../target_app/web/static/chat-title.js";

test("a text that grows is spoken by the sentence", () => {
  assert.deepEqual(sentences("One. Two and"), [["One."], " Two and"]);
  assert.deepEqual(sentences("**Bold** is 3.5! Next\nline"), [["Bold is 3.5!", "Next"], "line"]);
  assert.deepEqual(sentences("no end"), [[], "no end"]);
});

test("a title is one short line of the first words", () => {
  assert.equal(titleFrom("  Holiday\n\tplans \u0000 "), "Holiday plans");
  assert.equal(titleFrom("word ".repeat(40)), `${"word ".repeat(12).trim()}…`);
  assert.equal([...titleFrom("😀".repeat(100))].length, 61);
  assert.equal(titleFrom(" \u0007 "), "New chat");
});
