"""
What a suite writes down: facts only, append-only, one JSON record a line.

Each suite has files of its own under `runs/ID/evidence/`. A journal is contiguous in `seq` and
closed by an `end` record with the number of records and the hash of the lines before it. What is
missing or torn is seen by whoever reads it, and never passes for a whole one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from gonogo.check import Effects, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R", bound="Record")
MOST_ALIKE = 10_000_000


class Record(BaseModel):
    """One line of a journal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunStarted(Record):
    """
    What is being verified, by whom, and when: the first record of the plan.

    `load` is the load profile, and `not_judged` names the promised bounds that it is too short to decide.
    """

    kind: Literal["run"] = "run"
    run_id: str
    gonogo: str
    target: str
    base_url: str
    environment: str
    profile: str
    suites: tuple[str, ...]
    suites_known: tuple[str, ...]
    expected_build: str | None = None
    embedded: bool = False
    faults: tuple[str, ...] = ()
    started_at: float
    facts: tuple[str, ...] = ()
    load: str | None = None
    not_judged: tuple[str, ...] = ()


class Planned(Record):
    """
    A check that must be looked at in a scenario; written by the parent before any suite starts.

    `skip` is the declared reason why it is not: the target does not offer it, or the environment does
    not allow it. `claim`, `why` and `fix` are the check's own words, kept so that a finding can be
    explained without the catalogue.
    """

    kind: Literal["planned"] = "planned"
    suite: str
    scenario: str
    check: str
    severity: Severity
    effects: Effects
    skip: str | None = None
    claim: str = ""
    why: str = ""
    fix: str = ""


class Attempt(Record):
    """
    One go of one test function of a scenario, as it ended.

    `ended` says how: `finished` (whatever its checks said), `stopped` by the target (an operation
    failed), `crashed` (our own exception, named in `reason`), or `skipped` for a declared reason.
    """

    kind: Literal["attempt"] = "attempt"
    suite: str
    scenario: str
    title: str
    part: str
    attempt: int = 1
    ended: Literal["finished", "stopped", "crashed", "skipped"]
    reason: str = ""
    started_at: float
    duration_s: float


class Exchanged(Record):
    """
    An exchange as it is kept: redacted, the bodies cut to a readable length.

    `arrivals` are the seconds after the request at which the first events of a stream came. `curl` needs the shell
    variables in `needs`. `gives` are the variables that stand for what was captured of this
    answer, by the captured name.
    """

    kind: Literal["exchange"] = "exchange"
    id: str
    suite: str
    scenario: str
    person: str
    operation: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    body_bytes: int = 0
    events: int | None = None
    failure: str | None = None
    started_at: float = 0.0
    timing: dict[str, float] = Field(default_factory=dict)
    arrivals: tuple[float, ...] = ()
    curl: str = ""
    needs: tuple[str, ...] = ()
    gives: dict[str, str] = Field(default_factory=dict)


class Checked(Record):
    """
    A check that looked at something, with a sentence for each thing wrong.

    `error` is set when it could not judge. `subjects` counts what it looked at. `exchanges` are the
    ids of those that show it, in the order in which they reproduce it.
    """

    kind: Literal["checked"] = "checked"
    suite: str
    scenario: str
    check: str
    attempt: int = 1
    subjects: int
    complaints: tuple[str, ...] = ()
    error: str | None = None
    expected: str = ""
    observed: str = ""
    exchanges: tuple[str, ...] = ()
    at: float = 0.0


class Measured(Record):
    """
    Samples of one SLI, in the unit that its name ends in, up to a moment.

    `counts` says how often each value was met; left out, each was met once.
    """

    kind: Literal["measured"] = "measured"
    suite: str
    scenario: str
    name: str
    values: tuple[float, ...]
    counts: tuple[Annotated[int, Field(ge=0, le=MOST_ALIKE)], ...] = ()
    at: float = 0.0

    def samples(self) -> Iterator[float]:
        """Every sample; a value without a count is none."""
        if not self.counts:
            yield from self.values
            return
        for value, count in zip(self.values, self.counts, strict=False):
            yield from repeat(value, count)


class Artifact(Record):
    """
    A file that shows what a part saw, such as a screenshot.

    `path` is that in the run's folder, and `sha256` is of what was written. `check` is the one that had just
    complained, where one had.
    """

    kind: Literal["artifact"] = "artifact"
    suite: str
    scenario: str
    part: str
    what: Literal["screenshot", "trace", "video"]
    path: str
    sha256: str
    check: str = ""
    at: float = 0.0


class Fact(Record):
    """
    Something the parent found out about the run itself.

    `state` is `ok`, `bad` (the target's fault) or `unknown` (we could not find out).
    """

    kind: Literal["fact"] = "fact"
    name: str
    state: Literal["ok", "bad", "unknown"]
    detail: str
    at: float = 0.0


class End(Record):
    """The last record: how many went before it, and the SHA-256 of their lines."""

    kind: Literal["end"] = "end"
    count: int
    sha256: str


AnyRecord = Annotated[
    RunStarted | Planned | Attempt | Exchanged | Checked | Measured | Artifact | Fact | End, Field(discriminator="kind")
]
RECORD: TypeAdapter[Any] = TypeAdapter(cast("Any", AnyRecord))  # an annotated union is no type to mypy


@dataclass(frozen=True, kw_only=True)
class JournalRead:
    """
    A journal as it was found: its records without the end, and what is wrong with it, if anything.

    `sha256` is the hash that its end has of the lines before it, where they keep it.
    """

    name: str
    records: tuple[Record, ...] = ()
    trouble: str | None = None
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything a run wrote down."""

    journals: tuple[JournalRead, ...] = ()

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Every record of one kind, in the order of the journals."""
        return tuple(record for journal in self.journals for record in journal.records if isinstance(record, kind))
