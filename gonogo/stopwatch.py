"""Whether the time of an answer tells who has an account: sign-ins with a wrong password, by turns, measured."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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


async def timed(callers: Sequence[Member], email: str) -> list[Series]:
    """
    One series, and where that may tell known from unknown further ones, each by somebody else.

    It ends when two tell the same, when one plainly tells nothing, or when nobody is left to ask.
    """
    done: list[Series] = []
    for caller in callers:
        done.append(await series(caller, email))
        told = [found for found in map(leaning, done) if found is not None]
        if len(told) > 1 or (leaning(done[-1]) is None and not undecided(done[-1])):
            break
    return done


def leaning(one: Series) -> bool | None:
    """Whether the known address takes longer (or less long), beyond what chance does; None where neither does."""
    for slow, quick, slower in both_ways(one):
        if apart(slow, quick) and overlap(slow, quick) <= OVERLAP:
            return slower
    return None


def undecided(one: Series) -> bool:
    """Whether one kind seems to take longer, but answers that were held up leave a doubt."""
    return leaning(one) is None and any(apart(slow, quick) for slow, quick, _ in both_ways(one))


def both_ways(one: Series) -> tuple[tuple[list[float], list[float], bool], ...]:
    """The seconds of both kinds, each first, and whether the first is the known address."""
    known, unknown = [served_in(each) for each in one.known], [served_in(each) for each in one.unknown]
    return ((known, unknown, True), (unknown, known, False))


def apart(slow: Sequence[float], quick: Sequence[float]) -> bool:
    """Whether the quickest and the median of the one are far from those of the other."""
    return min(slow) >= RATIO * min(quick) and median(slow) >= RATIO * median(quick)


def overlap(slow: Sequence[float], quick: Sequence[float]) -> int:
    """How many pairs are the other way round."""
    return sum(here <= there for here in slow for there in quick)


def served_in(exchange: Exchange) -> float:
    """How long an answer took, without what it took to connect."""
    timing = exchange.timing
    return (timing.headers or timing.total or 0.0) - (timing.secured or timing.connected or 0.0)
