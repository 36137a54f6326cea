import { patch, post, remove } from "./api.js";
import { ask, closeOutside } from "./dialog.js";
import { onSend } from "./form.js";
import { say, warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";

const list = document.getElementById("projects");
const form = document.getElementById("create");
const dialog = document.getElementById("confirm");
const part = (row, name) => row.querySelector(`[data-part="${name}"]`);
const act = (row, name) => row.querySelector(`[data-act="${name}"]`);

function named(row, name) {
  part(row, "name").querySelector("bdi").textContent = name;
  act(row, "rename").setAttribute("aria-label", `Rename ${name}`);
  act(row, "delete").setAttribute("aria-label", `Delete ${name}`);
}

const nameOf = (row) => part(row, "name").textContent;

function add({ id, name }) {
  const row = document.getElementById("row").content.firstElementChild.cloneNode(true);
  row.dataset.id = id;
  part(row, "name").href = `/chat?project=${encodeURIComponent(id)}`;
  named(row, name);
  work(row);
  list.append(row);
  showWhetherEmpty();
}

function showWhetherEmpty() {
  document.getElementById("none").hidden = list.childElementCount > 0;
}

function edit(row, open) {
  part(row, "edit").hidden = !open;
  row.querySelector(".item-shown").hidden = open;
  const field = part(row, "edit").elements.name;
  if (open) {
    field.value = nameOf(row);
    field.select();
  } else {
    act(row, "rename").focus();
  }
}

async function drop(row) {
  part(dialog, "name").textContent = nameOf(row);
  if ((await ask(dialog)) !== "delete") {
    return;
  }
  try {
    await remove(`/projects/${row.dataset.id}`);
  } catch (error) {
    warn(error.message);
    return;
  }
  // The focus goes on to what takes the row's place.
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  showWhetherEmpty();
  (next ? act(next, "delete") : form.elements.name).focus();
  say("Project deleted");
}

function work(row) {
  act(row, "rename").addEventListener("click", () => edit(row, true));
  act(row, "cancel").addEventListener("click", () => edit(row, false));
  act(row, "delete").addEventListener("click", () => drop(row));
  part(row, "edit").addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      edit(row, false);
    }
  });
  onSend(part(row, "edit"), async ({ name }) => {
    const changed = await patch(`/projects/${row.dataset.id}`, { name: name.trim() });
    named(row, changed.name);
    edit(row, false);
    say("Project renamed");
  });
}

setUp();
closeOutside(dialog);
[...list.children].forEach(work);
onSend(form, async ({ name }) => {
  add(await post("/projects", { name: name.trim() }));
  form.reset();
  form.elements.name.focus();
  say("Project created");
});
ready();
