import { post } from "./api.js";
import { onSend } from "./form.js";
import { say } from "./news.js";
import { ready } from "./ready.js";

const form = document.getElementById("sign-up");

onSend(form, async ({ email, password }) => {
  await post("/auth/signup", { email, password }, { anybody: true });
  form.hidden = true;
  document.querySelector("h1").textContent = "One more step";
  document.querySelector(".lead").hidden = true;
  say(`Check your mail: we sent a link to ${email}. Open it to finish.`);
  document.getElementById("no-mail").hidden = false;
  document.getElementById("main").focus();
});

ready();
