"""Histograms keep percentiles to within 0.15 %, and lose nothing when they are shipped and added up."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.histogram import SECOND_NS, Histogram, merged, middle_ns, packed, unpacked

MOST_WRONG = 0.0015
DURATIONS = st.lists(st.integers(min_value=0, max_value=10**13), min_size=1, max_size=200)


def filled(values: list[int]) -> Histogram:
    """A histogram of these."""
    one = Histogram()
    for value in values:
        one.record(value)
    return one


@given(DURATIONS, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_percentiles_are_right(values: list[int], share: float) -> None:
    """Every percentile is within 0.15 % of the sample at its nearest rank."""
    exact = sorted(values)[max(math.ceil(share * len(values)), 1) - 1]

    assert filled(values).percentile(share) * SECOND_NS == pytest.approx(exact, rel=MOST_WRONG, abs=0.6)


@given(DURATIONS)
def test_counts_are_exact(values: list[int]) -> None:
    """No sample is lost or doubled, also through a message."""
    sent = unpacked(packed({"a": filled(values)}))["a"]

    assert sent.n == len(values) == sum(sent.counts.values())
    assert sent.counts == filled(values).counts


@given(DURATIONS, DURATIONS)
def test_parts_add_up(first: list[int], second: list[int]) -> None:
    """Histograms of parts, added up, are the histogram of the whole; what came later is the difference."""
    whole = merged([{"a": filled(first)}, {"a": filled(second)}])["a"]

    assert whole.counts == filled(first + second).counts
    assert whole.since(filled(first)).counts == filled(second).counts


def test_error_over_many_samples() -> None:
    """With 200,000 samples as latencies are, the worst percentile is within 0.15 %."""
    dice = random.Random(7)  # noqa: S311  no secret is made of it
    values = [int(dice.lognormvariate(17, 1.2)) for _ in range(200_000)]
    ordered, one = sorted(values), filled(values)
    worst = max(
        abs(one.percentile(share) * SECOND_NS / ordered[math.ceil(share * len(ordered)) - 1] - 1)
        for share in (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
    )

    assert worst < MOST_WRONG


def test_four_processes_are_like_one() -> None:
    """What four workers measured, added up, has the percentiles of one that measured everything."""
    dice = random.Random(8)  # noqa: S311  no secret is made of it
    values = [int(dice.expovariate(1 / 3e8)) for _ in range(40_000)]
    parts = [unpacked(packed({"a": filled(values[number::4])})) for number in range(4)]

    assert merged(parts)["a"].counts == filled(values).counts


def test_nothing_measured() -> None:
    """Without samples there is no percentile; what is below zero counts as zero."""
    assert math.isnan(Histogram().percentile(0.95))
    assert filled([-5]).counts == {0: 1}
    assert middle_ns(7) == 7.0
