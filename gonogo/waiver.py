"""
Waivers: known failures that somebody accepted, for a reason, until a day. No I/O.

A waiver covers one failure of one check, told by its fingerprint; another failure of the same check is not covered,
nor is one in another scenario. Blockers, checks that were not planned, and promised numbers are never covered. An
attempt that could not judge stays a doubt, whatever is waived beside it.

A row is covered only where each of its complaints is: so one more failure can take the cover away, and never give it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from gonogo.check import Severity
from gonogo.published import Outcome, WaiverShown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gonogo.outcomes import Weighed

LONGEST_FOR_A_CRITICAL = timedelta(days=14)
WAIVABLE = frozenset({Severity.CRITICAL, Severity.MAJOR})
CHANGING = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?=\w*\d)(?=\w*[A-Za-z])\w{12,}\b|\d+\.\d+", re.IGNORECASE
)
State = Literal["in force", "not yet", "expired"]


class Waiver(BaseModel):
    """One failure that is accepted, by two people, from the day it was created to the end of the day it expires."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    check: str = Field(min_length=1, description="The check that fails.")
    fingerprint: str = Field(pattern="^[0-9a-f]{16}$", description="Which failure of it, as the finding shows it.")
    reason: str = Field(min_length=1, description="Why it may stay for now.")
    owner: str = Field(min_length=1, description="Who mends it.")
    approver: str = Field(min_length=1, description="Who accepted it; another person than the owner.")
    ticket: str = Field(min_length=1, description="Where the work is tracked.")
    created: date = Field(description="The first day on which it holds, in UTC.")
    expires: date = Field(description="The last day on which it holds, in UTC.")

    @field_validator("approver")
    @classmethod
    def _is_another_person(cls, approver: str, info: ValidationInfo) -> str:
        owner = info.data.get("owner", "")
        if approver.casefold() == owner.casefold():
            raise ValueError(f"'{approver}' owns the failure, and cannot approve it too")
        return approver

    @field_validator("expires")
    @classmethod
    def _is_not_before_it_began(cls, expires: date, info: ValidationInfo) -> date:
        created = info.data.get("created", expires)
        if expires < created:
            raise ValueError(f"{expires} is before {created}, when the waiver was created")
        return expires

    @property
    def too_long_for_a_critical(self) -> bool:
        """Whether it holds for longer than a critical check may be waived."""
        return self.expires - self.created > LONGEST_FOR_A_CRITICAL

    def state(self, as_of: float) -> State:
        """Whether it holds at a moment, in seconds of the epoch; a moment that is no number is past every waiver."""
        if as_of < midnight(self.created):
            return "not yet"
        return "in force" if as_of < midnight(self.expires + timedelta(days=1)) else "expired"


def midnight(day: date) -> float:
    """The first moment of a day in UTC, in seconds of the epoch."""
    return datetime.combine(day, time.min, UTC).timestamp()


def fingerprint(check: str, scenario: str, complaint: str) -> str:
    """
    Name a failure so that it is called the same in the next run: 16 hexadecimal digits.

    Ids, long random words and numbers with a fraction, which are measured, are left out; whole numbers, such as a
    status, tell one failure from another.
    """
    told = json.dumps([check, scenario, CHANGING.sub("#", " ".join(complaint.split()))])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def fingerprints(row: Weighed) -> tuple[str, ...]:
    """The fingerprint of everything that a check complained of in a scenario, each once."""
    complaints = [text for record in row.records for text in record.complaints]
    return tuple(dict.fromkeys(fingerprint(row.check, row.scenario, text) for text in complaints))


def waive(rows: Iterable[Weighed], waivers: Sequence[Waiver], as_of: float) -> tuple[Weighed, ...]:
    """The rows, with those waived that valid waivers cover."""
    return tuple(covered(row, waivers, as_of) for row in rows)


def covered(row: Weighed, waivers: Sequence[Waiver], as_of: float) -> Weighed:
    """A row, waived if a waiver that holds covers each of its complaints."""
    wanted = set(fingerprints(row)) if can_be_waived(row) else set()
    used = [waiver for waiver in waivers if waiver.fingerprint in wanted and covers(waiver, row, as_of)]
    if not wanted or wanted != {waiver.fingerprint for waiver in used}:
        return row
    return replace(row, outcome=Outcome.WAIVED, waivers=tuple(used))


def can_be_waived(row: Weighed) -> bool:
    """Whether a failure is of a kind that anybody may accept."""
    return row.failing and row.planned and not row.shadow and row.severity in WAIVABLE


def covers(waiver: Waiver, row: Weighed, as_of: float) -> bool:
    """Whether a waiver holds for a check now; one that is or was critical is waived for two weeks at most."""
    if Severity.CRITICAL in {row.severity, row.own_severity} and waiver.too_long_for_a_critical:
        return False
    return waiver.check == row.check and waiver.state(as_of) == "in force"


def words(waivers: Iterable[Waiver]) -> str:
    """Which waivers cover a failure, and until when: `OPS-71, approved by Kim, until 2026-01-09`."""
    return "; ".join(f"{one.ticket}, approved by {one.approver}, until {one.expires}" for one in waivers)


def shown(waivers: Sequence[Waiver], rows: Iterable[Weighed], as_of: float) -> tuple[WaiverShown, ...]:
    """Each waiver as it is published, with what became of it."""
    used = [waiver for row in rows for waiver in row.waivers]
    return tuple(
        WaiverShown(
            **waiver.model_dump(exclude={"created", "expires"}),
            created=waiver.created.isoformat(),
            expires=waiver.expires.isoformat(),
            state="used" if waiver in used else STALE.get(waiver.state(as_of), "stale"),
        )
        for waiver in waivers
    )


STALE: dict[State, Literal["not yet", "expired"]] = {"not yet": "not yet", "expired": "expired"}
