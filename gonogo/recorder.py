"""Writes down what a suite saw: exchanges, checks, attempts. It judges nothing."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

from gonogo.evidence import Attempt, Checked, Exchanged, Measured
from gonogo.exchange import StreamedExchange
from gonogo.operation import curl
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gonogo.check import Bound
    from gonogo.evidence import Record
    from gonogo.exchange import Exchange
    from gonogo.journal import Journal
    from gonogo.profile import Profile

KEPT_BODY = 4000
KEPT_ARRIVALS = 300
SPLIT = "(not kept: what its events add up to holds a secret)"
LONGEST_SECRET = 4000


class Recorder:
    """The one writer of a suite's evidence."""

    def __init__(self, journal: Journal, suite: str, profile: Profile) -> None:
        """Write to this journal, for this suite."""
        self.journal = journal
        self.suite = suite
        self.profile = profile
        self.numbers = itertools.count(1)

    def next_id(self) -> str:
        """An id for the next exchange, unique in the run."""
        return f"{self.journal.path.stem}-{next(self.numbers):04d}"

    def exchange(
        self,
        exchange: Exchange,
        scenario: str,
        variables: Mapping[str, str] | None = None,
        repeat: int = 1,
        gives: Mapping[str, str] | None = None,
    ) -> None:
        """
        Keep an exchange.

        `variables` maps values to the shell variables that stand for them in its curl line, which
        sends the request `repeat` times. `gives` names the variables that this answer's captured values have.
        """
        variables = variables or {}
        line = repeated(curl(exchange.request, variables, self.profile), repeat)
        self.journal.write(
            Exchanged(
                id=exchange.id,
                suite=self.suite,
                scenario=scenario,
                person=exchange.person,
                operation=exchange.request.operation,
                method=exchange.request.method,
                url=exchange.request.url,
                request_headers=exchange.request.headers.fields,
                request_body=self._readable(exchange.request.body),
                status=exchange.status,
                headers=exchange.headers.fields,
                body=self._readable_answer(exchange),
                body_bytes=len(exchange.body),
                events=len(exchange.events) if isinstance(exchange, StreamedExchange) else None,
                arrivals=arrivals(exchange),
                failure=exchange.failure,
                started_at=exchange.started_at,
                timing={key: value for key, value in exchange.timing.__dict__.items() if value is not None},
                curl=line,
                needs=tuple(sorted({name for name in variables.values() if f"${name}" in line})),
                gives=dict(gives or {}),
            )
        )

    def _readable(self, body: bytes) -> str:
        """The beginning of a body, without secrets: what is cut before it is redacted may keep half of one."""
        return self.journal.redact(body[: KEPT_BODY + LONGEST_SECRET].decode("utf-8", "replace"))[:KEPT_BODY]

    def _readable_answer(self, exchange: Exchange) -> str:
        """The beginning of an answer; nothing of a stream whose events add up to a secret that none of them holds."""
        said = exchange.said if isinstance(exchange, StreamedExchange) else ""
        if said and self.journal.redact(said) != said:
            return SPLIT
        return self._readable(exchange.body)

    def checked(self, scenario: str, bound: Bound[Any], subject: Any, trail: Sequence[Exchange]) -> Checked:  # noqa: ANN401  a check may look at anything
        """Let a check look at its subject and write down what it said; a check that breaks is an error, not a stop."""
        complaints, error = looked(bound, subject)
        record = Checked(
            suite=self.suite,
            scenario=scenario,
            check=bound.check.id,
            subjects=subjects_of(subject),
            complaints=complaints,
            error=error,
            expected=bound.check.claim,
            observed="; ".join(complaints[:3]),
            exchanges=tuple(exchange.id for exchange in trail),
            at=time.time(),
        )
        self.journal.write(record)
        return record

    def measured(self, scenario: str, name: str, values: Sequence[float]) -> None:
        """Keep samples of an SLI."""
        self.journal.write(Measured(suite=self.suite, scenario=scenario, name=name, values=tuple(values)))

    def attempt(self, attempt: Attempt) -> None:
        """Keep how a part of a scenario ended."""
        self.journal.write(attempt)

    def write(self, record: Record) -> None:
        """Keep any other record."""
        self.journal.write(record)


def arrivals(exchange: Exchange) -> tuple[float, ...]:
    """When the first events of a stream came, to a tenth of a millisecond."""
    events = exchange.events[:KEPT_ARRIVALS] if isinstance(exchange, StreamedExchange) else ()
    return tuple(round(event.arrived, 4) for event in events)


def repeated(line: str, times: int) -> str:
    """A curl line, or a loop around it that shows the status of each go."""
    if times == 1:
        return line
    return f"for n in $(seq {times}); do {line} -o /dev/null -w '%{{http_code}}\\n'; done"


def looked(bound: Bound[Any], subject: Any) -> tuple[tuple[str, ...], str | None]:  # noqa: ANN401  a check may look at anything
    """What a check said of a subject, and why it could not judge, if it could not."""
    complaints: list[str] = []
    try:
        complaints.extend(bound.looks(subject))
    except NotEvaluable as trouble:
        return tuple(complaints), str(trouble)
    except Exception as bug:  # noqa: BLE001  a check that breaks is recorded, and the run goes on
        return tuple(complaints), f"the check itself broke: {type(bug).__name__}: {bug}"
    return tuple(complaints), None


def subjects_of(subject: Any) -> int:  # noqa: ANN401  a check may look at anything
    """How many things a check was shown: a sequence counts its items, anything else is one."""
    return len(subject) if isinstance(subject, list | tuple) else 1
