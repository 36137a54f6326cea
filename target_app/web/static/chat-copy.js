// Puts what was said onto the clipboard.

import { say, warn } from "./news.js";

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    warn("Your browser does not let this page copy.");
  }
}

export function copyCode(log) {
  log.addEventListener("click", ({ target }) => {
    if (target.dataset.act === "copy-code") {
      copy(target.closest(".code").querySelector("code").textContent);
    }
  });
}
