"""
Numbers against the bounds promised for them.

A number is met or breached only where its samples prove it at 95 % confidence (`gonogo.bounds`); else it is not
decided, and how many samples would decide it is said. Samples come as `Measured` records: `ttft_s` and `http_s` in
seconds; `request_failed`, `stream_broken` and `stream_not_good` as 1 for what went wrong and 0 for what did not.

A load of several stages tells of each stage too: what is breached in one of them is breached, also where the others
make up for it. With several chances to be wrong each must be surer (Bonferroni).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gonogo.bounds import ALPHA, last_rank, percentile_bounds, share_above, share_below, wanted
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
STAGE = "stage"
"""How the names of measures begin that tell of one stage alone: `stage2:http_s`."""
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
        slo = percentile_slo("ttft_p95_s", promised.ttft_p95_s, samples(evidence, TTFT_S), late=late)
        found.append(slo if late else worst_stage(slo, TTFT_S, evidence))
    if promised.http_p95_s is not None:
        slo = percentile_slo("http_p95_s", promised.http_p95_s, samples(evidence, HTTP_S), late=late)
        found.append(slo if late else worst_stage(slo, HTTP_S, evidence))
    if promised.error_rate is not None:
        slo = share_slo("error_rate", promised.error_rate, samples(evidence, REQUEST_FAILED))
        found.append(worst_stage(slo, REQUEST_FAILED, evidence))
    if promised.complete is not None:
        slo = at_least("complete", promised.complete, samples(evidence, STREAM_BROKEN))
        found.append(worst_stage(slo, STREAM_BROKEN, evidence))
    if promised.goodput is not None:
        slo = at_least("goodput", promised.goodput.share, samples(evidence, STREAM_NOT_GOOD), late=late)
        found.append(slo if late else worst_stage(slo, STREAM_NOT_GOOD, evidence))
    return tuple(found)


def worst_stage(slo: Slo, name: str, evidence: Evidence) -> Slo:
    """The bound as it was breached in one stage, if it was and is not in the whole; else as it was in the whole."""
    kept = {one.name for one in evidence.of(Measured) if one.name.endswith(f":{name}") and one.name.startswith(STAGE)}
    for stage in sorted(kept):
        values = samples(evidence, stage)
        n, alpha = len(values), ALPHA / len(kept)
        if slo.outcome is Outcome.FAIL or any(math.isnan(value) for value in values):
            continue
        if name.endswith("_s"):
            rank = last_rank(n, P95, alpha)
            breached, value = rank > 0 and sorted(values)[rank - 1] > slo.limit, p95(values)
        else:
            wrong = sum(value != 0 for value in values)
            limit = 1.0 - slo.limit if slo.at_least else slo.limit
            breached, value = share_above(wrong, n, alpha) > limit, share(values)
        if breached:
            seen = 1.0 - value if slo.at_least else value
            slo = slo.model_copy(update={"value": seen, "n": n, "outcome": Outcome.FAIL, "settles": None})
    return slo


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
