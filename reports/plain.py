"""How much of what a target says is shown, and on how many lines; `gonogo.visible` makes it harmless."""

from __future__ import annotations

from gonogo.visible import visible

SHOWN = 2000


def one_line(text: str, limit: int = SHOWN) -> str:
    """Show a text on one line, at most `limit` characters of it, and say if there were more."""
    return visible(cut(text, limit)).replace("\n", "\\n").replace("\t", "\\t")


def cut(text: str, limit: int = SHOWN) -> str:
    """At most `limit` characters of a text, and how many there were."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters in all)"
