"""The documentation says what is registered, and every command that it shows exists."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from docs.generate import pages
from gonogo.arguments import command_line
from gonogo.check import CATALOGUE
from gonogo.embedded import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "profiles").glob("*.md")])
COMMANDS = re.findall(r"^(?:python -m gonogo) ([^#\n]+)", README, re.MULTILINE)


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_generated_pages_are_current(path: Path) -> None:
    """A generated page is what `nox -s docs` would write now."""
    assert path.read_text(encoding="utf-8") == pages()[path]


def test_the_checklist_has_every_check() -> None:
    """Each check that is planned in a scenario stands in the checklist."""
    text = (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")
    planned = [one.id for one in CATALOGUE.values() if one.scenarios]
    assert [check for check in planned if check.removeprefix("operation.") not in text] == []


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_that_the_readme_shows_exists(words: str) -> None:
    """The command line understands what the README says of it."""
    arguments, rest = command_line().parse_known_args(shlex.split(words))
    assert arguments.command == words.split(maxsplit=1)[0]
    assert rest == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link to a file of the repository leads to one that is there."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_the_readme_names_the_sessions_that_exist() -> None:
    """Every `./noxw -s NAME` of the README is a session."""
    named = set(re.findall(r"noxw -s (\w+)", README))
    sessions = re.compile(r"^@nox\.session.*?^def (\w+)", re.MULTILINE | re.DOTALL)
    known = set(sessions.findall((ROOT / "noxfile.py").read_text(encoding="utf-8")))
    assert named - known == set()
    assert named
