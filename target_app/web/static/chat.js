// The chat page: puts its parts together, and says which conversation is open.

import { post } from "./api.js";
import { Announcer } from "./chat-announce.js";
import { Composer } from "./chat-composer.js";
import { copy, copyCode } from "./chat-copy.js";
import { Drawer } from "./chat-drawer.js";
import { draft } from "./chat-kept.js";
import { ConversationList } from "./chat-list.js";
import { Quota } from "./chat-quota.js";
import { Follow } from "./chat-scroll.js";
import { changed, onChanged, onReturn } from "./chat-tabs.js";
import { Thread } from "./chat-thread.js";
import { titleFrom } from "./chat-title.js";
import { Trouble, watchNetwork } from "./chat-trouble.js";
import { warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";
import { shortcut } from "./shortcuts.js";

const part = (id) => document.getElementById(id);
const main = part("main");
const place = main.querySelector(".thread");
const log = part("messages");
const nav = part("conversations");
const running = new Map();
let current = null;

setUp();
const composer = new Composer(part("composer"), { send, stop: () => current.stop() });
const trouble = new Trouble(part("trouble"), composer.field);
const quota = new Quota(part("quota"), part("quota-end"));
const announcer = new Announcer(part("spoken"));
const follow = new Follow(log, part("to-end"));
const drawer = new Drawer(nav, {
  opener: part("show-list"),
  rest: [place, document.querySelector(".rail"), document.querySelector(".skip")],
  shade: part("shade"),
});
const list = new ConversationList(nav, {
  open(id, title) {
    drawer.close({ focus: false });
    go(id, title);
    composer.field.focus();
  },
  renamed: (id, title) => id === current.id && named(title),
  deleted: (id) => id === current.id && go(null),
  restored: go,
});

const hears = {
  begun(thread) {
    running.set(thread.id, thread);
    if (thread === current) {
      trouble.clear();
      announcer.begin();
      shown();
      follow.toEnd();
    }
  },
  said: (thread, text) => thread === current && announcer.append(text),
  drawn: (thread) => thread === current && follow.keep(),
  counted: () => quota.count(1),
  ended(thread, how) {
    running.delete(thread.id);
    quota.settle();
    if (thread === current) {
      announcer.end({ stopped: "Stopped.", failed: "The answer broke off.", cut: "The connection was lost." }[how]);
      shown();
      follow.keep();
    }
  },
  failed(thread, problem, question) {
    quota.count(-1);
    tell(thread, `The model could not answer. ${problem.detail ?? problem.title ?? ""}`, {
      label: "Try again",
      run: () => hears.retry(thread, question),
    });
  },
  refused,
  notStopped: (thread, error) => tell(thread, `It could not be stopped. ${error.message}`),
  retry(thread, question) {
    composer.field.focus();
    thread.send(question, composer.model.value, { fresh: true });
  },
  copy,
};

function tell(thread, text, offer) {
  return thread === current ? trouble.tell(text, offer) : warn(text);
}

function refused(thread, { error, ask, lasting, again }) {
  if (!lasting) {
    tell(thread, error.message, { label: "Try again", run: again });
    return;
  }
  if (thread === current) {
    composer.giveBack(ask.content);
  } else {
    draft.keep(thread.id, ask.content);
  }
  if (error.title === "Quota used up") {
    quota.refresh();
  } else {
    tell(thread, error.message, error.problem?.upgrade_to?.length ? { label: "See the plans", href: "/plan" } : undefined);
  }
}

// The buttons of what is open: an answer is asked for anew only when none is being written.
function shown() {
  const { busy } = current;
  composer.showBusy(busy);
  main.querySelector(".welcome").hidden = !current.empty || current.loading;
  for (const button of log.querySelectorAll('[data-act="retry"]')) {
    button.disabled = busy;
  }
}

function named(title) {
  current.title = title;
  main.querySelector("h1 bdi").textContent = title || "New chat";
  document.title = `${title || "Chat"} · gonogo chat`;
}

// Goes to a conversation; null is a new one.
function go(id, title = "") {
  history.pushState(null, "", id ? `/chat/${id}` : "/chat");
  return open(id, title);
}

async function open(id, title) {
  trouble.clear();
  const known = running.get(id);
  current = known ?? new Thread({ id, title, on: hears });
  named(current.title);
  list.select(id);
  composer.turnTo(id);
  log.replaceChildren(current.node);
  current.loading = !known && id !== null;
  shown();
  if (current.loading) {
    await load(current);
  }
  follow.toEnd();
}

async function load(thread) {
  try {
    await thread.load();
  } catch (error) {
    const gone = error.status === 404;
    const offer = gone ? { label: "Begin a new chat", run: () => go(null) } : { label: "Try again", run: () => open(thread.id, thread.title) };
    tell(thread, gone ? "This conversation is not there any more." : `It could not be shown. ${error.message}`, offer);
  } finally {
    thread.loading = false;
    if (thread === current) {
      shown();
    }
  }
}

async function send(text) {
  const thread = current;
  trouble.clear();
  if (thread.id) {
    await thread.send(text, composer.model.value);
    return;
  }
  // From here on the same wish must not begin a second conversation.
  composer.showBusy(true);
  try {
    const begun = await post("/conversations", { title: titleFrom(text), project_id: list.project });
    Object.assign(thread, { id: begun.id });
    list.add(begun);
    changed("list", begun.id);
    if (thread === current) {
      history.replaceState(null, "", `/chat/${begun.id}`);
      composer.conversation = begun.id;
      list.select(begun.id);
      named(begun.title);
    }
  } catch (error) {
    composer.showBusy(false);
    refused(thread, { error, ask: { content: text }, lasting: true });
    return;
  }
  await thread.send(text, composer.model.value);
}

function newChat() {
  drawer.close({ focus: false });
  go(null);
  composer.field.focus();
}

function search() {
  drawer.open({ focus: list.search });
}

// Looks again at what may have changed elsewhere.
function lookAgain() {
  list.reload();
  quota.refresh({ busy: running.size > 0 });
  if (current.id && !current.busy) {
    load(current);
  }
}

onChanged(({ what, id }) => {
  if (what === "list") {
    list.reload();
  } else if (id === current.id && !current.busy) {
    load(current);
  }
  if (what === "said") {
    quota.refresh({ busy: running.size > 0 });
  }
});
onReturn(lookAgain);
watchNetwork(part("offline"), { back: lookAgain });
addEventListener("popstate", async () => {
  const id = decodeURIComponent(location.pathname.split("/")[2] ?? "") || null;
  open(id, id ? await list.titleOf(id) : "");
});
for (const button of document.querySelectorAll('[data-act="new"]')) {
  button.addEventListener("click", newChat);
}
composer.offer(main.querySelectorAll("[data-starter]"));
copyCode(log);
shortcut("n", "New chat", newChat);
shortcut("/", "Search conversations", search);
shortcut("Escape", "Stop the answer, or close what is open", () => {
  if (!document.querySelector("dialog[open], :popover-open")) {
    current.stop();
  }
});

const asked = new URLSearchParams(location.search);
list.filter.value = [...list.filter.options].some(({ value }) => value === asked.get("project")) ? asked.get("project") : "";
await Promise.all([list.reload(), open(place.dataset.conversation || null, place.dataset.title)]);
if (asked.has("search")) {
  search();
} else if (matchMedia("(hover: hover)").matches) {
  composer.field.focus();
}
ready();
