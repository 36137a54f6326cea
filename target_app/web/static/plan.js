import { post } from "./api.js";
import { say, warn } from "./news.js";
import { ready } from "./ready.js";
import { setUp } from "./shell.js";

async function order(button) {
  button.disabled = true;
  try {
    const { id } = await post("/billing/orders", { plan: button.dataset.plan });
    location.assign(`/checkout/${id}`);
  } catch (error) {
    warn(error.message);
    button.disabled = false;
    button.focus();
  }
}

setUp();
for (const button of document.querySelectorAll("[data-plan]")) {
  button.addEventListener("click", () => order(button));
}
const paid = new URLSearchParams(location.search).get("paid");
if (["PREMIUM", "ENTERPRISE"].includes(paid)) {
  history.replaceState(null, "", location.pathname);
  say(`Thank you. You are on ${paid} now.`);
}
ready();
