"""A policy that would disarm the gate by a slip, or by more than that, is refused before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gonogo.check import CATALOGUE
from gonogo.doctor import examine
from gonogo.past_run import policy_for
from gonogo.run import Options, check_policy, opened
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gonogo.profile import Profile

UNKNOWN = "small.yaml: policy.shadow names 'stream.payload', which no check is called; did you mean 'stream.payloads'?"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"shadow": ["stream.payload"]}, UNKNOWN),
        ({"severity": {"chat.answer": "minor"}}, "policy.severity names 'chat.answer', which no check is called"),
        ({"severity": {"slo.http_p95_s": "minor"}}, "policy.severity names 'slo.http_p95_s', which no check is called"),
        ({"shadow": ["chat.isolation"]}, "policy.shadow names chat.isolation, which is a blocker"),
        ({"severity": {"chat.isolation": "minor"}}, "policy.severity names chat.isolation, which is a blocker"),
    ],
)
def test_a_policy_that_disarms_is_refused(describe: Callable[..., Profile], policy: Any, expected: str) -> None:  # noqa: ANN401  a section
    """An unknown name is told with the nearest one, and a blocker is never played down."""
    with pytest.raises(UsageError) as error:
        check_policy(describe("http://127.0.0.1:9", policy=policy), CATALOGUE)
    assert expected in str(error.value)


def test_a_policy_may_put_checks_on_trial(describe: Callable[..., Profile]) -> None:
    """Checks that are no blockers, and bounds, may be tried out, and be graver or less grave."""
    policy = {"shadow": ["chat.answers", "slo.http_p95_s"], "severity": {"headers.csp": "major"}}
    check_policy(describe("http://127.0.0.1:9", policy=policy), CATALOGUE)


def test_whoever_reads_a_policy_looks_at_it(describe: Callable[..., Profile], tmp_path: Path) -> None:
    """A run, the doctor and a second judgement refuse it alike, and no run is left behind."""
    profile = describe("http://127.0.0.1:9", policy={"shadow": ["stream.payload"]})
    options = Options(profile=str(profile.path), base_url="http://127.0.0.1:9", runs=tmp_path / "runs")
    with pytest.raises(UsageError, match=r"stream\.payload"), opened(options, CATALOGUE):
        pass
    with pytest.raises(UsageError, match=r"stream\.payload"):
        examine(options, str)
    with pytest.raises(UsageError, match=r"stream\.payload"):
        examine(Options(profile=str(profile.path)), str)
    with pytest.raises(UsageError, match=r"stream\.payload"):
        policy_for(tmp_path, str(profile.path))
    assert not options.runs.exists()
