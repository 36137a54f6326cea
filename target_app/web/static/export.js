import { get, request } from "./api.js";
import { onSend } from "./form.js";
import { say, warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";

const MOST = 50;
const form = document.getElementById("export");
const lines = document.getElementById("lines");
const more = document.getElementById("more");
const boxes = () => [...lines.querySelectorAll("input")];
const chosen = (name) => [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((one) => one.value);

function count() {
  const all = boxes().length;
  document.getElementById("count").textContent = `${chosen("conversation").length} of ${all} selected`;
}

function select(on) {
  boxes().forEach((box, place) => {
    box.checked = on && place < MOST;
  });
  count();
}

function add({ id, title }) {
  const line = document.getElementById("line").content.firstElementChild.cloneNode(true);
  const box = line.querySelector("input");
  Object.assign(box, { id: `c-${id}`, value: id, checked: false });
  line.querySelector("label").htmlFor = box.id;
  line.querySelector("bdi").textContent = title;
  lines.append(line);
  return box;
}

async function showMore() {
  try {
    const query = new URLSearchParams({ limit: "50", cursor: more.dataset.cursor });
    const page = await get(`/conversations?${query}`);
    const added = page.items.map(add);
    more.dataset.cursor = page.next_cursor ?? "";
    more.hidden = !page.next_cursor;
    added[0]?.focus();
    count();
  } catch (error) {
    warn(error.message);
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser may still be reading it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function nameIn(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "conversations.zip";
}

// Says what is missing before anything is asked for; "" if nothing is.
function missing(conversations, formats) {
  if (formats.length === 0) {
    return "Choose a format.";
  }
  if (conversations.length === 0) {
    return "Choose a conversation.";
  }
  const many = conversations.length > MOST;
  return many ? `An export takes ${MOST} conversations at most; ${conversations.length} are selected.` : "";
}

setUp();
count();
lines.addEventListener("change", count);
document.getElementById("all").addEventListener("click", () => select(true));
document.getElementById("nothing").addEventListener("click", () => select(false));
more.addEventListener("click", showMore);
onSend(form, async () => {
  const [conversations, formats] = [chosen("conversation"), chosen("format")];
  const wrong = missing(conversations, formats);
  if (wrong) {
    throw new Error(wrong);
  }
  say("Preparing your export…");
  const json = { conversation_ids: conversations, formats };
  const answer = await request("/exports", { method: "POST", json, headers: { Accept: "application/zip" } });
  download(await answer.blob(), nameIn(answer));
  say("Your export is ready. The download has begun.");
});
ready();
