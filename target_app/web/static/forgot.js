import { post } from "./api.js";
import { onSend } from "./form.js";
import { say } from "./news.js";
import { ready } from "./ready.js";

const form = document.getElementById("forgot");

onSend(form, async ({ email }) => {
  await post("/auth/password/forgot", { email }, { anybody: true });
  form.hidden = true;
  say("Check your mail: if this address has an account, a link is on its way.");
  document.getElementById("main").focus();
});

ready();
