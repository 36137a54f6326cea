"""
Numbers against the bounds promised for them.

A number is met or breached only where its samples prove it at 95 % confidence (`gonogo.bounds`); else it is not
decided, and how many samples would decide it is said. Samples come as `Measured` records: `ttft_s` and `http_s` in
seconds; `request_failed`, `stream_broken` and `stream_not_good` as 1 for what went wrong and 0 for what did not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gonogo.bounds import percentile_bounds, share_above, share_below, wanted
from gonogo.evidence import Evidence, Fact, Measured
from gonogo.published import Outcome, Slo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.policy import Slos

TTFT_S = "ttft_s"
HTTP_S = "http_s"
REQUEST_FAILED = "request_failed"
STREAM_BROKEN = "stream_broken"
STREAM_NOT_GOOD = "stream_not_good"
GENERATOR = "load:generator"
TARGET_SIDE = "target:"
"""How the names of figures begin that the target tells of itself; they are drawn, and judge nothing."""
MIN_N = 30
P95 = 0.95
Z_95_ONE_SIDED = 1.645


def samples(evidence: Evidence, name: str, suite: str | None = None) -> tuple[float, ...]:
    """Every sample of an SLI, of one suite or of all, in the order in which they were written."""
    return tuple(
        value
        for record in evidence.of(Measured)
        if record.name == name and suite in {None, record.suite}
        for value in record.samples()
    )


def p95(values: Sequence[float]) -> float:
    """The 95th percentile by nearest rank: a sample that was really seen. Wants one sample at least."""
    return sorted(values)[math.ceil(P95 * len(values)) - 1]


def share(values: Sequence[float]) -> float:
    """The share of samples that are not zero. Wants one sample at least."""
    return sum(value != 0 for value in values) / len(values)


def share_at_least(values: Sequence[float]) -> float:
    """The lower 95 % bound of that share (Wilson score interval, one-sided). Wants one sample at least."""
    n, rate, z = len(values), share(values), Z_95_ONE_SIDED
    middle = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n))


def slos(evidence: Evidence, promised: Slos) -> tuple[Slo, ...]:
    """Each promised bound against what was measured; who measured too slowly knows nothing of latencies."""
    found: list[Slo] = []
    late = too_slow(evidence)
    if promised.ttft_p95_s is not None:
        found.append(percentile_slo("ttft_p95_s", promised.ttft_p95_s, samples(evidence, TTFT_S), late=late))
    if promised.http_p95_s is not None:
        found.append(percentile_slo("http_p95_s", promised.http_p95_s, samples(evidence, HTTP_S), late=late))
    if promised.error_rate is not None:
        found.append(share_slo("error_rate", promised.error_rate, samples(evidence, REQUEST_FAILED)))
    if promised.complete is not None:
        found.append(at_least("complete", promised.complete, samples(evidence, STREAM_BROKEN)))
    if promised.goodput is not None:
        found.append(at_least("goodput", promised.goodput.share, samples(evidence, STREAM_NOT_GOOD), late=late))
    return tuple(found)


def at_least(name: str, bound: float, values: Sequence[float], *, late: bool = False) -> Slo:
    """A share of what went right against its lower bound, from samples of what did not."""
    wrong = share_slo(name, 1.0 - bound, values)
    right = None if wrong.value is None else 1.0 - wrong.value
    known = wrong.model_copy(update={"value": right, "limit": bound, "at_least": True})
    return known.model_copy(update={"outcome": Outcome.ERROR, "settles": None}) if late else known


def too_slow(evidence: Evidence) -> bool:
    """Whether the load's generator says of itself that it was too slow."""
    return any(fact.name == GENERATOR and fact.state != "ok" for fact in evidence.of(Fact))


def percentile_slo(name: str, limit: float, values: Sequence[float], *, late: bool = False) -> Slo:
    """A 95th percentile against its bound; a few samples decide nothing, and neither does what is no number."""
    if len(values) < MIN_N or any(math.isnan(value) for value in values):
        return Slo(name=name, value=None, limit=limit, n=len(values), outcome=Outcome.ERROR)
    ordered = sorted(values)
    lower, upper = percentile_bounds(ordered, P95)
    seen = p95(ordered)
    value = seen if math.isfinite(seen) else None
    slo = Slo(name=name, value=value, limit=limit, n=len(values), outcome=Outcome.ERROR)
    if late:
        return slo
    over = sum(value > limit for value in values)
    return decided(slo, over, 1.0 - P95, met=upper <= limit, breached=lower > limit)


def share_slo(name: str, limit: float, values: Sequence[float]) -> Slo:
    """The share of what went wrong against its bound; what is no number decides nothing."""
    n = len(values)
    if not values or any(math.isnan(value) for value in values):
        return Slo(name=name, value=None, limit=limit, n=n, outcome=Outcome.ERROR)
    wrong = sum(value != 0 for value in values)
    slo = Slo(name=name, value=wrong / n, limit=limit, n=n, outcome=Outcome.ERROR)
    return decided(slo, wrong, limit, met=share_below(wrong, n) <= limit, breached=share_above(wrong, n) > limit)


def decided(slo: Slo, wrong: int, limit: float, *, met: bool, breached: bool) -> Slo:
    """A number with what its samples prove; or with how many would, of which so many are `wrong` until now."""
    if met or breached:
        return slo.model_copy(update={"outcome": Outcome.PASS if met else Outcome.FAIL})
    return slo.model_copy(update={"settles": wanted(wrong, slo.n, limit)})
