"""Numbers against their bounds."""

import math

import pytest

from gonogo.evidence import Evidence, JournalRead, Measured
from gonogo.policy import Slos
from gonogo.published import Outcome
from gonogo.slos import p95, samples, share_at_least, slos


def measured(name: str, *values: float) -> Evidence:
    """Evidence with samples of one SLI."""
    record = Measured(suite="smoke", scenario="chat", name=name, values=values)
    return Evidence(journals=(JournalRead(name="smoke", records=(record, record)),))


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (20, 19), (100, 95), (101, 96)])
def test_p95_was_really_seen(n: int, expected: int) -> None:
    """The 95th percentile is the sample at the nearest rank, in whatever order they came."""
    assert p95([float(number) for number in range(n, 0, -1)]) == expected


@pytest.mark.parametrize(("failed", "n", "expected"), [(0, 60, 0.0), (6, 60, 0.0534), (60, 60, 0.957)])
def test_lower_bound(failed: int, n: int, expected: float) -> None:
    """The lower bound of a share is the one-sided Wilson bound at 95 %."""
    assert share_at_least([1.0] * failed + [0.0] * (n - failed)) == pytest.approx(expected, abs=0.001)


def test_samples_of_a_suite() -> None:
    """Samples of all records come together, those of another suite or name do not."""
    evidence = measured("http_s", 1.0, 2.0)

    assert samples(evidence, "http_s") == (1.0, 2.0, 1.0, 2.0)
    assert samples(evidence, "http_s", "load") == ()
    assert samples(evidence, "ttft_s") == ()


@pytest.mark.parametrize(
    ("values", "outcome", "value"),
    [
        ((0.5,) * 15, Outcome.PASS, 0.5),
        ((0.501,) * 15, Outcome.FAIL, 0.501),
        ((0.1,) * 14, Outcome.ERROR, None),
        ((0.1,) * 14 + (math.nan,), Outcome.ERROR, None),
        ((math.inf,) * 15, Outcome.FAIL, None),
    ],
)
def test_bound(values: tuple[float, ...], outcome: Outcome, value: float | None) -> None:
    """A number is met up to its bound, breached above it, and not evaluated with too few samples or what is none."""
    (slo,) = slos(measured("http_s", *values), Slos(http_p95_s=0.5))

    assert (slo.outcome, slo.value, slo.n) == (outcome, value, 2 * len(values))


def test_error_rate() -> None:
    """The share of failed requests is held against its bound."""
    (slo,) = slos(measured("request_failed", 1.0, *[0.0] * 19), Slos(error_rate=0.01))

    assert (slo.name, slo.value, slo.outcome) == ("error_rate", 0.05, Outcome.FAIL)


def test_nothing_promised() -> None:
    """Where nothing is promised, nothing is published."""
    assert slos(measured("http_s", 1.0), Slos()) == ()
