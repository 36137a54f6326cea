"""
Makes text of the target harmless to whoever shows it.

What a target says may hold control characters, text that runs backwards, letters nobody can see, or
lines that a CI runner takes for orders. Here they become escapes that the reader can see.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
INVISIBLE_KINDS = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
SUPPLEMENTARY_SELECTORS = range(0xE0100, 0xE01F0)
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
KEPT = frozenset("\n\t")

# The GitHub runner obeys `::name` at the start of a line; it finds `##[name` anywhere in one, as other
# runners find `##vso[` and `##teamcity[`. Lines are wrapped later, so every `::name` may come to start one.
ORDER = re.compile(r"::(?=\s*[A-Za-z])|##(?=\w*\[)")
HARMLESS = {"::": ":\\x3a", "##": "#\\x23"}
ORDER_IN_LOG = re.compile(r"(?<!\.py)::(?=\s*[A-Za-z])|##(?=\w*\[)")
"""A log's lines are not wrapped, so that pytest's own names of parts, `test_chat.py::test_it`, never start one."""
MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
PILE = re.compile(f"[{MARKS}]{{4,}}")


class Escapes(dict[int, str]):
    """What each character becomes: itself, or an escape that can be seen; filled as characters turn up."""

    def __missing__(self, code: int) -> str:
        """Look at a character for the first time."""
        letter = chr(code)
        self[code] = escape(letter) if letter not in KEPT and unseen(letter) else letter
        return self[code]


ESCAPES = Escapes()


def unseen(letter: str) -> bool:
    """Whether a character is a control, directs or hides text, or is none at all."""
    code = ord(letter)
    return (
        unicodedata.category(letter) in INVISIBLE_KINDS
        or letter in INVISIBLE_LETTERS
        or code in SUPPLEMENTARY_SELECTORS
        or code & 0xFFFE == 0xFFFE  # noqa: PLR2004  the last two of every plane are no characters
        or 0xFDD0 <= code <= 0xFDEF  # noqa: PLR2004  the others that are none
    )


def escape(letter: str) -> str:
    r"""Write a character as one would in source: `\n`, `\x1b`, `\u202e`, `\U000e0041`."""
    code = ord(letter)
    if letter in NAMED:
        return NAMED[letter]
    if code <= 0xFF:  # noqa: PLR2004  two digits hold it
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  four digits hold it


def visible(text: str, orders: re.Pattern[str] = ORDER) -> str:
    """Show what cannot be seen, and disarm orders to a CI runner; line feeds and tabs stay."""
    seen = text.translate(ESCAPES)
    flat = PILE.sub(lambda pile: "".join(map(escape, pile[0])), seen)
    return orders.sub(lambda order: HARMLESS[order[0]], flat)
