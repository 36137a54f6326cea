"""A service of keys, numbers and blocks, described by a profile alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.third.__main__ import SOUND, meet

if TYPE_CHECKING:
    from pathlib import Path


def test_a_service_of_keys_and_numbers_is_a_go(tmp_path: Path) -> None:
    """It is an unconditional GO: nothing is held against it that only the other services have."""
    good, line = meet(SOUND, tmp_path)
    assert good, line


def test_a_list_of_everybody_is_seen_by_its_numbers(tmp_path: Path) -> None:
    """Ids that are numbers are told from all other numbers, and another member's are found."""
    good, line = meet("everybodys-list", tmp_path)
    assert good, line
