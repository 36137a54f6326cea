"""The plan is told before anything is sent, and says what an environment rules out."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.gate.conftest import FormService, Stubs
    from tests.gate.gates import Gate


def test_the_plan_sends_nothing(form_gate: "Gate", stub: "Stubs") -> None:
    """`--plan` prints requests, messages, minutes and effects, and nobody is asked anything."""
    target = stub(200)
    ran = form_gate("--plan", "--base-url", target.url)

    assert ran.code == 0, ran.summary
    assert target.asked == []
    assert not form_gate.runs.exists()
    assert target.url in ran.out
    assert re.search(r"about \d+ requests, \d+ messages to the model, \d+ min", ran.out)
    assert "effects: burst, hostile, own-data, read" in ran.out
    assert "chat.isolation" in ran.out


def test_the_plan_names_what_is_ruled_out(gate: "Gate") -> None:
    """In production nothing hostile, in bursts or with money is planned, and the plan says why."""
    everything, gentle = gate("--plan"), gate("--plan", "--environment", "production")

    assert "effects: burst, hostile, money, own-data, read" in everything.out
    assert "(skip:" not in everything.out
    assert "effects: own-data, read\n" in gentle.out
    for effect in ("burst", "hostile", "money"):
        assert f"environment production does not allow {effect}" in gentle.out


def test_production_is_treated_gently(form_gate: "Gate", form_service: "FormService") -> None:
    """A run in production does nothing hostile, and its first screen says what was not looked at."""
    target = form_service()
    ran = form_gate("--environment", "production", "--base-url", target.url, "-k", "test_health_is_open")

    skipped = {one["check"] for one in ran.verdict["checks"] if "production does not allow" in one["reason"]}
    assert skipped >= {"csrf.needs-token", "rate.api-enforced", "auth.tampered-refused"}
    first_screen = ran.out.partition("outcome")[0]
    assert "environment production does not allow hostile" in " ".join(first_screen.split())
    assert "environment production does not allow burst" in " ".join(first_screen.split())
