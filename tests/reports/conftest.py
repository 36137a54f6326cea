"""Verdicts to report: one of each kind, made by hand, each with the evidence that its findings name."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from gonogo.check import Severity
from gonogo.evidence import Evidence, Exchanged, JournalRead
from gonogo.published import (
    Action,
    CheckResult,
    DecidedBy,
    Decision,
    Finding,
    NotAssessed,
    Outcome,
    PolicyUsed,
    ScenarioResult,
    Slo,
    SuiteResult,
    Target,
    Trigger,
    Verdict,
)

STARTED = 1_767_258_000.0
ROLLBACK = "docker compose --project-name chat up --detach --no-deps api@sha256:5f2c0a"
SCENARIOS = {
    "authentication": ("A new member signs up, verifies the address, signs in and refreshes the session.", 3.4),
    "chat": ("A short question streams back a whole answer, promptly, and it is still there afterwards.", 2.1),
    "payment": ("An order and its signed webhook upgrade the plan, once.", 1.7),
    "features": ("Projects filter, settings stay, an upload has a preview, and a batch exports.", 4.9),
    "rate_limiting": ("The 101st request of a minute is refused with honest headers.", 71.3),
    "csrf": ("A write without its token, or from a foreign origin, is refused.", 0.8),
    "monitoring": ("Health, metrics and the error tracker tell the truth.", 1.2),
    "security_headers": ("Every answer carries the headers that the profile promises.", 0.6),
}
CHECKS = {
    "authentication": (
        "http.status",
        "auth.cookie-flags",
        "auth.refresh-rotates",
        "auth.signout-ends",
        "auth.one-mail",
    ),
    "chat": ("stream.terminal-event", "stream.first-token", "stream.content-type", "chat.keeps-both", "answer.says"),
    "payment": ("payment.order", "payment.webhook-signed", "payment.forged-refused", "payment.once", "plan.upgraded"),
    "features": ("projects.filter", "settings.kept", "upload.preview", "upload.refuses-type", "export.formats"),
    "rate_limiting": (
        "limit.refuses-101st",
        "limit.retry-after",
        "limit.headers",
        "limit.recovers",
        "limit.per-person",
    ),
    "csrf": (
        "csrf.refuses-missing",
        "csrf.accepts-valid",
        "csrf.refuses-origin",
        "csrf.refuses-other",
        "csrf.reads-free",
    ),
    "monitoring": ("health.live", "health.build", "metrics.system", "metrics.openmetrics", "tracker.receives-error"),
    "security_headers": ("headers.csp", "headers.hsts", "headers.nosniff", "headers.referrer", "headers.permissions"),
}
SEVERITIES = {"csrf": Severity.BLOCKER, "security_headers": Severity.MAJOR}
WORDS = {"schema", "kind", "state"}
TRIGGERS = ("authentication-down", "data-lost", "payment-broken", "security-blocker", "error-rate", "p95")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A verdict and what it was made from."""

    verdict: Verdict
    evidence: Evidence


def checks(ends: dict[str, Outcome] | None = None) -> tuple[CheckResult, ...]:
    """Every planned check, passed unless told otherwise by its id."""
    ends = ends or {}
    reasons = {
        Outcome.SKIP: "the profile declares that the target does not offer it",
        Outcome.NOT_RUN: "the scenario crashed before it",
        Outcome.ERROR: "found nothing to look at",
    }
    return tuple(
        CheckResult(
            suite="smoke",
            scenario=scenario,
            check=check,
            severity=SEVERITIES.get(scenario, Severity.CRITICAL),
            outcome=ends.get(check, Outcome.PASS),
            reason=reasons.get(ends.get(check, Outcome.PASS), ""),
            subjects=1,
            shadow=check == "answer.says",
        )
        for scenario, names in CHECKS.items()
        for check in names
    )


def scenarios(planned: tuple[CheckResult, ...]) -> tuple[ScenarioResult, ...]:
    """The scenarios that hold these checks."""
    order = [Outcome.FAIL, Outcome.FLAKY, Outcome.ERROR, Outcome.NOT_RUN, Outcome.WAIVED, Outcome.PASS, Outcome.SKIP]
    results = []
    for name in dict.fromkeys(check.scenario for check in planned):
        ends = [check.outcome for check in planned if check.scenario == name]
        title, took = SCENARIOS.get(name, (f"Scenario {name}.", 1.0))
        results.append(
            ScenarioResult(
                suite="smoke",
                id=name,
                title=title,
                outcome=min(ends, key=order.index),
                duration_s=took,
                checks={end: ends.count(end) for end in order if end in ends},
            )
        )
    return tuple(results)


def verdict(planned: tuple[CheckResult, ...], **changes: object) -> Verdict:
    """An unconditional GO over these checks, with changes."""
    ran = [check for check in planned if check.outcome not in {Outcome.NOT_RUN, Outcome.SKIP}]
    passed = sum(check.outcome is Outcome.PASS for check in planned)
    plain = {
        "run_id": "20260101T090000Z-7f3a",
        "verdict": Decision.GO,
        "conditional": False,
        "conditions": (),
        "action": Action.PROCEED,
        "rollback_command": ROLLBACK,
        "decided_by": DecidedBy(rule=7, sentence="every planned check passed or is a declared skip"),
        "would_change_if": ("any blocker or critical check fails",),
        "not_assessed": (NotAssessed(what="export.formats", why="the profile declares that the target has no export"),),
        "triggers": tuple(Trigger(id=name, state="armed", action=Action.ROLLBACK) for name in TRIGGERS),
        "target": Target(
            name="reference",
            base_url="https://127.0.0.1:41873",
            environment="staging",
            build="2026.01.01-a1b2c3d",
            expected_build="2026.01.01-a1b2c3d",
        ),
        "started_at": STARTED,
        "duration_s": 74.6,
        "judged_as_of": STARTED + 75,
        "embedded": True,
        "faults": (),
        "planned": len(planned),
        "executed": len(ran),
        "suites": (SuiteResult(name="smoke", planned=len(planned), passed=passed),),
        "scenarios": scenarios(planned),
        "checks": planned,
        "findings": (),
        "slos": (
            Slo(name="ttft_p95_s", value=0.21, limit=0.5, n=42, outcome=Outcome.PASS),
            Slo(name="http_p95_s", value=0.034, limit=0.25, n=310, outcome=Outcome.PASS),
            Slo(name="error_rate", value=None, limit=0.01, n=12, outcome=Outcome.ERROR),
        ),
        "facts": {"build after the run": "2026.01.01-a1b2c3d, as before", "clock": "0.1 s behind the target"},
        "policy": PolicyUsed(digest="5f" * 32, major_budget=2, strict=False),
        "exit_code": 0,
    }
    return Verdict.model_validate({**plain, **changes})


def exchange(number: int, **changes: object) -> Exchanged:
    """One kept exchange."""
    plain = {
        "id": f"smoke-{number:04d}",
        "suite": "smoke",
        "scenario": "csrf",
        "person": "alice",
        "operation": "create_conversation",
        "method": "POST",
        "url": "https://127.0.0.1:41873/api/conversations",
        "request_headers": (("content-type", "application/json"), ("cookie", "$GONOGO_COOKIE")),
        "request_body": '{"title": "smoke"}',
        "status": 201,
        "headers": (("content-type", "application/json"), ("x-request-id", "0f5e")),
        "body": '{"id": "c-17", "title": "smoke"}',
        "body_bytes": 32,
        "timing": {"headers": 0.021, "total": 0.024},
    }
    return Exchanged.model_validate({**plain, **changes})


def finding(number: int, check: str, scenario: str, severity: Severity, **changes: object) -> Finding:
    """A failed check, with a request that shows it."""
    plain = {
        "id": f"{scenario}/{check}",
        "check": check,
        "scenario": scenario,
        "suite": "smoke",
        "severity": severity,
        "outcome": Outcome.FAIL,
        "expected": "A write without its CSRF token is refused with 403, and changes nothing.",
        "observed": "create_conversation (POST, 201)",
        "message": "a write without its CSRF token was answered 201, expected 403",
        "why": "Any page on the web could then write in the name of a member who is signed in.",
        "remedy": "compare the token of the header with the one of the session before the route runs",
        "reproduce": (
            "curl --silent --show-error --include --cacert runs/latest/ca.pem --request POST "
            "'https://127.0.0.1:41873/api/conversations' --header 'content-type: application/json' "
            '--header "cookie: $GONOGO_COOKIE" --data-raw \'{"title": "smoke"}\''
        ),
        "evidence": (f"smoke-{number:04d}",),
    }
    return Finding.model_validate({**plain, **changes})


def journals(*records: Exchanged, trouble: str | None = None) -> Evidence:
    """Evidence of one suite."""
    return Evidence(journals=(JournalRead(name="smoke", records=records, trouble=trouble),))


def go() -> Sample:
    """All is well."""
    return Sample(verdict=verdict(checks({"export.formats": Outcome.SKIP})), evidence=journals(exchange(1)))


def conditional() -> Sample:
    """Two majors within the budget, one flaky, one waived, one on trial."""
    ends = {
        "headers.referrer": Outcome.FAIL,
        "headers.permissions": Outcome.FAIL,
        "metrics.system": Outcome.WAIVED,
        "export.formats": Outcome.SKIP,
        "answer.says": Outcome.FAIL,
    }
    header = {
        "expected": "Every answer carries a Referrer-Policy that sends no path to other sites.",
        "observed": "GET / has no Referrer-Policy",
        "message": "1 of 14 answers has no Referrer-Policy: GET /",
        "why": "Addresses of conversations would reach every site that an answer links to.",
        "remedy": "send Referrer-Policy: strict-origin-when-cross-origin from the proxy",
    }
    found = (
        finding(2, "headers.referrer", "security_headers", Severity.MAJOR, **header),
        finding(2, "headers.permissions", "security_headers", Severity.MAJOR, **header),
        finding(
            3,
            "metrics.system",
            "monitoring",
            Severity.CRITICAL,
            outcome=Outcome.WAIVED,
            waiver="OPS-71, until 2026-01-09",
        ),
        finding(4, "answer.says", "chat", Severity.MINOR, shadow=True),
    )
    planned = checks(ends)
    made = verdict(
        planned,
        conditional=True,
        conditions=("headers.referrer failed (major, 1 of 2)", "headers.permissions failed (major, 2 of 2)"),
        decided_by=DecidedBy(
            rule=6,
            sentence="a major failure within the budget, a waiver used, or flaky within the quota",
            checks=("headers.referrer", "headers.permissions", "metrics.system"),
        ),
        embedded=False,
        findings=found,
        exit_code=0,
    )
    return Sample(verdict=made, evidence=journals(exchange(2), exchange(3), exchange(4)))


def rollback() -> Sample:
    """A security blocker fired its trigger."""
    planned = checks({"csrf.refuses-missing": Outcome.FAIL, "stream.first-token": Outcome.FLAKY})
    slow = {
        "outcome": Outcome.FLAKY,
        "expected": "The first token arrives within the promised time.",
        "observed": "first token after 0.62 s, promised within 0.50 s",
        "message": "first token after 0.62 s, promised within 0.50 s; a second attempt took 0.41 s",
    }
    fired = Trigger(
        id="security-blocker",
        state="fired",
        action=Action.ROLLBACK,
        because="csrf.refuses-missing failed in csrf",
        evidence=("smoke-0005",),
    )
    made = verdict(
        planned,
        verdict=Decision.NO_GO,
        action=Action.ROLLBACK,
        decided_by=DecidedBy(rule=2, sentence="a blocker failed or was flaky", checks=("csrf.refuses-missing",)),
        would_change_if=("csrf.refuses-missing passes", "stream.first-token passes in every attempt"),
        triggers=(fired, *(Trigger(id=name, state="armed", action=Action.ROLLBACK) for name in TRIGGERS[:3])),
        faults=("csrf.off", "stream.slow-start"),
        findings=(
            finding(6, "stream.first-token", "chat", Severity.CRITICAL, **slow),
            finding(5, "csrf.refuses-missing", "csrf", Severity.BLOCKER),
        ),
        exit_code=11,
    )
    return Sample(verdict=made, evidence=journals(exchange(5), exchange(6, scenario="chat", status=200)))


def inconclusive() -> Sample:
    """A scenario crashed, and its journal was never closed."""
    lost = dict.fromkeys(CHECKS["chat"], Outcome.NOT_RUN) | {"health.build": Outcome.ERROR}
    found = finding(
        7,
        "health.build",
        "monitoring",
        Severity.CRITICAL,
        outcome=Outcome.ERROR,
        expected="Health names the build.",
        observed="",
        message="could not judge: health (GET, 200) has no JSON body",
        reproduce="",
    )
    made = verdict(
        checks(lost),
        verdict=Decision.INCONCLUSIVE,
        action=Action.HOLD,
        rollback_command=None,
        decided_by=DecidedBy(
            rule=5,
            sentence="something planned was not proven",
            checks=("health.build", *CHECKS["chat"]),
            reasons=("the journal of smoke was never closed", "the chat scenario crashed: KeyError: 'delta'"),
        ),
        would_change_if=("all 6 are looked at and pass",),
        target=Target(
            name="reference",
            base_url="https://chat.example.org",
            environment="production",
            build=None,
            expected_build="b7",
        ),
        not_assessed=tuple(NotAssessed(what=name, why="the chat scenario crashed") for name in CHECKS["chat"]),
        embedded=False,
        findings=(found,),
        slos=(),
        exit_code=20,
    )
    return Sample(verdict=made, evidence=journals(exchange(7), trouble="it was never closed"))


def empty() -> Sample:
    """Nothing was written down at all."""
    made = verdict(
        (),
        verdict=Decision.INCONCLUSIVE,
        action=Action.HOLD,
        decided_by=DecidedBy(rule=5, sentence="something planned was not proven", reasons=("there is no plan",)),
        would_change_if=(),
        not_assessed=(NotAssessed(what="everything", why="the run left no evidence"),),
        target=Target(name="", base_url="", environment="production", build=None, expected_build=None),
        rollback_command=None,
        started_at=0.0,
        duration_s=0.0,
        embedded=False,
        triggers=(),
        suites=(),
        slos=(),
        facts={},
        exit_code=20,
    )
    return Sample(verdict=made, evidence=Evidence())


def many() -> Sample:
    """Five hundred checks in fifty scenarios, a tenth of them failed."""
    planned = tuple(
        CheckResult(
            suite="smoke",
            scenario=f"scenario_{number // 10:02d}",
            check=f"family.check-{number:03d}",
            severity=Severity.CRITICAL,
            outcome=Outcome.PASS if number % 10 else Outcome.FAIL,
            subjects=1,
        )
        for number in range(500)
    )
    found = tuple(
        finding(n, f"family.check-{n:03d}", f"scenario_{n // 10:02d}", Severity.CRITICAL) for n in range(0, 500, 10)
    )
    decided = DecidedBy(rule=3, sentence="a critical check failed", checks=tuple(one.check for one in found))
    made = verdict(
        planned, verdict=Decision.NO_GO, action=Action.HOLD, decided_by=decided, findings=found, exit_code=10
    )
    big = tuple(exchange(n, body="x" * 4000, body_bytes=9000) for n in range(0, 500, 10))
    return Sample(verdict=made, evidence=journals(*big))


SAMPLES: dict[str, Callable[[], Sample]] = {
    "go": go,
    "conditional": conditional,
    "rollback": rollback,
    "inconclusive": inconclusive,
    "empty": empty,
    "many": many,
}


@pytest.fixture(params=SAMPLES)
def sample(request: pytest.FixtureRequest) -> Sample:
    """Each kind of verdict in turn."""
    return SAMPLES[request.param]()


@pytest.fixture
def samples() -> dict[str, Sample]:
    """Every kind of verdict by its name."""
    return {name: make() for name, make in SAMPLES.items()}


def poisoned(value: Any, payload: str) -> Any:  # noqa: ANN401  a walk over JSON
    """The same, with every free text replaced by the payload, keys too; enumerated words stay."""
    if isinstance(value, dict):
        return {key: poisoned(item, payload) if key not in WORDS else item for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [poisoned(item, payload) for item in value]
    return payload if type(value) is str else value


@functools.cache
def poisoned_sample(payload: str) -> Sample:
    """What is decided of a target that says one thing wherever it can say anything."""
    clean = rollback()
    verdict = poisoned(clean.verdict.model_dump(by_alias=True), payload)
    records = [Exchanged.model_validate(poisoned(one.model_dump(), payload)) for one in clean.evidence.of(Exchanged)]
    facts = {payload: payload}
    return Sample(
        verdict=Verdict.model_validate(verdict | {"facts": facts}), evidence=journals(*records, trouble=payload)
    )
