// Tells the member's other tabs what changed here, and hears it from them.

const channel = new BroadcastChannel(`gonogo.chat.${document.documentElement.dataset.member}`);
const AWAY_MS = 5_000;

// `what` is "list" or "said"; `id` is the conversation.
export function changed(what, id) {
  channel.postMessage({ what, id });
}

export function onChanged(hear) {
  channel.addEventListener("message", ({ data }) => hear(data));
}

// Calls when somebody comes back to this tab after a while: other devices tell us nothing.
export function onReturn(run) {
  let left = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      left = Date.now();
    } else if (Date.now() - left > AWAY_MS) {
      run();
    }
  });
}
