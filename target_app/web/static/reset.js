import { post } from "./api.js";
import { onSend } from "./form.js";
import { say } from "./news.js";
import { ready } from "./ready.js";

const form = document.getElementById("reset");
const token = new URLSearchParams(location.search).get("token") ?? "";

// A token in the address would stay in the history.
history.replaceState(null, "", location.pathname);

onSend(form, async ({ password }) => {
  await post("/auth/password/reset", { token, password }, { anybody: true });
  form.hidden = true;
  say("Your password is changed. Sign in with the new one.");
  document.getElementById("main").focus();
});

ready();
