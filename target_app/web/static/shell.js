// What all pages of members do: sign out, shortcuts, and a session that lives while somebody works.

import { request } from "./api.js";
import { closeOutside } from "./dialog.js";
import { warn } from "./news.js";
import { keepAlive, leave } from "./session.js";
import { listed, listen, shortcut, showShortcuts } from "./shortcuts.js";

export function setUp() {
  keepAlive();
  document.getElementById("sign-out").addEventListener("click", signOut);
  document.getElementById("show-shortcuts").addEventListener("click", showShortcuts);
  closeOutside(document.getElementById("shortcuts"));
  shortcut("?", "Show this sheet", showShortcuts);
  shortcut("n", "New chat", () => location.assign("/chat"));
  shortcut("/", "Search conversations", () => location.assign("/chat?search"));
  listed("Enter", "Send the message");
  listed("Ctrl+Enter", "Send the message");
  listed("Shift+Enter", "New line in the message");
  listed("Escape", "Stop the answer, or close what is open");
  listen();
}

async function signOut() {
  try {
    await request("/auth/signout", { method: "POST" });
  } catch (error) {
    warn(error.message);
    return;
  }
  leave();
}
