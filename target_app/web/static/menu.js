// A menu that a button opens, as the ARIA practices describe it: arrows move, Escape closes, the focus comes back.

// One menu serves many buttons: `choose(act, button)` is called with the chosen item's `data-act`.
export function serveMenu(menu, choose) {
  const items = [...menu.querySelectorAll('[role="menuitem"]')];
  let opener = null;
  let justClosed = null;

  menu.addEventListener("toggle", ({ newState }) => {
    opener.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "closed") {
      justClosed = opener;
      setTimeout(() => (justClosed = null), 0);
      if (menu.contains(document.activeElement) || document.activeElement === document.body) {
        opener.focus();
      }
    }
  });
  menu.addEventListener("keydown", (event) => move(event, items, menu));
  menu.addEventListener("click", ({ target }) => {
    const item = target.closest('[role="menuitem"]');
    if (item) {
      opener.focus();
      menu.hidePopover();
      choose(item.dataset.act, opener);
    }
  });

  return function open(button) {
    // The click that closed it is the one that we are told about.
    if (justClosed === button) {
      return;
    }
    opener = button;
    menu.setAttribute("aria-label", button.getAttribute("aria-label"));
    menu.showPopover();
    place(menu, button);
    items[0].focus();
  };
}

function move(event, items, menu) {
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items.at(to % items.length).focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (event.key.length === 1) {
    const typed = event.key.toLowerCase();
    items.find((item) => item.textContent.trim().toLowerCase().startsWith(typed))?.focus();
    event.stopPropagation();
  }
}

function place(menu, button) {
  const { bottom, top, right } = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = bottom + height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? bottom + 4 : top - height - 4}px`;
}
