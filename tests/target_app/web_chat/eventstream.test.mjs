// Run by the task `tests_web`, which fails where there is no Node.
import assert from "node:assert/strict";
import { test } from "node:test";

import { EventReader, follow } from "../../../target_app/web/static/eventstream.js";

const read = (...pieces) => {
  const reader = new EventReader();
  return pieces.flatMap((piece) => reader.feed(piece));
};
const answer = (text, status = 200) => ({ status, body: text === null ? null : new Blob([text]).stream() });
const last = ({ type }) => type === "end";
const soon = async () => {};

async function all(ask, options = {}) {
  const found = [];
  for await (const event of follow(ask, { last, pause: soon, ...options })) {
    found.push(event);
  }
  return found;
}

test("an event has a type, data and id", () => {
  assert.deepEqual(read("id: a:0\nevent: token\ndata: {}\n\n"), [{ type: "token", data: "{}", id: "a:0" }]);
});

test("every line end is one, also where a piece ends in its middle", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    const text = `data: x${end}data: y${end}${end}`;
    // A carriage return at the very end may be half of a line end: one more sign tells.
    assert.deepEqual(read(...text, "\n").map(({ data }) => data), ["x\ny"]);
    assert.deepEqual(read(text, ":").map(({ data }) => data), ["x\ny"]);
  }
});

test("a byte order mark, comments and unknown fields are passed over", () => {
  assert.deepEqual(read("\uFEFF: hello\nretry: 5\nfoo: bar\ndata:x\n\n").map(({ data }) => data), ["x"]);
});

test("an event without data is none, and its type does not stay", () => {
  assert.deepEqual(read("event: token\n\ndata: x\n\n"), [{ type: "message", data: "x", id: "" }]);
});

test("an id stays until another comes, and none holds a NUL", () => {
  const ids = read("id: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\n").map(({ id }) => id);
  assert.deepEqual(ids, ["1", "1", "1"]);
});

test("what is not ended by a blank line is no event", () => {
  assert.deepEqual(read("data: x\n"), []);
});

test("a cut stream is taken up after its last event", async () => {
  const asked = [];
  const found = await all((id) => {
    asked.push(id);
    return asked.length === 1
      ? answer("id: m:0\nevent: token\ndata: a\n\nid: m:1\nevent: tok")
      : answer("id: m:1\nevent: token\ndata: b\n\nid: m:2\nevent: end\ndata: {}\n\n");
  });
  assert.deepEqual(asked, ["", "m:0"]);
  assert.deepEqual(found.map(({ data }) => data), ["a", "b", "{}"]);
});

test("a failed connection is tried again, a refusal is not", async () => {
  let asked = 0;
  const refusal = Object.assign(new Error("no"), { status: 403 });
  await assert.rejects(
    all(() => {
      asked += 1;
      throw asked === 1 ? Object.assign(new Error("away"), { status: 0 }) : refusal;
    }),
    refusal,
  );
  assert.equal(asked, 2);
});

test("a service that stays away is given up", async () => {
  let asked = 0;
  await assert.rejects(all(() => {
    asked += 1;
    return answer("");
  }), /could not be taken up/);
  assert.equal(asked, 7);
});

test("all told ends it", async () => {
  assert.deepEqual(await all(() => answer(null, 204)), []);
});

test("who leaves is not asked for again", async () => {
  const leaving = new AbortController();
  await assert.rejects(all(() => {
    leaving.abort();
    return answer("");
  }, { signal: leaving.signal }), { name: "AbortError" });
});
