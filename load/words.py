"""What people ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.template import Filler

if TYPE_CHECKING:
    from random import Random

SHORT, LONG = 5, 40


def question(dice: Random, mark: str, template: str | None) -> str:
    """A question of varied length, which nobody has asked before, so that no cache can answer it."""
    words = " ".join(f"{mark}y{place}" for place in range(dice.randint(SHORT, LONG)))
    if template is None:
        return f"Tell me something about each of these: {words}"
    return Filler(operation="load", variables={"words": words}, environ={}).text(template)
