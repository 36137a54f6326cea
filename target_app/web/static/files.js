import { remove, request } from "./api.js";
import { say, warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";

const list = document.getElementById("files");
const zone = document.getElementById("drop");
const input = document.getElementById("file");
const progress = document.getElementById("progress");
const most = Number(zone.dataset.most);
const language = document.documentElement.dataset.language;
const KINDS = { "text/plain": "Text", "image/png": "PNG image", "image/jpeg": "JPEG image", "application/pdf": "PDF" };
const part = (card, name) => card.querySelector(`[data-part="${name}"]`);

function sized(bytes) {
  const steps = ["byte", "kilobyte", "megabyte"];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  const style = { style: "unit", unit: steps[step], unitDisplay: step ? "short" : "long", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, style).format(value);
}

function tellFacts(card) {
  const { size, kind } = part(card, "facts").dataset;
  part(card, "facts").textContent = `${KINDS[kind] ?? kind} · ${sized(Number(size))}`;
}

function look({ name, preview, preview_url: url }) {
  if (preview.kind === "image") {
    return Object.assign(new Image(320, 180), { src: url, alt: `Preview of ${name}` });
  }
  if (preview.kind === "text") {
    const text = Object.assign(document.createElement("pre"), { className: "beginning", tabIndex: 0 });
    text.setAttribute("role", "region");
    text.setAttribute("aria-label", `Beginning of ${name}`);
    text.textContent = preview.text.slice(0, 600);
    return text;
  }
  return null;
}

function add(file) {
  const card = document.getElementById("card").content.firstElementChild.cloneNode(true);
  card.dataset.id = file.id;
  part(card, "name").textContent = file.name;
  Object.assign(part(card, "facts").dataset, { size: file.size, kind: file.media_type });
  card.querySelector("[data-act]").setAttribute("aria-label", `Delete ${file.name}`);
  const picture = look(file);
  if (picture) {
    part(card, "look").replaceChildren(picture);
  }
  work(card);
  list.prepend(card);
  showWhetherEmpty();
}

function showWhetherEmpty() {
  document.getElementById("none").hidden = list.childElementCount > 0;
}

function work(card) {
  tellFacts(card);
  card.querySelector("[data-act]").addEventListener("click", async () => {
    const name = part(card, "name").textContent;
    try {
      await remove(`/uploads/${card.dataset.id}`);
    } catch (error) {
      warn(error.message);
      return;
    }
    const next = card.nextElementSibling ?? card.previousElementSibling;
    card.remove();
    showWhetherEmpty();
    (next?.querySelector("[data-act]") ?? input).focus();
    say(`${name} is deleted`);
  });
}

// Says why a file is not taken, as far as that shows before it is sent.
function complaint(file) {
  if (file.size > most) {
    return `${file.name} is larger than ${sized(most)}, the most that a file may have.`;
  }
  return file.size === 0 ? `${file.name} is empty.` : "";
}

function reason({ status, message }) {
  const kinds = "Only text, PNG, JPEG and PDF are, under a name that says what is inside.";
  return status === 415 ? kinds : message;
}

async function send(file) {
  const body = new FormData();
  body.append("file", file);
  progress.textContent = `Uploading ${file.name}…`;
  try {
    add(await (await request("/uploads", { method: "POST", body })).json());
  } catch (error) {
    throw new Error(`${file.name} was not taken. ${reason(error)}`);
  } finally {
    progress.textContent = "";
  }
}

async function take(files) {
  const refused = [];
  let taken = 0;
  for (const file of files) {
    const wrong = complaint(file);
    try {
      if (wrong) {
        throw new Error(wrong);
      }
      await send(file);
      taken += 1;
    } catch (error) {
      refused.push(error.message);
    }
  }
  if (taken) {
    say(taken === 1 ? "File uploaded" : `${taken} files uploaded`);
  }
  if (refused.length) {
    warn(refused.join(" "));
  }
}

function acceptDrops() {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (carriesFiles(event)) {
        event.preventDefault();
        zone.classList.add("over");
      }
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) {
      zone.classList.remove("over");
    }
  });
  // A file that is let go beside the zone would otherwise replace the page.
  document.addEventListener("drop", (event) => {
    if (carriesFiles(event)) {
      event.preventDefault();
      zone.classList.remove("over");
      take([...event.dataTransfer.files]);
    }
  });
}

setUp();
[...list.children].forEach(work);
acceptDrops();
input.addEventListener("change", async () => {
  const files = [...input.files];
  input.value = "";
  await take(files);
});
ready();
