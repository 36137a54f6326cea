import { post } from "./api.js";
import { quiet, warn } from "./news.js";
import { ready } from "./ready.js";

const title = document.getElementById("outcome");
const next = document.getElementById("what-next");
const goOn = document.getElementById("go-on");
const token = new URLSearchParams(location.search).get("token") ?? "";

// A token in the address would stay in the history.
history.replaceState(null, "", location.pathname);

function show(heading, text) {
  title.textContent = heading;
  document.title = `${heading} · gonogo chat`;
  next.textContent = text;
}

try {
  await post("/auth/verify", { token }, { anybody: true });
  show("Your address is verified", "Your account is ready.");
  goOn.hidden = false;
  title.focus();
} catch (error) {
  show("Your address is not verified", "Sign up again to get a fresh link.");
  if (error.status === 0) {
    show("Your address is not verified yet", "Open the link of the mail once more when you are online.");
  }
  Object.assign(goOn, { hidden: error.status === 0, href: "/signup", textContent: "Sign up" });
  quiet();
  warn(error.status === 422 ? "This link is not whole." : error.message);
}

ready();
