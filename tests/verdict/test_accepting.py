"""What a run's contract suite found is drafted as waivers, under the rules that every waiver keeps."""

from __future__ import annotations

from argparse import Namespace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gonogo.accepting import Accepted, draft
from gonogo.baseline import accept
from gonogo.check import Severity
from gonogo.profile_file import read_document
from gonogo.published import CheckResult, Finding, Outcome, Verdict
from gonogo.trouble import UsageError
from gonogo.waiver_file import read

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.waiver import Waiver

TODAY = date(2026, 3, 2)
FIRST, SECOND, THIRD = "1" * 16, "2" * 16, "3" * 16
HOMES = {
    "contract.bodies": frozenset({"contracts/document"}),
    "contract.statuses": frozenset({"contracts/document"}),
    "health.answers": frozenset({"contracts/document", "smoke/monitoring"}),
}


def accepted(**more: Any) -> Accepted:  # noqa: ANN401  fields of Accepted
    """Who accepts it."""
    said: dict[str, Any] = {"reason": "known", "owner": "Ann", "approver": "Bob", "ticket": "OPS-7"}
    return Accepted(**{**said, "created": TODAY, "expires": TODAY + timedelta(days=14), **more})


def found(check: str = "contract.bodies", *fingerprints: str, **more: Any) -> Finding:  # noqa: ANN401  fields of Finding
    """A finding of the contract suite."""
    said: dict[str, Any] = {
        "id": "F1",
        "check": check,
        "scenario": "document",
        "suite": "contracts",
        "severity": Severity.MAJOR,
        "outcome": Outcome.FAIL,
        "expected": "",
        "observed": "",
        "message": "",
        "remedy": "",
        "reproduce": "",
    }
    return Finding(**{**said, "evidence": (), "fingerprints": fingerprints or (FIRST,), **more})


def verdict(*findings: Finding, **outcomes: Outcome) -> Verdict:
    """A verdict with findings, and what became of checks of the suite."""
    rows = [
        CheckResult(
            suite="contracts", scenario="document", check=name.replace("_", "."), severity=Severity.MAJOR, outcome=one
        )
        for name, one in outcomes.items()
    ]
    parts: dict[str, Any] = {"findings": findings, "checks": tuple(rows)}
    return Verdict.model_construct(**parts)


def waiver(check: str = "contract.bodies", fingerprint: str = FIRST) -> Waiver:
    """One that is in the file already."""
    return accepted(ticket="OPS-1").waiver(check, fingerprint)


def test_each_failure_is_drafted_by_its_fingerprint() -> None:
    """Every complaint of a finding gets a waiver of its own, which names both people, and the day."""
    drafted = draft(verdict(found("contract.bodies", FIRST, SECOND)), (), accepted(), HOMES)

    assert [(one.check, one.fingerprint) for one in drafted.new] == [
        ("contract.bodies", FIRST),
        ("contract.bodies", SECOND),
    ]
    assert {(one.owner, one.approver, one.ticket, one.expires) for one in drafted.new} == {
        ("Ann", "Bob", "OPS-7", date(2026, 3, 16))
    }
    assert list(drafted.sentences())[-1] == "2 drafted, 0 as they were, 0 fixed"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"severity": Severity.BLOCKER}, "a blocker, which nobody may waive"),
        ({"severity": Severity.MINOR}, "decides nothing"),
        ({"outcome": Outcome.FLAKY}, "is flaky"),
        ({"outcome": Outcome.ERROR}, "is error"),
    ],
)
def test_what_nobody_may_accept_is_refused(more: dict[str, Any], says: str) -> None:
    """A blocker, what decides nothing, and what is no clear failure gets no waiver, and the draft says so."""
    drafted = draft(verdict(found(**more)), (), accepted(), HOMES)

    assert not drafted.new
    assert says in drafted.refused[0]


@pytest.mark.parametrize("more", [{"suite": "smoke"}, {"shadow": True}])
def test_what_is_not_of_the_suite_is_left_alone(more: dict[str, Any]) -> None:
    """Findings of other suites, and of checks on trial, are neither drafted nor refused."""
    drafted = draft(verdict(found(**more)), (), accepted(), HOMES)

    assert (drafted.new, drafted.refused) == ((), ())


def test_nobody_approves_what_is_theirs() -> None:
    """The owner cannot approve, nor can a waiver end before it began."""
    with pytest.raises(UsageError, match="cannot approve it too"):
        draft(verdict(found()), (), accepted(approver="ann"), HOMES)
    with pytest.raises(UsageError, match="is before"):
        draft(verdict(found()), (), accepted(expires=TODAY - timedelta(days=1)), HOMES)


def test_a_critical_failure_is_accepted_for_two_weeks_at_most() -> None:
    """Fifteen days are too long for a critical failure, and not for a major one."""
    long = accepted(expires=TODAY + timedelta(days=15))

    assert draft(verdict(found()), (), long, HOMES).new
    with pytest.raises(UsageError, match="14 days at most"):
        draft(verdict(found(severity=Severity.CRITICAL)), (), long, HOMES)


def test_what_is_known_already_is_not_prolonged() -> None:
    """A waiver that is there stays as it is, and nothing is drafted beside it."""
    known = waiver()
    drafted = draft(verdict(found(), contract_bodies=Outcome.FAIL), (known,), accepted(), HOMES)

    assert (drafted.stays, drafted.new, drafted.fixed) == ((known,), (), ())


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_what_is_fixed_leaves_the_file(outcome: Outcome) -> None:
    """A failure that a run which judged its check did not meet is reported as fixed, and is not in the draft."""
    findings = (found("contract.bodies", SECOND),) if outcome is Outcome.FAIL else ()
    drafted = draft(verdict(*findings, contract_bodies=outcome), (waiver(),), accepted(), HOMES)

    assert [one.fingerprint for one in drafted.fixed] == [FIRST]
    assert FIRST not in drafted.as_text()


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.NOT_RUN, Outcome.SKIP, None])
def test_what_was_not_judged_stays(outcome: Outcome | None) -> None:
    """Where the check could not judge, or is not in the run, its waivers stay."""
    rows = {"contract_bodies": outcome} if outcome else {}
    assert draft(verdict(**rows), (waiver(),), accepted(), HOMES).stays == (waiver(),)


def test_a_check_that_is_at_home_elsewhere_too_stays() -> None:
    """The contract suite alone cannot say that a failure is fixed which may be another suite's."""
    known = waiver("health.answers")
    assert draft(verdict(health_answers=Outcome.PASS), (known,), accepted(), HOMES).stays == (known,)


def test_the_draft_can_be_read_back(tmp_path: Path) -> None:
    """The file that is written is a file of waivers."""
    drafted = draft(verdict(found()), (waiver("contract.statuses", THIRD),), accepted(reason="Größe: known"), HOMES)
    place = tmp_path / "waivers.yaml"
    place.write_text(drafted.as_text(), encoding="utf-8")

    assert read(read_document(place, "waivers.yaml")) == (*drafted.stays, *drafted.new)
    assert list(yaml.safe_load(drafted.as_text())) == ["waivers"]


def test_the_file_is_written_anew(tmp_path: Path) -> None:
    """What is accepted is written with its days, and a second time nothing changes."""
    place, said = tmp_path / "waivers.yaml", list[str]()
    told = Namespace(file=place, reason="known", owner="Ann", approver="Bob", ticket="OPS-7", days=14)
    run = verdict(found(), contract_bodies=Outcome.FAIL)

    assert accept(run, told, {}, said.append) == 0
    first = place.read_text(encoding="utf-8")
    assert accept(run, told, {}, said.append) == 0
    assert place.read_text(encoding="utf-8") == first
    written = read(read_document(place, "waivers.yaml"))
    assert [one.expires - one.created for one in written] == [timedelta(days=14)]
    assert [one for one in said if "drafted," in one] == [
        "1 drafted, 0 as they were, 0 fixed\n",
        "0 drafted, 1 as they were, 0 fixed\n",
    ]
