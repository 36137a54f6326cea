"""
What became of each check: from the records of a run to one outcome a check and scenario.

A planned check that nobody looked at is not-run, whoever left it out. A check that looked at nothing
is an error. Attempts that disagree are flaky, never a pass. A failure counts even where no check was
planned. Whether an outcome decides anything is not said here, but in `gonogo.verdict`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from gonogo.check import Effects, Severity
from gonogo.evidence import Attempt, Checked, Evidence, Planned
from gonogo.published import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gonogo.policy import Policy
    from gonogo.waiver import Waiver

T = TypeVar("T")
K = TypeVar("K")
Key = tuple[str, str, str]

NO_RECORD = "no record: deselected, deleted, interrupted or killed"
NO_REASON = "no reason given"
NOTHING_TO_LOOK_AT = "nothing to look at"
SEVERITIES = tuple(Severity)
UNKNOWN_SEVERITY = Severity.CRITICAL


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """
    One check in one scenario, and what became of it.

    `severity` is the policy's, `own_severity` the catalogue's. `erred` says that some record could
    not judge, whatever the others said. `effects` are the planned check's, or those of its whole scenario
    where it was not planned.
    """

    suite: str
    scenario: str
    check: str
    severity: Severity
    own_severity: Severity
    outcome: Outcome
    planned: bool = True
    shadow: bool = False
    erred: bool = False
    reason: str = ""
    records: tuple[Checked, ...] = ()
    effects: frozenset[Effects] = frozenset()
    claim: str = ""
    why: str = ""
    fix: str = ""
    waivers: tuple[Waiver, ...] = ()

    @property
    def failing(self) -> bool:
        """Whether the target did wrong at least once."""
        return self.outcome in {Outcome.FAIL, Outcome.FLAKY}

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Worst first, then by name."""
        return (SEVERITIES.index(self.severity), self.suite, self.scenario, self.check)


@dataclass(frozen=True, kw_only=True)
class Books:
    """The records of a run, sorted by what they are about."""

    policy: Policy
    plans: Mapping[Key, Sequence[Planned]]
    records: Mapping[Key, Sequence[Checked]]
    attempts: Mapping[tuple[str, str], Sequence[Attempt]]
    effects: Mapping[tuple[str, str], frozenset[Effects]] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)


def weigh(evidence: Evidence, policy: Policy) -> tuple[Weighed, ...]:
    """Every planned check, and every other that failed or could not judge; worst severity first."""
    books = sort_records(evidence, policy)
    stray = [key for key, records in books.records.items() if key not in books.plans and not all(map(passes, records))]
    rows = [weigh_planned(books, key) for key in books.plans] + [weigh_stray(books, key) for key in stray]
    return tuple(sorted(rows, key=lambda row: row.order))


def sort_records(evidence: Evidence, policy: Policy) -> Books:
    """Put the records of each check, and of each scenario, together."""
    planned = evidence.of(Planned)
    scenarios = group(planned, scenario_of)
    return Books(
        policy=policy,
        plans=group(planned, key_of),
        records=group(evidence.of(Checked), key_of),
        attempts=group(evidence.of(Attempt), scenario_of),
        effects={name: frozenset(one.effects for one in plans) for name, plans in scenarios.items()},
        severities={check: worst(plans) for check, plans in group(planned, lambda one: one.check).items()},
    )


def group(items: Iterable[T], by: Callable[[T], K]) -> dict[K, list[T]]:
    """Items by a key, in the order in which they came."""
    groups: defaultdict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[by(item)].append(item)
    return dict(groups)


def key_of(record: Planned | Checked) -> Key:
    """The check and scenario that a record is about."""
    return (record.suite, record.scenario, record.check)


def scenario_of(record: Planned | Attempt) -> tuple[str, str]:
    """The scenario that a record is about."""
    return (record.suite, record.scenario)


def worst(plans: Sequence[Planned]) -> Severity:
    """The gravest severity that the plan names."""
    return min((plan.severity for plan in plans), key=SEVERITIES.index)


def passes(record: Checked) -> bool:
    """Whether a check looked at something and found nothing wrong."""
    return not record.complaints and not errs(record)


def errs(record: Checked) -> bool:
    """Whether a check could not judge, or was shown nothing."""
    return record.error is not None or record.subjects <= 0


def weigh_planned(books: Books, key: Key) -> Weighed:
    """What became of a planned check; records beat a declared skip, but for those that pass."""
    plans, records = books.plans[key], tuple(books.records.get(key, ()))
    skips = [plan.skip for plan in plans if plan.skip is not None]
    if len(skips) == len(plans) and all(map(passes, records)):
        return row_of(books, key, outcome=Outcome.SKIP, reason=skips[0])
    if not records:
        return row_of(books, key, outcome=Outcome.NOT_RUN, reason=why_not_run(books.attempts.get(key[:2], ())))
    return looked_at(books, key, records)


def weigh_stray(books: Books, key: Key) -> Weighed:
    """What became of a check that was not planned here, and still has something to say."""
    return looked_at(books, key, tuple(books.records[key]))


def looked_at(books: Books, key: Key, records: tuple[Checked, ...]) -> Weighed:
    """What the records of a check say together."""
    outcome = outcome_of(records)
    return row_of(books, key, outcome=outcome, reason=reason_of(outcome, records), records=records)


def row_of(books: Books, key: Key, *, outcome: Outcome, reason: str, records: tuple[Checked, ...] = ()) -> Weighed:
    """A row with the words of the plan and the severity of the policy."""
    suite, scenario, check = key
    plans = books.plans.get(key, ())
    own = worst(plans) if plans else books.severities.get(check, UNKNOWN_SEVERITY)
    severity = severity_under(books.policy, check, own) if check in books.severities else own
    return Weighed(
        suite=suite,
        scenario=scenario,
        check=check,
        severity=severity,
        own_severity=own,
        outcome=outcome,
        planned=bool(plans),
        shadow=check in books.policy.shadow and severity is not Severity.BLOCKER,
        erred=any(map(errs, records)),
        reason=reason,
        records=records,
        effects=frozenset(plan.effects for plan in plans) or books.effects.get((suite, scenario), frozenset()),
        claim=plans[0].claim if plans else "",
        why=plans[0].why if plans else "",
        fix=plans[0].fix if plans else "",
    )


def severity_under(policy: Policy, check: str, own: Severity) -> Severity:
    """The policy's severity of a check; a blocker stays one."""
    return own if own is Severity.BLOCKER else policy.severity.get(check, own)


def outcome_of(records: Sequence[Checked]) -> Outcome:
    """
    One outcome of all attempts.

    Any complaint fails an attempt. Attempts of which some fail and some pass are flaky. An error only
    shows where nothing failed; `Weighed.erred` remembers it in any case.
    """
    attempts = group(records, lambda record: record.attempt).values()
    failed = [attempt for attempt in attempts if any(record.complaints for record in attempt)]
    passed = [attempt for attempt in attempts if all(map(passes, attempt))]
    if failed:
        return Outcome.FLAKY if passed else Outcome.FAIL
    return Outcome.PASS if len(passed) == len(attempts) else Outcome.ERROR


def reason_of(outcome: Outcome, records: Sequence[Checked]) -> str:
    """The first complaint, or why it could not judge; nothing where all was right."""
    if outcome is Outcome.PASS:
        return ""
    if outcome is Outcome.ERROR:
        record = next(record for record in records if errs(record))
        return NOTHING_TO_LOOK_AT if record.error is None else record.error or NO_REASON
    return next(text for record in records for text in record.complaints)


def why_not_run(attempts: Sequence[Attempt]) -> str:
    """Why a check of a scenario has no record, as far as the scenario's attempts tell."""
    for ended in ("crashed", "stopped"):
        for attempt in attempts:
            if attempt.ended == ended:
                return f"{attempt.part} {ended}: {attempt.reason or NO_REASON}"
    if attempts and all(attempt.ended == "skipped" for attempt in attempts):
        return f"{attempts[0].part} skipped: {attempts[0].reason or NO_REASON}"
    return NO_RECORD
