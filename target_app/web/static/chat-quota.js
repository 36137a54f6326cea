// How many messages are left, and what to do when none are.

import { get } from "./api.js";

export class Quota {
  constructor(place, end) {
    this.place = place;
    this.end = end;
    const { plan, most, used } = place.dataset;
    this.know({ plan, monthly_messages: most ? Number(most) : null, used_messages: Number(used) });
  }

  know({ plan, monthly_messages: most, used_messages: used }) {
    Object.assign(this, { plan, most, used });
    this.show();
  }

  // Asks the service; while a message is on its way nobody knows whether it is in that number.
  async refresh({ busy = false } = {}) {
    this.stale = busy;
    if (busy) {
      return;
    }
    try {
      this.know(await get("/billing/plan"));
    } catch (error) {
      console.info("How many messages are left is not known:", error.message);
    }
  }

  async settle() {
    if (this.stale) {
      await this.refresh();
    }
  }

  count(n) {
    this.used += n;
    this.show();
  }

  show() {
    const left = this.most === null ? null : Math.max(0, this.most - this.used);
    const text = left === null ? "Unlimited messages" : `${left} of ${this.most} messages left`;
    if (this.place.textContent !== text) {
      this.place.textContent = text;
    }
    this.place.classList.toggle("scarce", left !== null && left <= this.most / 10);
    this.explain(left === 0);
  }

  explain(over) {
    if (!over) {
      this.end.replaceChildren();
    } else if (!this.end.childElementCount) {
      const line = document.createElement("p");
      line.textContent = `You have used all ${this.most} messages of the plan ${this.plan}. They start anew on ${firstOfNext()}.`;
      const link = document.createElement("a");
      Object.assign(link, { href: "/plan", textContent: "See the plans", className: "button plain" });
      this.end.replaceChildren(line, link);
    }
  }
}

// The service counts by calendar months in UTC.
function firstOfNext() {
  const now = new Date();
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
  return next.toLocaleDateString("en", { day: "numeric", month: "long", timeZone: "UTC" });
}
