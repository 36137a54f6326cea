// What stands in the way, said above the field: with a way out, and the focus never in what goes away.

// `offer` is {label, run} or {label, href}.
export class Trouble {
  constructor(place, after) {
    this.place = place;
    this.after = after;
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.clear();
      }
    });
  }

  tell(text, offer) {
    const line = document.createElement("p");
    line.textContent = text;
    const close = this.#act("button", { label: "Dismiss", run: () => {} });
    this.place.replaceChildren(line, ...(offer ? [this.#act(offer.href ? "a" : "button", offer)] : []), close);
  }

  clear() {
    const held = this.place.contains(document.activeElement);
    this.place.replaceChildren();
    if (held) {
      this.after.focus();
    }
  }

  #act(tag, { label, href, run }) {
    const node = document.createElement(tag);
    node.textContent = label;
    node.className = tag === "a" ? "button plain" : label === "Dismiss" ? "quiet" : "plain";
    if (href) {
      node.href = href;
      return node;
    }
    node.type = "button";
    node.addEventListener("click", () => {
      this.clear();
      run();
    });
    return node;
  }
}

// Says that there is no network for as long as there is none.
export function watchNetwork(place, { back }) {
  const look = () => {
    const text = navigator.onLine ? "" : "You are offline. What you write stays here until you are back.";
    if (place.textContent !== text) {
      place.textContent = text;
    }
  };
  addEventListener("offline", look);
  addEventListener("online", () => {
    look();
    back();
  });
  look();
}
