"""Writes the file of waivers anew: what a run's contract suite found and is accepted, without what is fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gonogo.accepting import Accepted, draft
from gonogo.profile_file import read_document
from gonogo.waiver_file import read

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping

    from gonogo.check import Check
    from gonogo.published import Verdict

SAID = ("reason", "owner", "approver", "ticket")


def accept(
    verdict: Verdict, told: Namespace, catalogue: Mapping[str, Check[Any, Any]], write: Callable[[str], object]
) -> int:
    """Draft waivers into the file that is named, and say what became of each. Raises UsageError for what is no file."""
    today = datetime.now(UTC).date()
    accepted = Accepted(
        **{name: getattr(told, name) for name in SAID}, created=today, expires=today + timedelta(days=told.days)
    )
    known = read(read_document(told.file, told.file.name)) if told.file.exists() else ()
    drafted = draft(verdict, known, accepted, {one.id: one.scenarios for one in catalogue.values()})
    told.file.write_text(drafted.as_text(), encoding="utf-8")
    for sentence in drafted.sentences():
        write(f"{sentence}\n")
    return 0
