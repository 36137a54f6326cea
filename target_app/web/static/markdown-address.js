// Where a link in a text leads, and whether it may lead there.

const LONGEST_ADDRESS = 2000;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

// Returns the address if it leads to a place that a click may lead to, and null otherwise.
export function safeAddress(address) {
  // eslint-disable-next-line no-control-regex -- browsers drop them: "java\nscript:" would be a script
  if (address.length > LONGEST_ADDRESS || /[\u0000-\u0020\u007f]/.test(address) || !URL.canParse(address)) {
    return null;
  }
  const { protocol, href } = new URL(address);
  return SCHEMES.has(protocol) && /^[a-z]+:/i.test(address) ? href : null;
}

// Reads `(address "title")`.
export function destination(text, start) {
  const part = text.slice(start, start + LONGEST_ADDRESS + 300);
  if (part[0] !== "(") {
    return null;
  }
  let depth = 0;
  for (let end = 0; end < part.length && part[end] !== "\n"; end += 1) {
    depth += { "(": 1, ")": -1 }[part[end]] ?? 0;
    if (depth === 0) {
      const found = /^<?([^\s<>]+)>?(?:\s+"([^"]*)")?$/.exec(part.slice(1, end).trim());
      return found && { address: found[1], title: found[2] ?? "", end: start + end + 1 };
    }
  }
  return null;
}
