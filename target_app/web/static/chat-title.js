// Names a conversation after the first words that were said in it.

const MOST = 60;

export function titleFrom(text) {
  // eslint-disable-next-line no-control-regex -- a title is one line
  const words = text.replace(/[\s\u0000-\u001f\u007f]+/g, " ").trim().slice(0, 4 * MOST);
  const signs = [...words];
  if (signs.length <= MOST) {
    return words || "New chat";
  }
  const cut = signs.slice(0, MOST).join("");
  const whole = cut.slice(0, cut.lastIndexOf(" "));
  return `${whole.length > MOST / 2 ? whole : cut}…`;
}
