// Asks in a <dialog>. The browser itself keeps the focus inside, closes it with Escape, and gives the focus back.

// Opens it, and returns the value of the button that closed it; "" if none did.
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

// A click beside it closes it, too.
export function closeOutside(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) {
      dialog.close("");
    }
  });
}
