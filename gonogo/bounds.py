"""
What samples prove: exact bounds at 95 % confidence, one-sided, and how many samples would settle what they do not.

Shares by Clopper and Pearson (1934), percentiles by order statistics: both hold for every distribution.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CONFIDENCE = 0.95
ALPHA = 1.0 - CONFIDENCE
HALVINGS = 60
MOST = 10_000_000


def at_most(k: int, n: int, p: float) -> float:
    """The probability of k events at most among n, each of which has the probability p."""
    if k >= n or p <= 0.0:
        return 1.0
    if k < 0 or p >= 1.0:
        return 0.0
    odds = p / (1.0 - p)
    mode = min(k, int((n + 1) * p))
    top = _log_chance(mode, n, p)
    total, term = 1.0, 1.0
    for j in range(mode, 0, -1):
        term *= j / ((n - j + 1) * odds)
        total += term
        if term < total * 1e-17:
            break
    term = 1.0
    for j in range(mode + 1, k + 1):
        term *= (n - j + 1) / j * odds
        total += term
        if term < total * 1e-17:
            break
    return min(math.exp(top) * total, 1.0)


def _log_chance(k: int, n: int, p: float) -> float:
    """The logarithm of the probability of exactly k events."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return ways + k * math.log(p) + (n - k) * math.log1p(-p)


def share_below(k: int, n: int) -> float:
    """The upper bound of a share of which k were seen among n."""
    return 1.0 if k >= n else _solve(lambda p: at_most(k, n, p) > ALPHA)


def share_above(k: int, n: int, alpha: float = ALPHA) -> float:
    """The lower bound of that share, which is wrong as often as `alpha`."""
    return 0.0 if k <= 0 else _solve(lambda p: 1.0 - at_most(k - 1, n, p) < alpha)


def _solve(is_low: Callable[[float], bool]) -> float:
    """Where a condition that holds for low shares ends to hold."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_low(middle) else (low, middle)
    return high


def percentile_bounds(ordered: Sequence[float], share: float) -> tuple[float, float]:
    """
    A lower and an upper bound of a percentile, each at the confidence, from sorted samples.

    Without enough samples a bound is infinite: the largest of 59 is the first that bounds the 95th percentile.
    """
    n = len(ordered)
    upper = first_rank(n, share)
    lower = last_rank(n, share)
    return (
        ordered[lower - 1] if lower >= 1 else -math.inf,
        ordered[upper - 1] if upper <= n else math.inf,
    )


def first_rank(n: int, share: float) -> int:
    """The least rank whose sample is above the percentile with the confidence; n + 1 where none is."""
    return _first(n + 1, lambda rank: at_most(rank - 1, n, share) >= CONFIDENCE and rank <= n, n + 1)


def last_rank(n: int, share: float, alpha: float = ALPHA) -> int:
    """The largest rank whose sample is below the percentile, but as often as `alpha`; 0 where none is."""
    return _first(n + 1, lambda rank: at_most(rank - 1, n, share) > alpha, n + 1) - 1


def _first(end: int, holds: Callable[[int], bool], otherwise: int) -> int:
    """The least number from 1 to the end for which a condition holds that holds for all above it too."""
    low, high = 1, end
    if not holds(end - 1) and not holds(end):
        return otherwise
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def wanted_clean(limit: float, k: int = 0) -> int:
    """How many samples prove that a share is within its limit, if no more than k of them count against it."""
    return MOST if limit <= 0.0 else _first(MOST, lambda n: at_most(k, n, limit) <= ALPHA, MOST)


def wanted(wrong: int, n: int, limit: float) -> int | None:
    """How many samples decide about a share, if what comes is like the n that were seen; None where nothing does."""
    seen = wrong / n
    if seen < limit:
        found = _first(MOST, lambda more: at_most(math.ceil(seen * more), more, limit) <= ALPHA, MOST)
    else:
        found = _first(MOST, lambda more: at_most(math.floor(seen * more) - 1, more, limit) > CONFIDENCE, MOST)
    return None if found >= MOST else found
