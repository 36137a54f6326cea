// Speaks a text that grows to screen readers: by the sentence, not by the word.

const END = /[.!?…。!?]+["'”’)\]*_]*(?=\s)|\n+/g;
const MARKS = /[*_`#>~|]+/g;

// Gives [the whole sentences of a text, what comes after the last].
export function sentences(text) {
  const found = [];
  let from = 0;
  for (const { 0: end, index } of text.matchAll(END)) {
    found.push(text.slice(from, index + end.length));
    from = index + end.length;
  }
  return [found.map(spoken).filter(Boolean), text.slice(from)];
}

function spoken(text) {
  return text.replace(MARKS, " ").replace(/\s+/g, " ").trim();
}

export class Announcer {
  constructor(place) {
    this.place = place;
    this.rest = "";
  }

  begin() {
    this.rest = "";
    this.place.replaceChildren();
  }

  append(text) {
    const [whole, rest] = sentences(this.rest + text);
    this.rest = rest;
    if (whole.length) {
      this.say(whole.join(" "));
    }
  }

  // Says what is left, and how it ended.
  end(how = "") {
    const left = [spoken(this.rest), how].filter(Boolean).join(" ");
    this.rest = "";
    if (left) {
      this.say(left);
    }
  }

  say(text) {
    const line = document.createElement("p");
    line.textContent = text;
    this.place.append(line);
  }
}
