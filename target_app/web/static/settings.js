import { get, patch, remove, request } from "./api.js";
import { closeOutside } from "./dialog.js";
import { onSend } from "./form.js";
import { say } from "./news.js";
import { ready } from "./ready.js";
import { forget } from "./session.js";
import { setUp } from "./shell.js";
import { setSingleKeys, singleKeysOn } from "./shortcuts.js";

const form = document.getElementById("settings");
const dialog = document.getElementById("confirm");
const confirming = document.getElementById("confirm-form");
const root = document.documentElement;

function tellInDialog(text) {
  const line = document.createElement("p");
  line.textContent = text;
  document.getElementById("confirm-alert").replaceChildren(line);
}

// A session alone does not delete an account: whoever holds it may have found the browser open.
async function proveItIsMe(password) {
  const email = confirming.dataset.email;
  try {
    await request("/auth/signin", { method: "POST", json: { email, password }, anybody: true });
  } catch (error) {
    throw error.status === 401 ? new Error("The password is wrong.") : error;
  }
  // That was a new sign-in, with a token of its own.
  const { csrf_token: token } = await get("/auth/csrf");
  document.querySelector('meta[name="csrf-token"]').content = token;
}

setUp();
closeOutside(dialog);

const keys = document.getElementById("single-keys");
keys.checked = singleKeysOn();

document.getElementById("theme").addEventListener("change", ({ target }) => {
  root.dataset.theme = target.value;
});

onSend(form, async ({ theme, language, default_model: model }) => {
  const kept = await patch("/settings", { theme, language, default_model: model });
  setSingleKeys(keys.checked);
  root.dataset.theme = kept.theme;
  root.dataset.language = kept.language;
  say("Saved");
});

document.getElementById("delete-account").addEventListener("click", () => {
  confirming.reset();
  document.getElementById("confirm-alert").replaceChildren();
  dialog.showModal();
  confirming.elements.password.focus();
});
document.getElementById("cancel").addEventListener("click", () => dialog.close());

onSend(
  confirming,
  async ({ password }) => {
    document.getElementById("confirm-alert").replaceChildren();
    await proveItIsMe(password);
    await remove("/auth/account");
    forget();
    location.assign("/signup");
  },
  { told: tellInDialog },
);

ready();
