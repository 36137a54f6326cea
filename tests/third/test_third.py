"""What is said of the service of keys and threads agrees with it."""

from __future__ import annotations

from pathlib import Path

import checks
from gonogo.check import CATALOGUE
from gonogo.profile import load_profile
from tests.third.__main__ import ENVIRON, HERE
from tests.third.faults import FAULTS

PAGE = Path(__file__).parents[2] / "docs" / "blind.md"


def test_faults_and_checks_exist() -> None:
    """Each fault is a switch of the service, is told by checks that exist, and stands on the page."""
    assert checks
    code = (HERE / "service.py").read_text(encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    for one in FAULTS.values():
        assert f'"{one.name}" ' in code
        assert one.named
        assert one.named <= set(CATALOGUE)
        assert one.told in page


def test_the_profile_can_be_read() -> None:
    """The profile makes sense."""
    assert load_profile(str(HERE / "third.yaml"), ENVIRON).name == "third"
