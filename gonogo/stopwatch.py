"""Whether the time of an answer tells who has an account: sign-ins with a wrong password, by turns, measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gonogo.exchange import Exchange
    from gonogo.member import Member

TRIES = 4
RATIO = 1.5
OVERLAP = 1
"""Of sixteen pairs so many may be the other way round: one answer may have been held up by something else."""
WRONG = "not-the-password-1A!"
NOBODY = "nobody-here-either@example.com"


@dataclass(frozen=True, kw_only=True)
class Series:
    """Answers to wrong passwords: for an address that has an account, and for one that has none, by turns."""

    known: tuple[Exchange, ...]
    unknown: tuple[Exchange, ...]

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The last two, which are as good as any."""
        return (self.known[-1], self.unknown[-1])


async def series(caller: Member, email: str) -> Series:
    """Try an address that is known and one that is not by turns, and each as often first as the other."""
    known: list[Exchange] = []
    unknown: list[Exchange] = []
    await caller.prepare_csrf("signin")
    for turn in range(TRIES):
        pair = [(email, known), (NOBODY, unknown)]
        for address, found in pair if turn % 2 else reversed(pair):
            found.append(await caller.attempt("signin", email=address, password=WRONG))
    return Series(known=tuple(known), unknown=tuple(unknown))


async def timed(callers: tuple[Member, Member], email: str) -> list[Series]:
    """One series, and where that tells known from unknown a second one, by somebody else."""
    first = await series(callers[0], email)
    return [first] if leaning(first) is None else [first, await series(callers[1], email)]


def leaning(one: Series) -> bool | None:
    """Whether the known address takes longer (or less long), beyond what chance does; None where neither does."""
    known, unknown = [served_in(each) for each in one.known], [served_in(each) for each in one.unknown]
    for slow, quick, slower in ((known, unknown, True), (unknown, known, False)):
        overlap = sum(here <= there for here in slow for there in quick)
        apart = min(slow) >= RATIO * min(quick) and median(slow) >= RATIO * median(quick)
        if apart and overlap <= OVERLAP:
            return slower
    return None


def served_in(exchange: Exchange) -> float:
    """How long an answer took, without what it took to connect."""
    timing = exchange.timing
    return (timing.headers or timing.total or 0.0) - (timing.secured or timing.connected or 0.0)
