// What can be read off a page; each function is called by name in the page itself.
({
  // Things that Tab should lead to, as they look without the focus.
  begin() {
    document.activeElement?.blur();
    window.gonogoStops = this.stops().map((element) => ({ element, look: this.look(element), reached: false }));
    return window.gonogoStops.length;
  },

  stops() {
    const able = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable='true']";
    const all = [...document.querySelectorAll(able)].filter((one) => this.usable(one));
    const modal = document.querySelector("dialog:modal");
    return modal ? all.filter((one) => modal.contains(one)) : all;
  },

  usable(element) {
    const shown = element.checkVisibility({ visibilityProperty: true });
    const alone = element.type !== "radio" || element.checked || !this.checkedBeside(element);
    return element.tabIndex >= 0 && shown && alone && !element.matches(":disabled") && !element.closest("[inert]");
  },

  // Of radio buttons with one name Tab leads to one.
  checkedBeside(radio) {
    const group = [...document.querySelectorAll("input[type=radio]")];
    const beside = group.filter((one) => one.name === radio.name && one.form === radio.form);
    return beside.some((one) => one.checked) || beside[0] !== radio;
  },

  // How an element looks, and what is around it: some show their focus at the frame.
  look(element) {
    const said = [];
    for (let one = element, level = 0; one && level < 3; one = one.parentElement, level += 1) {
      const style = getComputedStyle(one);
      const none = style.outlineStyle === "none" || style.outlineWidth === "0px";
      const outline = none ? "" : [style.outlineStyle, style.outlineWidth, style.outlineColor];
      said.push(outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color);
      said.push(style.textDecorationLine, style.transform, style.opacity, style.clipPath);
    }
    return said.join("|");
  },

  // Where the focus is: the place of the stop, and whether it can be seen there.
  async here() {
    const element = document.activeElement;
    const at = window.gonogoStops.findIndex((one) => one.element === element);
    if (at < 0) {
      return { at, shown: true, left: this.left().length };
    }
    const stop = window.gonogoStops[at];
    stop.reached = true;
    let shown = this.hasCaret(element) || this.look(element) !== stop.look;
    if (!shown) {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      shown = this.look(element) !== stop.look;
    }
    return { at, shown, left: this.left().length, name: this.name(element) };
  },

  // A field that one types into shows its focus by its caret.
  hasCaret(element) {
    const without = ["checkbox", "radio", "button", "submit", "reset", "file", "range", "color", "image"];
    const field = element.matches("input") && !without.includes(element.type);
    return field || element.matches("textarea") || element.isContentEditable;
  },

  // What was not reached and still could be.
  left() {
    const still = window.gonogoStops.filter((one) => !one.reached && one.element.isConnected);
    return still.filter((one) => this.usable(one.element)).map((one) => this.name(one.element));
  },

  name(element) {
    const label = element.getAttribute("aria-label") || element.labels?.[0]?.innerText || element.innerText;
    const said = (label || element.getAttribute("name") || element.id || "").trim().split("\n")[0];
    return `${element.localName} "${said.slice(0, 40)}"`;
  },

  // How wide the page is, and the widest things that are to blame.
  width() {
    const shown = document.documentElement.clientWidth;
    const wide = Math.max(document.documentElement.scrollWidth, document.body.scrollWidth);
    const beyond = [];
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (wide > shown + 1 && box.width > 0 && box.right > shown + 1 && element.checkVisibility()) {
        beyond.push(`${element.localName}${element.className ? `.${String(element.className).split(" ")[0]}` : ""}`);
      }
    }
    return { shown, wide, beyond: [...new Set(beyond)].slice(0, 10) };
  },
})
