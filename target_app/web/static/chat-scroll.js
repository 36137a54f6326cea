// Keeps the newest in view, unless somebody scrolled up to read.

const NEAR_PX = 48;

export class Follow {
  constructor(log, button) {
    this.log = log;
    this.button = button;
    this.sticks = true;
    log.addEventListener("scroll", () => this.look(), { passive: true });
    button.addEventListener("click", () => {
      this.toEnd();
      log.focus({ preventScroll: true });
    });
    new ResizeObserver(() => this.keep()).observe(log);
  }

  look() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    this.sticks = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    this.button.hidden = this.sticks;
  }

  keep() {
    if (this.sticks) {
      this.log.scrollTop = this.log.scrollHeight;
    } else {
      this.look();
    }
  }

  toEnd() {
    this.sticks = true;
    this.keep();
    this.button.hidden = true;
  }
}
