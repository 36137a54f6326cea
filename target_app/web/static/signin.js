import { post } from "./api.js";
import { onSend } from "./form.js";
import { say } from "./news.js";
import { ready } from "./ready.js";
import { forget, remember, renew, wasSignedIn } from "./session.js";

const form = document.getElementById("sign-in");
const next = form.dataset.next;

// Who was here before may only have been away for a while.
async function comeBack() {
  if (!wasSignedIn()) {
    return false;
  }
  const back = await renew({ surely: true }).catch(() => false);
  if (!back) {
    forget();
    say("Your session has ended. Sign in again.");
  }
  return back;
}

onSend(form, async ({ email, password }) => {
  await post("/auth/signin", { email, password }, { anybody: true });
  remember();
  location.replace(next);
});

if (await comeBack()) {
  location.replace(next);
} else {
  ready();
}
