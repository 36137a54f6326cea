"""The contract suite as its users start it: on a good target, on one that must not be fuzzed, and cut short."""

from typing import TYPE_CHECKING

import pytest

from tests.gate.gates import until
from tests.gate.targets import answering

if TYPE_CHECKING:
    from tests.gate.gates import Gate

SECRETS = {"GONOGO_WEBHOOK_SECRET": "whsec_abcdefghijklmnop", "GONOGO_OPERATOR_TOKEN": "operator-0123456789"}


@pytest.fixture
def contracts(gate: "Gate") -> "Gate":
    """The gate, of the contract suite."""
    gate.options = ("--suite", "contracts", "--depth", "quick")
    return gate


def test_a_target_that_keeps_to_its_document_passes(contracts: "Gate") -> None:
    """Every check of the suite passes, and the run says from which seed, and that every operation was reached."""
    ran = contracts("--seed", "5")

    assert ran.code == 0, ran.summary
    assert {one["name"]: one["passed"] for one in ran.verdict["suites"]} == {"contracts": 27}
    assert ran.verdict["facts"]["contracts:requests"].startswith("ok: seed 5, ")
    assert ran.verdict["facts"]["contracts:reached"].startswith("ok: 47 operations")


def test_production_is_not_fuzzed(contracts: "Gate") -> None:
    """Where the environment does not allow it nothing is sent, and nothing is decided."""
    ran = contracts("--environment", "production")

    assert ran.code == 20, ran.summary
    assert "environment production does not allow hostile" in ran.reasons
    assert not (ran.folder / "evidence" / "contracts.jsonl").exists()


def test_a_killed_suite_is_inconclusive(contracts: "Gate") -> None:
    """After kill -9 the gate says INCONCLUSIVE: what was not looked at did not pass."""
    started = contracts.begin()
    until(lambda: any(path.stat().st_size for path in started.runs.glob("2*/evidence/contracts.jsonl")))
    started.member("-m", "contracts").kill()
    ran = started.wait(60)

    assert ran.code == 20, ran.summary
    assert "journal contracts: it was never closed" in ran.reasons
    assert started.gone()


@pytest.mark.parametrize("status", [200, 401, 404, 429])
def test_a_target_that_says_one_thing_is_no_go_or_nothing(contracts: "Gate", status: int) -> None:
    """Whoever answers everything alike serves no document, and never passes."""
    with answering(status) as stub:
        ran = contracts.begin("--base-url", stub.url, **SECRETS).wait(60)

    assert ran.code in {10, 11, 20}, ran.summary
    assert len(stub.asked) < 20
