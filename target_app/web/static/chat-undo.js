// Deletes a conversation a little later than it looks, so that it can be undone.

import { remove } from "./api.js";
import { deleted } from "./chat-kept.js";
import { changed } from "./chat-tabs.js";
import { say, warn } from "./news.js";

const UNDO_MS = 7_000;
const pending = new Map();

// `back()` is called where it is undone, or cannot be done.
export function deleteLater(id, back) {
  deleted.add(id);
  pending.set(id, { back, timer: setTimeout(() => unlessUsed(id), UNDO_MS) });
  say("Deleted", { offer: { label: "Undo", run: () => undo(id) }, lingerMs: UNDO_MS });
}

function undo(id) {
  const { back, timer } = pending.get(id) ?? {};
  if (!back) {
    warn("It was deleted already.");
    return;
  }
  clearTimeout(timer);
  pending.delete(id);
  deleted.undo(id);
  back();
  say("Restored");
}

// Nobody is hurried who is about to press the button.
function unlessUsed(id) {
  if (document.getElementById("status").matches(":focus-within, :hover")) {
    pending.get(id).timer = setTimeout(() => unlessUsed(id), UNDO_MS);
  } else {
    carryOut(id);
  }
}

async function carryOut(id) {
  const { back } = pending.get(id);
  pending.delete(id);
  try {
    await remove(`/conversations/${id}`);
    changed("list", id);
  } catch (error) {
    if (error.status !== 404) {
      deleted.undo(id);
      back();
      warn(`It could not be deleted. ${error.message}`);
    }
  }
}

// Who leaves the page does not wait for the time to run out.
addEventListener("pagehide", () => {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  for (const [id, { timer }] of pending) {
    clearTimeout(timer);
    fetch(`/conversations/${id}`, { method: "DELETE", keepalive: true, headers: { "X-CSRF-Token": token } }).catch(() => {});
  }
  pending.clear();
});
