"""
Keeps a summary under the size that GitHub takes, 1 MiB: a longer one is refused whole, verdict and all.

What is shed, and in which order, is declared: first what is said elsewhere in the same file or decides nothing,
last the findings, and of each section its end first. The first screen stays, and says what was shed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT = 1024 * 1024 - 1024
SHED = (
    "All planned checks",
    "Measured",
    "Facts",
    "Scenarios",
    "Would change if",
    "Objectives",
    "Rollback triggers",
    "Findings",
    "Conditions",
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the summary under its heading, in blocks that are kept or shed whole."""

    title: str
    blocks: Sequence[str]
    glue: str = "\n"

    @property
    def text(self) -> str:
        """The heading and its blocks; nothing where there are none."""
        return f"\n\n## {self.title}\n\n{self.glue.join(self.blocks)}" if self.blocks else ""

    def within(self, room: int) -> Section:
        """The section with as many of its first blocks as fit into so many bytes."""
        left = room - len(f"\n\n## {self.title}\n\n")
        for at, block in enumerate(self.blocks):
            left -= size(block) + len(self.glue)
            if left < 0:
                return Section(title=self.title, blocks=self.blocks[:at], glue=self.glue)
        return self


def fitting(first_screen: str, sections: Sequence[Section], limit: int = LIMIT) -> str:
    """The first screen and as much of the sections as the limit allows."""
    whole = first_screen + "".join(one.text for one in sections) + "\n"
    if size(whole) <= limit:
        return whole
    kept = {one.title: one for one in sections}
    told = {one.title: len(one.blocks) for one in sections}
    over = size(whole) - limit + len(shed_line(told, {}))
    for title in SHED:
        if over > 0:
            short = kept[title].within(size(kept[title].text) - over)
            over -= size(kept[title].text) - size(short.text)
            kept[title] = short
    lost = {title: told[title] - len(kept[title].blocks) for title in SHED}
    return f"{first_screen}\n\n{shed_line(told, lost)}{''.join(one.text for one in kept.values())}\n"


def shed_line(told: dict[str, int], lost: dict[str, int]) -> str:
    """Say what was shed."""
    parts = [
        f"{lost.get(title, count)} of {count} of {title}" for title, count in told.items() if lost.get(title, count)
    ]
    return f"**Shed to stay under 1 MiB:** {', '.join(parts)}. All of it is in verdict.json."


def size(text: str) -> int:
    """Bytes of a text as it is written."""
    return len(text.encode(errors="replace"))
