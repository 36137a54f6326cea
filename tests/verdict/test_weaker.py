"""What became weaker between two policies."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from gonogo.check import Severity
from gonogo.outcomes import SEVERITIES
from gonogo.policy import Policy
from gonogo.weaker import weaker

OWN = {"a.blocker": Severity.BLOCKER, "b.critical": Severity.CRITICAL}
WAIVER = {
    "check": "b.critical",
    "fingerprint": "0" * 16,
    "reason": "known",
    "owner": "Ann",
    "approver": "Bob",
    "ticket": "T-1",
    "created": "2026-01-01",
    "expires": "2026-01-02",
}
GOODPUT = {"share": 0.9, "ttft_s": 1.0, "gap_s": 1.0}
STEPS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"major_budget": 1}, {"major_budget": 2}, "major_budget was 1, is 2"),
    ({"flaky_quota": 0}, {"flaky_quota": 1}, "flaky_quota was 0, is 1"),
    ({"strict": True}, {"strict": False}, "a conditional GO ended with exit code 12, and ends with 0"),
    ({"requires": ["built", "kept"]}, {"requires": ["kept"]}, "built had to be attested, and need not be"),
    ({}, {"shadow": ["b.critical"]}, "b.critical decided, and is on trial"),
    ({}, {"waivers": [WAIVER]}, "a failure of b.critical is accepted: T-1, until 2026-01-02"),
    *(
        ({"slos": {name: 0.1}}, {"slos": {name: 0.2}}, f"{name} was promised at 0.1, is promised at 0.2")
        for name in ("ttft_p95_s", "http_p95_s", "error_rate")
    ),
    *(
        ({"slos": {name: 0.1}}, {"slos": {}}, f"{name} was promised at 0.1, and is not promised any more")
        for name in ("ttft_p95_s", "http_p95_s", "error_rate", "complete")
    ),
    (
        {"slos": {"complete": 0.9}},
        {"slos": {"complete": 0.8}},
        "complete was promised at 0.9, is promised at 0.8",
    ),
    (
        {"slos": {"goodput": GOODPUT}},
        {"slos": {}},
        "goodput.share was promised at 0.9, and is not promised any more",
    ),
    *(
        (
            {"slos": {"goodput": GOODPUT}},
            {"slos": {"goodput": {**GOODPUT, name: now}}},
            f"goodput.{name} was promised at {GOODPUT[name]:g}, is promised at {now:g}",
        )
        for name, now in (("share", 0.8), ("ttft_s", 2.0), ("gap_s", 2.0))
    ),
]


@pytest.mark.parametrize(("before", "after", "said"), STEPS, ids=lambda one: one if isinstance(one, str) else "")
def test_each_step(before: dict[str, Any], after: dict[str, Any], said: str) -> None:
    """Each step down is said in one sentence, and the step back says nothing."""
    first, second = Policy.model_validate(before), Policy.model_validate(after)

    assert weaker(first, second, OWN) == (said,)
    assert weaker(second, first, OWN) == ()
    assert weaker(second, second, OWN) == ()


@pytest.mark.parametrize(("was", "now"), list(itertools.product((None, *Severity), repeat=2)))
def test_every_severity(was: Severity | None, now: Severity | None) -> None:
    """A critical check that weighs less than it did is said, whichever policy changed it."""
    first, second = (Policy(severity={"b.critical": one} if one else {}) for one in (was, now))
    weights = [SEVERITIES.index(one or Severity.CRITICAL) for one in (was, now)]

    assert bool(weaker(first, second, OWN)) is (weights[1] > weights[0])


def test_a_blocker() -> None:
    """A blocker weighs what it does under any policy."""
    assert weaker(Policy(), Policy(severity={"a.blocker": Severity.MINOR}), OWN) == ()


def test_all_at_once() -> None:
    """Something stricter makes up for nothing that is weaker."""
    first, second = Policy(major_budget=1, flaky_quota=1), Policy(major_budget=0, flaky_quota=2)

    assert weaker(first, second, OWN) == ("flaky_quota was 1, is 2",)
