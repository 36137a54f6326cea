import { post } from "./api.js";
import { warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";

async function pay(button) {
  button.disabled = true;
  try {
    await post(`/checkout/${button.dataset.order}`);
    location.replace(`/plan?paid=${button.dataset.plan}`);
  } catch (error) {
    warn(error.message);
    button.disabled = false;
    button.focus();
  }
}

setUp();
const button = document.getElementById("pay");
button?.addEventListener("click", () => pay(button));
ready();
