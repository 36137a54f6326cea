r"""
Makes a command one line that can be shown, copied and pasted, and still means what it meant.

A visible escape would change a command. So what must not be shown raw is written in the shell's own
way, `$'\x1b'`: the quotes around it are closed before it and opened again after it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gonogo.visible import escape, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 8000
ORDER = r"##(?=\w*\[)"
PIECES = {
    "": re.compile(rf"\\.|\$'|{ORDER}|.", re.DOTALL),
    "'": re.compile(rf"{ORDER}|.", re.DOTALL),
    '"': re.compile(rf"\\.|{ORDER}|.", re.DOTALL),
    "$'": re.compile(rf"\\.|{ORDER}|.", re.DOTALL),
}
DISARMED = {"": r"#\#", "'": "#''#", '"': '#""#', "$'": r"#\x23"}


def command(line: str) -> str:
    """A command on one line; one too long to paste is not shown by half, but pointed to."""
    if len(line) > LONGEST:
        return f"# this command has {len(line):,} characters: see verdict.json"
    one = "".join(pieces(line.strip()))
    return f"# {one}" if one.startswith("::") else one


def pieces(line: str) -> Iterator[str]:
    """The command piece by piece, each safe to show: a letter, an escaped one, a quote, an order to a CI runner."""
    quote, at = "", 0
    while match := PIECES[quote].match(line, at):
        piece, at = match[0], match.end()
        yield shown(piece, quote)
        quote = quote_after(quote, piece)


def quote_after(quote: str, piece: str) -> str:
    """Which quotes are open behind a piece: none, `'`, `"` or `$'`."""
    if not quote:
        return piece if piece in PIECES else ""
    return "" if piece == quote[-1] else quote


def shown(piece: str, quote: str) -> str:
    """A piece as it is, or written so that it is seen and does nothing but stand there."""
    if piece == "##":
        return DISARMED[quote]
    if piece == "\\\n" and quote in {"", '"'}:
        return ""
    if piece == "\t" and not quote:
        return " "
    return spelled(piece, quote) if unseen(piece[-1]) else piece


def spelled(piece: str, quote: str) -> str:
    """A piece that ends in an unseen character; inside quotes a backslash before it stands for itself."""
    letter = spell(piece[-1])
    backslash = r"\\" if len(piece) > 1 and quote else ""
    if quote == "$'":
        return f"{backslash}{letter}"
    return f"{backslash}{quote}$'{letter}'{quote}"


def spell(letter: str) -> str:
    """Spell a character inside `$'…'`, where two digits would name a byte: above 7F it takes four."""
    return f"\\u{ord(letter):04x}" if 0x7F < ord(letter) <= 0xFF else escape(letter)  # noqa: PLR2004  Latin-1
