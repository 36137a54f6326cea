"""Large random runs, one harm done to each, and the smallest run in which a harm helped, if there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gonogo.check import Effects, Severity
from gonogo.evidence import Attempt, Checked, Evidence, Fact, JournalRead, Measured, Planned, Record, RunStarted
from gonogo.policy import Policy
from gonogo.published import Decision
from gonogo.verdict import judge

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from gonogo.published import Verdict

SUITES = ("smoke", "load")
SCENARIOS = ("one", "two", "three")
NAMES = (
    "health.a",
    "auth.a",
    "chat.a",
    "stream.a",
    "operation.signin",
    "payment.a",
    "csrf.a",
    "chat.saved",
    "tls.a",
    "headers.a",
    "headers.b",
    "headers.c",
    "headers.d",
    "exports.a",
)
FACTS = ("control-probe", "clock", "redaction", "build-id", "build-stable", "build")
STATES = ("ok", "ok", "ok", "bad", "unknown")
ENOUGH = 60
CONDITION = re.compile(r"\w+ check (?P<check>\S+) (?:failed|was flaky) in (?P<scenario>[^:]*):")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run: which journal holds which record, what is wrong with a journal, and the policy."""

    records: tuple[tuple[str, Record], ...]
    troubles: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()
    policy: Policy = field(default_factory=Policy)

    @property
    def verdict(self) -> Verdict:
        """What becomes of it."""
        names = sorted({"plan", "gate", *SUITES} - self.lost)
        journals = tuple(
            JournalRead(
                name=name,
                records=tuple(record for journal, record in self.records if journal == name),
                trouble="torn" if name in self.troubles else None,
            )
            for name in names
        )
        return judge(Evidence(journals=journals), self.policy, None, 0.0)

    def plus(self, journal: str, record: Record) -> Run:
        """With one record more."""
        return replace(self, records=(*self.records, (journal, record)))

    def minus(self, record: Record) -> Run:
        """With one record less."""
        return replace(self, records=tuple(one for one in self.records if one[1] is not record))


@dataclass(frozen=True, kw_only=True)
class Harm:
    """One thing that makes a run worse; where `fatal`, no run with it is a GO."""

    how: str
    do: Callable[[Run], Run]
    fatal: bool = False
    touches: Record | None = None


# -- runs -------------------------------------------------------------------------------------------


def random_run(dice: random.Random) -> Run:
    """A run of up to 80 checks, most of which pass, under a random policy."""
    suites = ("smoke",) if dice.random() < 0.7 else SUITES
    severities = {name: dice.choice(tuple(Severity)) for name in NAMES}
    build = dice.choice([None, None, "b1"])
    records: list[tuple[str, Record]] = [("plan", started(suites, build))]
    records += [("gate", fact(name, dice)) for name in FACTS if name != "build" or build]
    badness = dice.choice([0.0, 0.0, 0.02, 0.1, 0.3])
    for suite in suites:
        for scenario in SCENARIOS:
            records += random_scenario(dice, suite, scenario, severities, badness)
    if "load" in suites:
        records += [("load", measured(name, dice, badness)) for name in ("http_s", "request_failed", "ttft_s")]
    return Run(records=tuple(records), policy=random_policy(dice))


def started(suites: tuple[str, ...], build: str | None) -> RunStarted:
    """The start of a run."""
    return RunStarted(
        run_id="run",
        gonogo="0",
        target="t",
        base_url="https://t",
        environment="local",
        profile="p",
        suites=suites,
        suites_known=SUITES,
        expected_build=build,
        started_at=1.0,
        facts=("control-probe", "clock"),
    )


def fact(name: str, dice: random.Random) -> Fact:
    """Something about the run, most often good."""
    state = dice.choice(STATES) if dice.random() < 0.05 else "ok"
    return Fact.model_validate({"name": name, "state": state, "detail": "so it is"})


def measured(name: str, dice: random.Random, badness: float) -> Measured:
    """Samples, most of them good."""
    bad = {"request_failed": 1.0}.get(name, 2.0)
    count = dice.choice([0, 29, 59, 60, 90, 200])
    values = tuple(bad if dice.random() < badness else 0.0 for _ in range(count))
    return Measured(suite="load", scenario="one", name=name, values=values)


def random_scenario(
    dice: random.Random, suite: str, scenario: str, severities: dict[str, Severity], badness: float
) -> Iterator[tuple[str, Record]]:
    """A scenario's plan, and what was seen in it."""
    for name in dice.sample(NAMES, dice.randint(1, len(NAMES))):
        skip = "not offered" if dice.random() < 0.1 else None
        effects = dice.choice(tuple(Effects))
        one = Planned(suite=suite, scenario=scenario, check=name, severity=severities[name], effects=effects, skip=skip)
        yield "plan", one
        for attempt in range(1, 1 if skip and dice.random() < 0.8 else 1 + dice.choice([1, 1, 2, 3])):
            if dice.random() >= badness / 4:
                yield suite, look(suite, scenario, name, attempt, *([] if dice.random() >= badness else [dice]))
    ended = dice.choice(["finished", "stopped", "crashed", "skipped"]) if dice.random() < badness else "finished"
    yield suite, part(suite, scenario, ended)


def look(suite: str, scenario: str, check: str, attempt: int, dice: random.Random | None = None) -> Checked:
    """One look of a check, which passes, or, with dice, has something against the target or could not judge."""
    said = {} if dice is None else harm_of(dice)
    return Checked.model_validate(
        {"suite": suite, "scenario": scenario, "check": check, "attempt": attempt, "subjects": 1, **said}
    )


def harm_of(dice: random.Random) -> dict[str, object]:
    """How a look of a check is no pass."""
    return dice.choice(
        [{"complaints": ("it is wrong",)}, {"error": "it broke"}, {"subjects": 0}, {"complaints": ("so",), "error": ""}]
    )


def part(suite: str, scenario: str, ended: str) -> Attempt:
    """How a part of a scenario ended."""
    return Attempt.model_validate(
        {
            "suite": suite,
            "scenario": scenario,
            "title": "A part.",
            "part": "test_it",
            "ended": ended,
            "started_at": 1.0,
            "duration_s": 1.0,
        }
    )


def random_policy(dice: random.Random) -> Policy:
    """Any policy."""
    return Policy.model_validate(
        {
            "major_budget": dice.randint(0, 4),
            "flaky_quota": dice.randint(0, 2),
            "shadow": dice.sample(NAMES, dice.choice([0, 0, 1, 5, len(NAMES)])),
            "severity": {name: dice.choice(tuple(Severity)) for name in dice.sample(NAMES, dice.choice([0, 1, 6]))},
            "slos": dice.choice([{}, {}, {"http_p95_s": 1.0, "error_rate": 0.1, "ttft_p95_s": 1.0}]),
        }
    )


# -- harms ------------------------------------------------------------------------------------------


def random_harm(dice: random.Random, run: Run) -> Harm | None:
    """One harm to a run, None where the dice find nothing to harm."""
    return dice.choice([worse_look, worse_look, lost_pass, lost_word, doubt, lost_journal, failed_request])(dice, run)


def worse_look(dice: random.Random, run: Run) -> Harm | None:
    """A check that was looked at, or had not to be, fails or cannot judge once more."""
    suite, scenario, check = dice.choice(SUITES), dice.choice((*SCENARIOS, "elsewhere")), dice.choice(NAMES)
    wanted = {(one.suite, one.scenario, one.check) for one in of(run, Planned) if one.skip is None}
    seen = {(one.suite, one.scenario, one.check) for one in of(run, Checked)}
    key = (suite, scenario, check)
    if key in wanted - seen:
        return None
    record = look(suite, scenario, check, dice.randint(1, 3), dice)
    return Harm(how=f"one more look: {record!r}", do=lambda one: one.plus(suite, record))


def lost_pass(dice: random.Random, run: Run) -> Harm | None:
    """A look that passed is lost."""
    passes = [one for one in of(run, Checked) if not one.complaints and one.error is None and one.subjects > 0]
    if not passes:
        return None
    lost = dice.choice(passes)
    return Harm(how=f"without {lost!r}", do=lambda one: one.minus(lost), touches=lost)


def lost_word(dice: random.Random, run: Run) -> Harm | None:
    """A good word about the run itself, or its start, is lost."""
    good = [one for one in of(run, Fact) if one.state == "ok"]
    good += [one for one in of(run, Attempt) if one.ended == "finished"]
    lost = dice.choice([*good, *of(run, RunStarted)])
    return Harm(
        how=f"without {lost!r}", do=lambda one: one.minus(lost), fatal=isinstance(lost, RunStarted), touches=lost
    )


def doubt(dice: random.Random, run: Run) -> Harm:
    """A journal is torn, a part crashes, or a fact about the run is not good."""
    suite = of(run, RunStarted)[0].suites[0]
    torn = dice.choice(["plan", "gate", suite])
    bad = Fact.model_validate({"name": dice.choice((*FACTS, "interrupted")), "state": "unknown", "detail": "so"})
    crashed = part(suite, dice.choice(SCENARIOS), dice.choice(["crashed", "stopped"]))
    return dice.choice(
        [
            Harm(how=f"torn {torn}", do=lambda one: replace(one, troubles=one.troubles | {torn}), fatal=True),
            Harm(how=f"with {bad!r}", do=lambda one: one.plus("gate", bad), fatal=True),
            Harm(how=f"with {crashed!r}", do=lambda one: one.plus(suite, crashed), fatal=True),
        ]
    )


def lost_journal(dice: random.Random, run: Run) -> Harm:
    """A journal that has to be there is not."""
    name = dice.choice(["plan", *of(run, RunStarted)[0].suites])
    return Harm(how=f"without journal {name}", do=lambda one: replace(one, lost=one.lost | {name}), fatal=True)


def failed_request(_: random.Random, run: Run) -> Harm | None:
    """One request more fails under load, where there were enough to judge by."""
    samples = [value for one in of(run, Measured) if one.name == "request_failed" for value in one.values]
    if len(samples) < ENOUGH:
        return None
    record = Measured(suite="load", scenario="one", name="request_failed", values=(1.0,))
    return Harm(how="one more failed request", do=lambda one: one.plus("load", record))


def of(run: Run, kind: type[Record]) -> list[Any]:
    """A run's records of one kind."""
    return [record for _, record in run.records if isinstance(record, kind)]


# -- what must hold ---------------------------------------------------------------------------------


def helped(run: Run, harm: Harm) -> str | None:
    """What a harm made better, which nothing may."""
    before, after = run.verdict, harm.do(run).verdict
    if after.verdict is not Decision.GO:
        return None
    if harm.fatal or before.verdict is not Decision.GO:
        return f"{before.verdict} became GO"
    dropped = named(before) - named(after)
    return f"the condition {sorted(dropped)} was dropped" if dropped else None


def named(verdict: Verdict) -> set[tuple[str, str]]:
    """The check and scenario of each condition."""
    found = [CONDITION.match(text) for text in verdict.conditions]
    return {(match["check"], match["scenario"]) for match in found if match}


def unproven_go(run: Run) -> str | None:
    """A blocker without a pass and without a declared skip, although the run is a GO, whatever the policy."""
    if run.verdict.verdict is not Decision.GO:
        return None
    for planned in of(run, Planned):
        if planned.severity is Severity.BLOCKER:
            key = (planned.suite, planned.scenario, planned.check)
            looks = [one for one in of(run, Checked) if (one.suite, one.scenario, one.check) == key]
            if any(one.complaints or one.error is not None or one.subjects < 1 for one in looks):
                return f"a GO although {key} is not right"
            if not looks and planned.skip is None:
                return f"a GO although nobody looked at {key}"
    return None


def smallest(run: Run, still: Callable[[Run], bool], touched: Record | None = None) -> Run:
    """The run without every record that is not needed for something to be so still."""
    for _, record in run.records:
        fewer = run.minus(record)
        if record is not touched and still(fewer):
            run = fewer
    return run


def try_one(dice: random.Random) -> tuple[bool, str | None]:
    """One random run and one harm: whether the run was a GO, and what is wrong, told of the smallest such run."""
    run = random_run(dice)
    go = run.verdict.verdict is Decision.GO
    if unproven_go(run):
        small = smallest(run, lambda one: unproven_go(one) is not None)
        return go, f"{unproven_go(small)}: {small}"
    harm = random_harm(dice, run)
    if harm is None or helped(run, harm) is None:
        return go, None
    small = smallest(run, lambda one: bool(of(one, RunStarted)) and helped(one, harm) is not None, harm.touches)
    return go, f"{harm.how}: {helped(small, harm)}: {small}"
