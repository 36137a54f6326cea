// What this tab remembers over a reload: drafts, a message on its way, conversations about to be deleted.

const ME = document.documentElement.dataset.member;
const SOON_MS = 30_000;

function read(name) {
  return JSON.parse(sessionStorage.getItem(`gonogo.${ME}.${name}`) ?? "null");
}

function write(name, value) {
  const key = `gonogo.${ME}.${name}`;
  try {
    if (value) {
      sessionStorage.setItem(key, JSON.stringify(value));
    } else {
      sessionStorage.removeItem(key);
    }
  } catch (error) {
    // Full: then a reload remembers less, and all else works.
    console.info("Not kept over a reload:", name, error.name);
  }
}

export const draft = {
  of: (id) => read(`draft.${id ?? "new"}`) ?? "",
  keep: (id, text) => write(`draft.${id ?? "new"}`, text),
};

// {content, model, key, fresh, messageId}: the same key is never answered twice, so it can be sent again.
export const sending = {
  of: (id) => read(`sending.${id}`),
  keep: (id, ask) => write(`sending.${id}`, ask),
  forget: (id) => write(`sending.${id}`, null),
};

// A page that is left deletes at once, and the next one may ask for the list before that is done.
export const deleted = {
  add: (id) => write("deleted", { ...deleted.all(), [id]: Date.now() }),
  undo(id) {
    const { [id]: _, ...others } = deleted.all();
    write("deleted", others);
  },
  has: (id) => Date.now() - (deleted.all()[id] ?? 0) < SOON_MS,
  all: () => read("deleted") ?? {},
};
