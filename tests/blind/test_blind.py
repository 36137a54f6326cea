"""What is told of the service of another dialect agrees with it."""

from __future__ import annotations

from pathlib import Path

import checks
from gonogo.check import CATALOGUE
from gonogo.profile import load_profile
from tests.blind.__main__ import HERE, SECRETS, Met
from tests.blind.faults import FAULTS, VARIANTS
from tests.blind.named import NAMED

PAGE = Path(__file__).parents[2] / "docs" / "blind.md"


def test_what_is_said_to_be_caught_exists() -> None:
    """What names a fault is a check that exists, and the fault does, too."""
    assert checks
    assert set(NAMED) <= set(FAULTS)
    assert set().union(*NAMED.values()) <= set(CATALOGUE)


def test_every_fault_is_told() -> None:
    """The page has a line for each fault: what an engineer would expect, and a check that says so, or none."""
    rows = {
        line.split("`")[1]: line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    }
    assert set(rows) == set(FAULTS)
    for name, row in rows.items():
        assert FAULTS[name].told in row
        after = row.rstrip("| ").rpartition("|")[2]
        assert any(f"`{one}`" in row for one in NAMED[name]) if name in NAMED else after.strip().startswith("open")


def test_every_fault_is_in_the_service() -> None:
    """Each fault and each variant is a switch of some file of the service."""
    code = "".join(path.read_text(encoding="utf-8") for path in (HERE / "service").glob("*.py"))
    assert [
        name for name in (*FAULTS, *VARIANTS) if f'has("{name}")' not in code and f"has('{name}')" not in code
    ] == []


def test_the_profile_can_be_read() -> None:
    """The profile makes sense."""
    assert load_profile(str(HERE / "blind.yaml"), SECRETS).name == "blind"


def test_what_became_of_a_fault() -> None:
    """A fault is caught by a check that names it, missed by silence, and misleading otherwise; a GO must be quiet."""

    def word(name: str, *failed: str, verdict: str = "NO_GO") -> tuple[str, bool]:
        met = Met(name=name, verdict=verdict, failed=frozenset(failed), seconds=1.0)
        return met.word, met.good

    assert word("usage-is-zero", "stream.usage-told", "stream.well-formed") == ("caught", True)
    assert word("usage-is-zero", "stream.well-formed") == ("misleading", False)
    assert word("usage-is-zero", verdict="GO") == ("missed", False)
    assert word("sound", verdict="GO") == ("quiet", True)
    assert word("sound", verdict="INCONCLUSIVE") == ("quiet", False)
    assert word("done-after-error", "stream.reports-failure") == ("false alarm", False)
