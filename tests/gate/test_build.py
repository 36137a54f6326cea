"""Which build answers: the one that was deployed, another one, or now this and now that."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gate.conftest import FormService
    from tests.gate.gates import Gate

ONE_PART = ("-k", "test_health_is_open")


def test_the_wrong_build_is_held(form_gate: "Gate", form_service: "FormService") -> None:
    """Another build is a NO_GO, and a reason to hold, not to roll back; no suite looks at it."""
    ran = form_gate("--base-url", form_service().url, "--expect-build", "build-2")

    assert ran.code == 10, ran.summary
    assert ran.verdict["verdict"] == "NO_GO"
    assert ran.verdict["action"] == "HOLD"
    assert "the build that answers is build-1, expected build-2" in " ".join(ran.out.split())
    assert "suite:smoke" not in ran.verdict["facts"]


def test_a_build_that_comes_is_waited_for(form_gate: "Gate", form_service: "FormService") -> None:
    """The build that is expected, and answers a second later, is found, and is a fact of the run."""
    target = form_service("--builds", "old,new")
    ran = form_gate("--base-url", target.url, "--expect-build", "new", "--wait-for-build", "20s", *ONE_PART)

    assert ran.verdict["facts"]["build"] == "ok: 10 answers in a row from new", ran.summary
    assert ran.verdict["facts"]["build-stable"].startswith("ok")
    assert ran.verdict["target"]["build"] == "new"
    assert ran.failed == set()


def test_half_a_roll_out_is_no_build(form_gate: "Gate", form_service: "FormService") -> None:
    """A build that answers six times out of seven never answers ten times in a row."""
    target = form_service("--builds", "old,new", "--fault", "flapping-build")
    ran = form_gate("--base-url", target.url, "--expect-build", "new", "--wait-for-build", "3s")

    assert ran.code == 10, ran.summary
    assert ran.verdict["action"] == "HOLD"
    assert "the build that answers is old, expected new" in " ".join(ran.out.split())
