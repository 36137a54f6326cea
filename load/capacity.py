"""
Finds the rate at which the promised bounds break: twice as many people until one breaks, then between.

A bound is broken where the samples of a step prove it at 95 % confidence, as everywhere; until then it holds. No I/O.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.bounds import last_rank, share_above
from gonogo.slos import P95
from load.histogram import Histogram
from load.measures import HTTP, TTFT
from load.self_check import complaints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.policy import Slos

CLOSE = 0.1
"""The search ends where what held and what broke are no further apart than this share of what held."""
FEWEST_APART = 5
MS = 1000.0


@dataclass(frozen=True)
class Counted:
    """What was counted in a time: of a step, or since the beginning."""

    histograms: Mapping[str, Histogram]
    counts: Counter[str]

    def since(self, earlier: Counted) -> Counted:
        """What came after an earlier moment."""
        counts = Counter(self.counts)
        counts.subtract(earlier.counts)
        none = Histogram()
        new = {name: one.since(earlier.histograms.get(name, none)) for name, one in self.histograms.items()}
        return Counted(histograms=new, counts=counts)

    @property
    def broken(self) -> int:
        """The answers that were not whole."""
        return sum(count for name, count in self.counts.items() if name.startswith("broken:"))

    @property
    def sent(self) -> int:
        """Everything that was sent."""
        return self.counts["chats"] + self.counts["calls"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """So many people for a while: how much they sent in a second, what it was like, and which bounds broke."""

    users: int
    rate_s: float
    ttft_p95_s: float
    http_p95_s: float
    failed: float
    broke: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The step in one line."""
        end = "; ".join((self.slow and (f"the generator was too slow: {self.slow[0]}",)) or self.broke) or "holds"
        return (
            f"{self.users} people, {self.rate_s:.1f} requests/s: TTFT p95 {self.ttft_p95_s * MS:.0f} ms, "
            f"http p95 {self.http_p95_s * MS:.0f} ms, {self.failed:.2%} failed: {end}"
        )


def step_of(users: int, seconds: float, new: Counted, slo: Slos) -> Step:
    """What so many people met in so many seconds."""
    failed = new.counts["calls_failed"] + new.broken
    tightest = min((bound for bound in (slo.ttft_p95_s, slo.http_p95_s) if bound is not None), default=None)
    return Step(
        users=users,
        rate_s=new.sent / max(seconds, 1e-3),
        ttft_p95_s=new.histograms.get(TTFT, Histogram()).percentile(P95),
        http_p95_s=new.histograms.get(HTTP, Histogram()).percentile(P95),
        failed=failed / max(new.sent, 1),
        broke=tuple(broken(new, slo)),
        slow=tuple(complaints(new.histograms, new.counts, tightest)),
    )


def broken(new: Counted, slo: Slos) -> Iterator[str]:
    """The promised bounds that broke for certain."""
    for name, bound, kind in (("ttft_p95_s", slo.ttft_p95_s, TTFT), ("http_p95_s", slo.http_p95_s, HTTP)):
        found = new.histograms.get(kind, Histogram())
        if bound is not None and at_least(found) > bound:
            yield f"{name} {found.percentile(P95):.3f} > {bound:g}"
    failed = new.counts["calls_failed"] + new.broken
    chats, wrong = new.counts["chats"], new.counts["not_good"]
    for name, limit, count, n in (
        ("error_rate", slo.error_rate, failed, new.sent),
        ("complete", None if slo.complete is None else 1 - slo.complete, new.broken, chats),
        ("goodput", None if slo.goodput is None else 1 - slo.goodput.share, wrong, chats),
    ):
        if limit is not None and n and share_above(count, n) > limit:
            yield f"{name}: {count / n:.2%} of {n:,} went wrong, {limit:.2%} are allowed"


def at_least(found: Histogram) -> float:
    """The lower 95 % bound of a 95th percentile, in seconds; zero without enough samples."""
    rank = last_rank(found.n, P95) if found.n else 0
    return found.percentile(rank / found.n) if rank > 0 else 0.0


@dataclass(kw_only=True)
class Search:
    """
    How many people come next: `users`, none when the search is over.

    `good` is what was counted up to the end of the last step before one broke, and of the first in any case: that is
    what is judged. What comes later was provoked.
    """

    first: int
    most: int
    users: int = 0
    resting: bool = False
    steps: list[Step] = field(default_factory=list)
    good: Counted = field(default_factory=lambda: Counted(histograms={}, counts=Counter()))

    def __post_init__(self) -> None:
        """Begin with the first."""
        self.users = self.first = min(self.first, self.most)

    @property
    def people(self) -> int:
        """How many there are to be now: few, while the target gets over a step that was too much."""
        return self.first if self.resting else self.users

    @property
    def held(self) -> Step | None:
        """The step with the most people at which every bound held."""
        return max((one for one in self.steps if not one.broke and not one.slow), key=by_users, default=None)

    @property
    def broke(self) -> Step | None:
        """The step with the fewest people at which one broke, or at which the generator could not keep up."""
        return min((one for one in self.steps if one.broke or one.slow), key=by_users, default=None)

    def take(self, step: Step, until_now: Counted | None = None) -> None:
        """Take over what a step met, and choose the next; `until_now` is what was counted since the beginning."""
        self.steps.append(step)
        if until_now and (not self.broke or len(self.steps) == 1):
            self.good = until_now
        low, high = self.held.users if self.held else 0, self.broke.users if self.broke else None
        if high is None:
            self.users = 0 if low >= self.most else min(2 * low, self.most)
        elif high - low <= max(FEWEST_APART, CLOSE * low) or not low:
            self.users = 0
        else:
            self.users = (low + high) // 2

    def told(self) -> str:
        """What was found, in one sentence."""
        held, broke = self.held, self.broke
        if broke is None:
            return f"nothing broke up to {held}" if held else "nothing was measured"
        kept = f"held with {held.users} people at {held.rate_s:.1f} requests/s" if held else "held with nobody"
        end = f"the generator was too slow: {broke.slow[0]}" if broke.slow else "; ".join(broke.broke)
        return f"{kept}, and not with {broke.users} at {broke.rate_s:.1f} requests/s: {end}"


def by_users(step: Step) -> int:
    """How many people a step had."""
    return step.users
