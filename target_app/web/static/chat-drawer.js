// Where there is little room, the list of conversations is a drawer.

const NARROW = matchMedia("(max-width: 64rem)");

export class Drawer {
  constructor(nav, { opener, rest, shade }) {
    Object.assign(this, { nav, opener, rest, shade });
    opener.addEventListener("click", () => this.open());
    shade.addEventListener("click", () => this.close());
    nav.querySelector('[data-act="close"]').addEventListener("click", () => this.close());
    nav.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && this.isOpen) {
        event.preventDefault();
        this.close();
      }
    });
    NARROW.addEventListener("change", () => this.close({ focus: false }));
  }

  get isOpen() {
    return this.nav.classList.contains("open");
  }

  // What lies under it cannot be reached while it is open.
  #set(open) {
    this.nav.classList.toggle("open", open);
    this.shade.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    for (const part of this.rest) {
      part.inert = open;
    }
  }

  open({ focus = this.nav.querySelector('[data-act="close"]') } = {}) {
    if (NARROW.matches) {
      this.#set(true);
    }
    focus.focus();
  }

  close({ focus = true } = {}) {
    if (this.isOpen) {
      this.#set(false);
      if (focus) {
        this.opener.focus();
      }
    }
  }
}
