"""
Numbers against the bounds promised for them.

A number is met, breached, or not evaluated, where there are too few samples. Samples come as
`Measured` records: `ttft_s` and `http_s` in seconds, `request_failed` as 1 for a request that failed
and 0 for one that did not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gonogo.evidence import Evidence, Measured
from gonogo.published import Outcome, Slo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gonogo.policy import Slos

TTFT_S = "ttft_s"
HTTP_S = "http_s"
REQUEST_FAILED = "request_failed"
MIN_N = 30
Z_95_ONE_SIDED = 1.645


def samples(evidence: Evidence, name: str, suite: str | None = None) -> tuple[float, ...]:
    """Every sample of an SLI, of one suite or of all, in the order in which they were written."""
    return tuple(
        value
        for record in evidence.of(Measured)
        if record.name == name and suite in {None, record.suite}
        for value in record.values
    )


def p95(values: Sequence[float]) -> float:
    """The 95th percentile by nearest rank: a sample that was really seen. Wants one sample at least."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


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
    """Each promised bound against what was measured."""
    found = (
        slo("ttft_p95_s", promised.ttft_p95_s, samples(evidence, TTFT_S), p95),
        slo("http_p95_s", promised.http_p95_s, samples(evidence, HTTP_S), p95),
        slo("error_rate", promised.error_rate, samples(evidence, REQUEST_FAILED), share),
    )
    return tuple(one for one in found if one is not None)


def slo(name: str, limit: float | None, values: Sequence[float], of: Callable[[Sequence[float]], float]) -> Slo | None:
    """One bound; None where nothing is promised, not evaluated under `MIN_N` samples or among what is no number."""
    if limit is None:
        return None
    if len(values) < MIN_N or any(math.isnan(value) for value in values):
        return Slo(name=name, value=None, limit=limit, n=len(values), outcome=Outcome.ERROR)
    value = of(values)
    outcome = Outcome.PASS if value <= limit else Outcome.FAIL
    return Slo(name=name, value=value if math.isfinite(value) else None, limit=limit, n=len(values), outcome=outcome)
