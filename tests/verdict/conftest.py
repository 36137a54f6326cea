"""A small run in which all is well, and the ways to spoil it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.check import Effects, Severity
from gonogo.evidence import Attempt, Checked, Evidence, Exchanged, Fact, JournalRead, Planned, RunStarted
from gonogo.policy import Policy
from gonogo.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gonogo.evidence import Record
    from gonogo.published import Verdict

STARTED = 1_767_258_000.0
SCENARIOS = {
    "monitoring": {"health.answers": Severity.BLOCKER},
    "authentication": {"auth.session-required": Severity.BLOCKER, "operation.signin": Severity.BLOCKER},
    "chat": {"chat.saved": Severity.CRITICAL, "stream.terminal-event": Severity.CRITICAL},
    "payment": {"payment.upgrades": Severity.CRITICAL},
    "csrf": {"csrf.needs-token": Severity.BLOCKER},
    "security-headers": {
        "headers.csp": Severity.MAJOR,
        "headers.nosniff": Severity.MAJOR,
        "headers.referrer": Severity.MAJOR,
        "headers.server": Severity.MINOR,
    },
}
HOSTILE = {"csrf"}


@dataclass(frozen=True, kw_only=True)
class Story:
    """Evidence that is easy to change: each method returns another story."""

    journals: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    troubles: Mapping[str, str] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)

    def add(self, journal: str, *records: Record) -> Story:
        """Write records at the end of a journal."""
        return replace(self, journals={**self.journals, journal: (*self.journals.get(journal, ()), *records)})

    def without(self, forget: Callable[[Any], bool]) -> Story:
        """Forget records, without leaving trouble behind."""
        return replace(
            self,
            journals={name: tuple(one for one in all_ if not forget(one)) for name, all_ in self.journals.items()},
        )

    def without_journal(self, name: str) -> Story:
        """Lose a whole journal."""
        return replace(self, journals={key: value for key, value in self.journals.items() if key != name})

    def troubled(self, journal: str, trouble: str = "it was never closed") -> Story:
        """Find something wrong with a journal."""
        return replace(self, troubles={**self.troubles, journal: trouble})

    def under(self, **rules: object) -> Story:
        """Judge by another policy."""
        return replace(self, policy=Policy.model_validate({**self.policy.model_dump(), **rules}))

    def started(self, **changes: object) -> Story:
        """Start the run in another way."""
        return replace(
            self,
            journals={
                name: tuple(one.model_copy(update=changes) if isinstance(one, RunStarted) else one for one in records)
                for name, records in self.journals.items()
            },
        )

    def plan(self, check: str, scenario: str, severity: Severity, **more: Any) -> Story:  # noqa: ANN401  fields of Planned
        """Plan another check."""
        planned = {"suite": "smoke", "effects": Effects.OWN_DATA, **more}
        return self.add("plan", Planned(check=check, scenario=scenario, severity=severity, **planned))

    def see(self, check: str, scenario: str | None = None, **more: Any) -> Story:  # noqa: ANN401  fields of Checked
        """Let a check look at one subject, once more; it passes unless told otherwise."""
        seen = {"suite": "smoke", "subjects": 1, "scenario": scenario or home(check), **more}
        return self.add("smoke", Checked(check=check, **seen))

    def unsee(self, check: str, scenario: str | None = None) -> Story:
        """Forget everything that a check saw."""
        return self.without(
            lambda one: isinstance(one, Checked) and (one.check, one.scenario) == (check, scenario or home(check))
        )

    def fail(self, check: str, complaint: str = "it is wrong", **more: Any) -> Story:  # noqa: ANN401  fields of Checked
        """Let a check fail instead of what it said before."""
        return self.unsee(check, more.get("scenario")).see(check, complaints=(complaint,), **more)

    def err(self, check: str, error: str = "the mailbox is down") -> Story:
        """Leave a check unable to judge instead of what it said before."""
        return self.unsee(check).see(check, error=error)

    def flake(self, check: str) -> Story:
        """Let a check fail, and pass at the second attempt."""
        return self.fail(check).see(check, attempt=2)

    def end(self, scenario: str, ended: str, reason: str = "") -> Story:
        """Let a scenario's part end in some way."""
        return self.without(lambda one: isinstance(one, Attempt) and one.scenario == scenario).add(
            "smoke", part(scenario, ended, reason)
        )

    def fact(self, name: str, state: str, detail: str = "so it is") -> Story:
        """Find out something about the run, instead of what was found out before."""
        found = Fact.model_validate({"name": name, "state": state, "detail": detail, "at": STARTED + 9})
        return self.without(lambda one: isinstance(one, Fact) and one.name == name).add("gate", found)

    @property
    def evidence(self) -> Evidence:
        """The story as it is judged."""
        return Evidence(
            journals=tuple(
                JournalRead(name=name, records=records, trouble=self.troubles.get(name))
                for name, records in self.journals.items()
            )
        )

    @property
    def verdict(self) -> Verdict:
        """What becomes of it."""
        return judge(self.evidence, self.policy, None, STARTED + 60)


def home(check: str) -> str:
    """The scenario in which a check of the small run is planned."""
    return next((scenario for scenario, checks in SCENARIOS.items() if check in checks), "elsewhere")


def part(scenario: str, ended: str = "finished", reason: str = "") -> Attempt:
    """The end of a scenario's only part."""
    return Attempt.model_validate(
        {
            "suite": "smoke",
            "scenario": scenario,
            "title": f"The {scenario} scenario.",
            "part": "test_it",
            "ended": ended,
            "reason": reason,
            "started_at": STARTED + 1,
            "duration_s": 2.0,
        }
    )


def started() -> RunStarted:
    """The start of the small run."""
    return RunStarted(
        run_id="20260101T090000Z-abcd",
        gonogo="0.1.0",
        target="reference",
        base_url="https://127.0.0.1:8443",
        environment="local",
        profile="reference",
        suites=("smoke",),
        suites_known=("smoke", "load"),
        started_at=STARTED,
        facts=("clock", "control-probe"),
    )


def all_well() -> Story:
    """A run with a check of every kind, all of which pass, but for one that is a declared skip."""
    story = Story().add("plan", started()).add("smoke").add("gate")
    for scenario, checks in SCENARIOS.items():
        effects = Effects.HOSTILE if scenario in HOSTILE else Effects.OWN_DATA
        story = story.add("smoke", part(scenario))
        for check, severity in checks.items():
            words = {"claim": f"{check} holds.", "why": f"{check} matters.", "fix": f"Mend {check}."}
            shown = Exchanged(
                id=f"smoke-{check}",
                suite="smoke",
                scenario=scenario,
                person="alice",
                operation="any",
                method="GET",
                url="https://127.0.0.1:8443/",
                curl=f"curl {check}",
            )
            story = (
                story.plan(check, scenario, severity, effects=effects, **words)
                .add("smoke", shown)
                .see(check, exchanges=(shown.id,), at=STARTED + 5)
            )
    story = story.plan("upload.preview", "features", Severity.MAJOR, skip="no upload is offered")
    return story.fact("clock", "ok").fact("control-probe", "ok")


@pytest.fixture(scope="session")
def well() -> Story:
    """A run in which all is well."""
    return all_well()
