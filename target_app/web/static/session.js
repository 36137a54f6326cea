// Keeps a session alive, and leads to the door when it cannot be kept.

const KNOWN = "gonogo.member";
const RENEWED = "gonogo.renewed";
const EARLY_MS = 60_000;
const JUST_NOW_MS = 5_000;
const channel = new BroadcastChannel("gonogo.session");

// Whether a member was signed in here before: their session may only need to be renewed.
export function wasSignedIn() {
  return localStorage.getItem(KNOWN) !== null;
}

export function remember() {
  localStorage.setItem(KNOWN, "1");
}

export function forget() {
  localStorage.removeItem(KNOWN);
}

// A refresh token works once. So one tab renews the session while the others wait, and then need not do it again,
// unless they want to know it `surely`: it may have ended since.
export async function renew({ surely = false } = {}) {
  return navigator.locks.request("gonogo.renew", async () => {
    if (!surely && Date.now() - Number(localStorage.getItem(RENEWED)) < JUST_NOW_MS) {
      return true;
    }
    const answer = await fetch("/auth/refresh", { method: "POST" });
    if (answer.ok) {
      localStorage.setItem(RENEWED, String(Date.now()));
      const { expires_in: seconds } = await answer.json();
      renewBefore(seconds * 1000);
    }
    return answer.ok;
  });
}

// Goes to the sign-in page, which leads back to here.
export function signInAgain() {
  forget();
  const here = location.pathname + location.search;
  location.assign(`/signin?${new URLSearchParams({ next: here, ended: "1" })}`);
}

// Tells every tab, and leaves.
export function leave() {
  forget();
  channel.postMessage("left");
  location.assign("/signin");
}

export function keepAlive() {
  remember();
  channel.onmessage = ({ data }) => {
    if (data === "left") {
      location.assign("/signin");
    }
  };
  const expires = Number(document.documentElement.dataset.expires) * 1000;
  renewBefore(expires - Date.now());
}

let timer;

function renewBefore(lifeMs) {
  clearTimeout(timer);
  // A short life is renewed when something is asked for, rather than over and over.
  if (lifeMs > 2 * EARLY_MS) {
    timer = setTimeout(() => renew().catch(() => {}), lifeMs - EARLY_MS);
  }
}
