"""
Drafts waivers for what a run's contract suite found and is known, each failure by its fingerprint. Pure.

The rules are those of every waiver: two people, a day on which it ends, never a blocker. What is fixed leaves the file;
what could not be judged stays; nothing that is there already is prolonged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from gonogo.check import Severity
from gonogo.contracted import CONTRACTS
from gonogo.published import Outcome
from gonogo.trouble import UsageError
from gonogo.waiver import LONGEST_FOR_A_CRITICAL, WAIVABLE, Waiver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from gonogo.published import Finding, Verdict

JUDGED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.WAIVED})
ACCEPTABLE = frozenset({Outcome.FAIL, Outcome.WAIVED})


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Who accepts what is known: why, who mends it, who approved, where it is tracked, and until which day."""

    reason: str
    owner: str
    approver: str
    ticket: str
    created: date
    expires: date

    def waiver(self, check: str, fingerprint: str) -> Waiver:
        """A waiver of one failure. Raises UsageError for what nobody may say."""
        try:
            return Waiver(check=check, fingerprint=fingerprint, **vars(self))
        except ValidationError as error:
            told = error.errors()[0]
            raise UsageError(f"{'.'.join(map(str, told['loc']))}: {told['msg']}") from error


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A file of waivers as it would be: what stays, what is new, what is fixed and leaves, and what was refused."""

    stays: tuple[Waiver, ...]
    new: tuple[Waiver, ...]
    fixed: tuple[Waiver, ...]
    refused: tuple[str, ...]

    def as_text(self) -> str:
        """The file."""
        waivers = [one.model_dump(mode="json") for one in (*self.stays, *self.new)]
        return yaml.safe_dump({"waivers": waivers}, sort_keys=False, allow_unicode=True)

    def sentences(self) -> Iterator[str]:
        """What is said of it."""
        yield from (f"drafted: {one.check} {one.fingerprint}, until {one.expires}" for one in self.new)
        yield from (f"fixed, and left out: {one.check} {one.fingerprint} ({one.ticket})" for one in self.fixed)
        yield from (f"refused: {one}" for one in self.refused)
        yield f"{len(self.new)} drafted, {len(self.stays)} as they were, {len(self.fixed)} fixed"


def draft(verdict: Verdict, known: Sequence[Waiver], accepted: Accepted, homes: Mapping[str, frozenset[str]]) -> Draft:
    """
    The file that would cover what the contract suite of a run found; `homes` are the scenarios of each check.

    Raises UsageError for two people who are one, a day that is before today, and a critical failure for too long.
    """
    held = {(one.check, one.fingerprint) for one in known}
    new, refused = dict[tuple[str, str], Waiver](), list[str]()
    for finding in verdict.findings:
        if finding.suite != CONTRACTS or finding.shadow:
            continue
        says = why_not(finding)
        if says:
            refused.append(f"{finding.check} {says}")
            continue
        for fingerprint in finding.fingerprints:
            if (finding.check, fingerprint) not in held:
                new[finding.check, fingerprint] = short_enough(finding, accepted.waiver(finding.check, fingerprint))
    fixed = tuple(one for one in known if is_fixed(one, verdict, homes))
    return Draft(
        stays=tuple(one for one in known if one not in fixed),
        new=tuple(new.values()),
        fixed=fixed,
        refused=tuple(refused),
    )


def why_not(finding: Finding) -> str:
    """Why nobody may accept a finding; empty where somebody may."""
    if finding.severity is Severity.BLOCKER:
        return "is a blocker, which nobody may waive"
    if finding.severity not in WAIVABLE:
        return f"is {finding.severity}, which decides nothing"
    if finding.outcome not in ACCEPTABLE or not finding.fingerprints:
        return f"is {finding.outcome}, which says nothing that could be known"
    return ""


def short_enough(finding: Finding, waiver: Waiver) -> Waiver:
    """The waiver. Raises UsageError where it holds for longer than such a failure may be waived."""
    if finding.severity is Severity.CRITICAL and waiver.too_long_for_a_critical:
        days = LONGEST_FOR_A_CRITICAL // timedelta(days=1)
        raise UsageError(f"{finding.check} is critical, and may be waived for {days} days at most")
    return waiver


def is_fixed(waiver: Waiver, verdict: Verdict, homes: Mapping[str, frozenset[str]]) -> bool:
    """Whether the run judged the check wherever it is at home, contracts among it, and did not meet the failure."""
    rows = [one for one in verdict.checks if one.check == waiver.check]
    seen = {f"{one.suite}/{one.scenario}" for one in rows if one.outcome in JUDGED}
    met = {one for finding in verdict.findings if finding.check == waiver.check for one in finding.fingerprints}
    judged = bool(rows) and homes.get(waiver.check, frozenset()) == seen and all(one.outcome in JUDGED for one in rows)
    return judged and any(one.suite == CONTRACTS for one in rows) and waiver.fingerprint not in met
