"""What makes a NO_GO a rollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.check import Effects, Severity
from gonogo.evidence import Measured
from gonogo.published import Action, Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.published import Trigger
    from tests.verdict.conftest import Story


def trigger(story: Story, name: str) -> Trigger:
    """One trigger of a story's verdict."""
    return next(one for one in story.verdict.triggers if one.id == name)


def loaded(story: Story, name: str, values: Sequence[float]) -> Story:
    """A run with a load suite that measured these, and enough of everything else."""
    fine = {"http_s": (0.1,) * 90, "request_failed": (0.0,) * 90, name: tuple(values)}
    story = story.started(suites=("smoke", "load")).plan("load.steady", "gate", Severity.CRITICAL, suite="load")
    story = story.add("load").see("load.steady", "gate", suite="load")
    measured = [Measured(suite="load", scenario="gate", name=key, values=one) for key, one in fine.items()]
    return story.add("load", *measured)


def test_all_armed(well: Story) -> None:
    """Where all is well, each trigger that checks feed is armed, and those of load are not assessed."""
    states = {one.id: one.state for one in well.verdict.triggers}

    assert states == {
        "authentication-down": "armed",
        "payment-broken": "armed",
        "security-blocker": "armed",
        "pages-broken": "not assessed",
        "data-lost": "armed",
        "error-rate": "not assessed",
        "p95": "not assessed",
    }


@pytest.mark.parametrize(
    ("check", "fired"),
    [
        ("operation.signin", "authentication-down"),
        ("payment.upgrades", "payment-broken"),
        ("auth.session-required", "security-blocker"),
        ("csrf.needs-token", "security-blocker"),
        ("chat.saved", "data-lost"),
    ],
)
def test_fires(well: Story, check: str, fired: str) -> None:
    """A check that fails fires its trigger: NO_GO, exit code 11, roll back."""
    story = well.under(rollback={"method": "compose", "command": "docker compose up"}).fail(check, exchanges=("x1",))
    verdict = story.verdict

    assert [one.id for one in verdict.triggers if one.state == "fired"] == [fired]
    assert (verdict.verdict, verdict.action, verdict.exit_code) == (Decision.NO_GO, Action.ROLLBACK, 11)
    assert verdict.rollback_command == "docker compose up"
    assert trigger(story, fired).evidence == ("x1",)


def test_other_failures_hold(well: Story) -> None:
    """A NO_GO without a trigger is a reason to hold, not to roll back."""
    verdict = well.fail("stream.terminal-event").verdict

    assert (verdict.verdict, verdict.action, verdict.exit_code) == (Decision.NO_GO, Action.HOLD, 10)


def test_missing_mail_is_no_open_door(well: Story) -> None:
    """A mail that does not arrive keeps people out; it lets nobody in."""
    story = well.plan("auth.mail-arrives", "authentication", Severity.BLOCKER).fail(
        "auth.mail-arrives", scenario="authentication"
    )

    assert [one.id for one in story.verdict.triggers if one.state == "fired"] == ["authentication-down"]


def test_once_is_enough_for_security(well: Story) -> None:
    """A security blocker that failed once fires; a sign-in that failed once does not mean that it is down."""
    assert trigger(well.flake("csrf.needs-token"), "security-blocker").state == "fired"
    assert trigger(well.flake("operation.signin"), "authentication-down").state == "armed"


def test_our_own_hostile_traffic(well: Story) -> None:
    """A failure that our own hostile traffic may have caused fires only if the control probe got through."""
    story = well.fact("control-probe", "unknown").fail("csrf.needs-token")

    assert trigger(story, "security-blocker").state == "not evaluable"
    assert (story.verdict.verdict, story.verdict.action) == (Decision.NO_GO, Action.HOLD)


def test_harmless_failure_beside_a_hostile_one(well: Story) -> None:
    """A failure of harmless traffic fires whatever became of the control probe."""
    story = well.fact("control-probe", "unknown").fail("csrf.needs-token").fail("auth.session-required")

    assert trigger(story, "security-blocker").state == "fired"


def test_unplanned_failure_in_a_hostile_scenario(well: Story) -> None:
    """A step that fails in a scenario of hostile checks needs the control probe, though the step is harmless."""
    story = well.see("operation.signin", "csrf", complaints=("503",))

    assert trigger(story, "authentication-down").state == "fired"
    assert trigger(story.fact("control-probe", "unknown"), "authentication-down").state == "not evaluable"


def test_not_evaluable(well: Story) -> None:
    """A trigger whose check was not run or could not judge is not evaluable."""
    assert trigger(well.unsee("chat.saved"), "data-lost").state == "not evaluable"
    assert trigger(well.err("chat.saved"), "data-lost").state == "not evaluable"


def test_not_assessed(well: Story) -> None:
    """A trigger that only skips and shadow checks feed is not assessed."""
    skipped = well.without(lambda one: getattr(one, "check", "") == "chat.saved").plan(
        "chat.saved", "chat", Severity.CRITICAL, skip="nothing is kept"
    )

    assert trigger(skipped, "data-lost").state == "not assessed"
    assert trigger(well.under(shadow=["chat.saved"]).fail("chat.saved"), "data-lost").state == "not assessed"


def test_lesser_failures_do_not_fire(well: Story) -> None:
    """A major check never fires a trigger, so that a trigger that fired is always a NO_GO."""
    story = well.plan("chat.saved-title", "chat", Severity.MAJOR, effects=Effects.READ).fail(
        "chat.saved-title", scenario="chat"
    )

    assert trigger(story, "data-lost").state == "armed"
    assert story.verdict.verdict is Decision.GO


@pytest.mark.parametrize(
    ("name", "fired", "values"),
    [("request_failed", "error-rate", [1.0, 0.0, 0.0] * 30), ("http_s", "p95", [1.2] * 90)],
)
def test_load_fires(well: Story, name: str, fired: str, values: list[float]) -> None:
    """Numbers of the load suite over their threshold fire, and are a NO_GO by themselves."""
    verdict = loaded(well, name, values).verdict

    assert [one.id for one in verdict.triggers if one.state == "fired"] == [fired]
    assert (verdict.verdict, verdict.decided_by.rule, verdict.action) == (Decision.NO_GO, 3, Action.ROLLBACK)
    assert verdict.would_change_if == (f"trigger {fired} does not fire",)


@pytest.mark.parametrize(
    ("name", "armed", "values"),
    [
        ("request_failed", "error-rate", [1.0] * 5 + [0.0] * 55),
        ("http_s", "p95", [1.2] * 30 + [0.1] * 60),
    ],
)
def test_load_stays_armed(well: Story, name: str, armed: str, values: list[float]) -> None:
    """Eight failures in a hundred may be chance, and a slow start is not sustained."""
    story = loaded(well, name, values)

    assert trigger(story, armed).state == "armed"
    assert story.verdict.verdict is Decision.GO


@pytest.mark.parametrize("values", [[1.0] * 59, [float("nan")] * 90])
def test_load_is_not_evaluable(well: Story, values: list[float]) -> None:
    """Too few samples, or what is no number, neither fire nor pass."""
    story = loaded(well, "http_s", values)

    assert trigger(story, "p95").state == "not evaluable"
    assert story.verdict.verdict is Decision.INCONCLUSIVE
