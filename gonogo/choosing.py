"""A member chooses one theme and then another, while a second member looks whether anything of theirs changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.exchange import Exchange
    from gonogo.member import Member

TRIES = 4
THEME = "theme_now"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was read after each choice, by who chose and by the other; `changed` is the answer to the second."""

    themes: tuple[str, str]
    reads: tuple[Exchange, Exchange]
    changed: Exchange
    others: tuple[Exchange, Exchange]

    @property
    def clean(self) -> bool:
        """Whether everything is as it should be."""
        kept = all(read.captured.get(THEME) == theme for read, theme in zip(self.reads, self.themes, strict=True))
        return kept and self.others[0].captured == self.others[1].captured


async def choose(member: Member, other: Member, themes: Sequence[str]) -> Choice:
    """
    Choose twice; with accounts that are lent again and again, until nothing is in the way.

    A second gate that uses the same accounts chooses too. What is wrong with the target is wrong each time.
    """
    for _ in range(1 if member.person.account.made else TRIES):
        choice = await choose_once(member, other, (themes[0], themes[1]))
        if choice.clean:
            break
    return choice


async def choose_once(member: Member, other: Member, themes: tuple[str, str]) -> Choice:
    """Choose one theme, then the other, and let both members read their settings after each."""
    await member.do("update_settings", theme=themes[0])
    before, others_before = await member.do("settings"), await other.do("settings")
    changed = await member.do("update_settings", theme=themes[1])
    after, others_after = await member.do("settings"), await other.do("settings")
    return Choice(themes=themes, reads=(before, after), changed=changed, others=(others_before, others_after))
