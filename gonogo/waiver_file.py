"""Reads the file of waivers that a profile's policy names, and refuses one that is not sound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from gonogo.check import Severity
from gonogo.profile_file import nearest, read_document
from gonogo.profile_mistakes import validated
from gonogo.waiver import LONGEST_FOR_A_CRITICAL, Waiver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gonogo.check import Check
    from gonogo.policy import Policy
    from gonogo.profile_file import Document


class WaiverFile(BaseModel):
    """A file of waivers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    waivers: tuple[Waiver, ...] = Field(description="Every failure that is accepted.")


def read_waivers(profile: Path, name: str | None) -> tuple[Waiver, ...]:
    """The waivers of a file beside the profile. Raises UsageError that names file, line and key."""
    return read(document_of(profile, name)) if name else ()


def document_of(profile: Path, name: str) -> Document:
    """The file as it was written; its name counts from the profile's folder."""
    return read_document(profile.parent / name, name)


def read(document: Document) -> tuple[Waiver, ...]:
    """The waivers of a document; each failure is waived once."""
    waivers = validated(WaiverFile, json.dumps(document.data), document).waivers
    seen: dict[tuple[str, str], int] = {}
    for number, waiver in enumerate(waivers):
        first = seen.setdefault((waiver.check, waiver.fingerprint), number)
        if first != number:
            raise document.error(
                ("waivers", number, "fingerprint"),
                f"waivers[{number}].fingerprint: this failure of {waiver.check} is waived in waivers[{first}] already",
            )
    return waivers


def refuse_what_nobody_may_waive(profile: Path, policy: Policy, catalogue: Mapping[str, Check[Any, Any]]) -> None:
    """Raise UsageError for a waiver of no check, of a blocker, or of a critical check for more than two weeks."""
    if policy.waivers_file is None:
        return
    document = document_of(profile, policy.waivers_file)
    for number, waiver in enumerate(read(document)):
        if waiver.check not in catalogue:
            sentence = f"no check is called '{waiver.check}'{nearest(waiver.check, catalogue)}"
            raise document.error(("waivers", number, "check"), f"waivers[{number}].check: {sentence}")
        severity = catalogue[waiver.check].severity
        if severity is Severity.BLOCKER:
            sentence = f"{waiver.check} is a blocker, which nobody may waive"
            raise document.error(("waivers", number, "check"), f"waivers[{number}].check: {sentence}")
        grave = Severity.CRITICAL in {severity, policy.severity.get(waiver.check)}
        if grave and waiver.too_long_for_a_critical:
            days = (waiver.expires - waiver.created).days
            sentence = f"{waiver.check} is critical, and waived for {days} days; {LONGEST_FOR_A_CRITICAL.days} at most"
            raise document.error(("waivers", number, "expires"), f"waivers[{number}].expires: {sentence}")
