"""
Rollback triggers: what is bad enough to take the deployment back, as data.

A trigger fires on what the target did to us, and never on what our own burst or hostile traffic may
have caused: such failures count only if the control probe got through. Only blockers and criticals
fire, so that a trigger that fired is always a NO_GO.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gonogo.check import Effects, Severity
from gonogo.published import Action, Outcome, Trigger
from gonogo.slos import HTTP_S, REQUEST_FAILED, p95, samples, share_at_least, too_slow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gonogo.evidence import Evidence, Fact
    from gonogo.outcomes import Weighed

State = Literal["armed", "fired", "not evaluable", "not assessed"]

BLOCKERS = frozenset({Severity.BLOCKER})
GRAVE = frozenset({Severity.BLOCKER, Severity.CRITICAL})
OUR_DOING = frozenset({Effects.BURST, Effects.HOSTILE})
CONTROL_PROBE = "control-probe"
LOAD = "load"


@dataclass(frozen=True, kw_only=True)
class CheckTrigger:
    """
    Fires when a check fails whose id starts with one of `prefixes`, and none of `but_not`, and whose severity fits.

    `once` says that one failed attempt is enough. Failures of checks with the effects `not_from` need a
    control probe that got through.
    """

    id: str
    sentence: str
    prefixes: tuple[str, ...]
    but_not: tuple[str, ...] = ()
    severities: frozenset[Severity] = BLOCKERS
    once: bool = False
    not_from: frozenset[Effects] = OUR_DOING


@dataclass(frozen=True, kw_only=True)
class NumberTrigger:
    """Fires when a number of the load suite's samples is over a threshold in each of its `parts`, in order of time."""

    id: str
    sentence: str
    measure: str
    number: Callable[[Sequence[float]], float]
    threshold: float
    min_n: int
    parts: int = 1


CHECK_TRIGGERS = (
    CheckTrigger(
        id="authentication-down",
        sentence="nobody can sign up, sign in or stay signed in",
        prefixes=(
            "operation.signup",
            "operation.verify_email",
            "operation.signin",
            "operation.session",
            "operation.refresh",
            "auth.mail-arrives",
        ),
    ),
    CheckTrigger(
        id="payment-broken",
        sentence="a payment does not lead to what was paid for",
        prefixes=("payment.", "operation.create_order", "operation.payment_webhook", "operation.plan"),
        severities=GRAVE,
    ),
    CheckTrigger(
        id="security-blocker",
        sentence="something is open to those who must not have it",
        prefixes=(
            *("auth.", "chat.", "csrf.", "exposure.", "features.", "metrics.", "payment.", "tls."),
            "contract.wants-credentials",
        ),
        but_not=("auth.mail-arrives",),
        once=True,
    ),
    CheckTrigger(
        id="pages-broken",
        sentence="nobody can sign in by the pages, or nobody sees an answer there",
        prefixes=("ui.sign-in", "ui.answer-shown"),
    ),
    CheckTrigger(
        id="data-lost",
        sentence="what was saved is not there any more, or is not what was saved",
        prefixes=("chat.saved",),
        severities=GRAVE,
    ),
)
NUMBER_TRIGGERS = (
    NumberTrigger(
        id="error-rate",
        sentence="the lower 95 % bound of the share of failed requests",
        measure=REQUEST_FAILED,
        number=share_at_least,
        threshold=0.05,
        min_n=60,
    ),
    NumberTrigger(
        id="p95",
        sentence="the 95th percentile of plain calls, in seconds, in each third of the samples",
        measure=HTTP_S,
        number=p95,
        threshold=1.0,
        min_n=60,
        parts=3,
    ),
)


def pull(
    rows: Sequence[Weighed], evidence: Evidence, facts: Mapping[str, Fact], suites: Sequence[str]
) -> tuple[Trigger, ...]:
    """What each trigger did; `suites` are those that were planned."""
    probe = facts.get(CONTROL_PROBE)
    probed = probe is not None and probe.state == "ok"
    return (
        *(pull_on_checks(trigger, rows, probed=probed) for trigger in CHECK_TRIGGERS),
        *(
            told(trigger, "not evaluable", ["the generator of the load was too slow to measure latencies"])
            if trigger.measure == HTTP_S and LOAD in suites and too_slow(evidence)
            else pull_on_number(trigger, samples(evidence, trigger.measure, LOAD), suites)
            for trigger in NUMBER_TRIGGERS
        ),
    )


def pull_on_checks(trigger: CheckTrigger, rows: Sequence[Weighed], *, probed: bool) -> Trigger:
    """Fired, armed, not evaluable, or not assessed where nothing feeds it."""
    fed = [row for row in rows if feeds(row, trigger)]
    failing = [row for row in fed if row.outcome is Outcome.FAIL or (trigger.once and row.outcome is Outcome.FLAKY)]
    fired = [row for row in failing if probed or not row.effects & trigger.not_from]
    unsure = [row for row in fed if row.erred or row.outcome in {Outcome.ERROR, Outcome.NOT_RUN}]
    if fired:
        return told(trigger, "fired", [f"{row.check} in {row.scenario}: {row.reason}" for row in fired], fired)
    if failing:
        return told(trigger, "not evaluable", ["our own traffic may have caused it, and no control probe got through"])
    if unsure:
        return told(trigger, "not evaluable", [f"{row.check} in {row.scenario}: {row.reason}" for row in unsure])
    if fed:
        return told(trigger, "armed", [])
    return told(trigger, "not assessed", ["no check that feeds it was planned, or all are declared skips"])


def feeds(row: Weighed, trigger: CheckTrigger) -> bool:
    """Whether a row says something about a trigger."""
    return (
        row.check.startswith(trigger.prefixes)
        and not row.check.startswith(trigger.but_not)
        and row.severity in trigger.severities
        and not row.shadow
        and row.outcome is not Outcome.SKIP
    )


def pull_on_number(trigger: NumberTrigger, values: Sequence[float], suites: Sequence[str]) -> Trigger:
    """Fired, armed, not evaluable with too few samples, or not assessed without a load suite."""
    if LOAD not in suites:
        return told(trigger, "not assessed", ["no load suite was planned"])
    if len(values) < trigger.min_n or any(math.isnan(value) for value in values):
        return told(
            trigger, "not evaluable", [f"{len(values)} samples, {trigger.min_n} wanted, and all of them numbers"]
        )
    size = len(values) // trigger.parts
    parts = [values[number * size : (number + 1) * size] for number in range(trigger.parts)]
    numbers = [trigger.number(part) for part in parts]
    shown = f"{', '.join(f'{number:.3g}' for number in numbers)}; threshold {trigger.threshold:g}, n={len(values)}"
    return told(trigger, "fired" if min(numbers) > trigger.threshold else "armed", [shown])


def told(
    trigger: CheckTrigger | NumberTrigger, state: State, because: Sequence[str], rows: Sequence[Weighed] = ()
) -> Trigger:
    """A trigger as it is published."""
    shown = [exchange for row in rows for record in row.records for exchange in record.exchanges]
    return Trigger(
        id=trigger.id,
        state=state,
        action=Action.ROLLBACK,
        because=f"{trigger.sentence}: {'; '.join(because)}" if because else trigger.sentence,
        evidence=tuple(dict.fromkeys(shown)),
    )
