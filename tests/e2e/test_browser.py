"""A browser is found where somebody names one, in the system, or installed; else one sentence says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e import browser
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a browser, where none can be installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "has_own", lambda _kind: False)
    monkeypatch.setattr(browser, "install_own", lambda _kind: False)


def program(folder: Path, name: str) -> Path:
    """A program of that name."""
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("nothing")
def test_no_browser_is_one_sentence_with_the_way_out() -> None:
    """Where none can be had, the trouble says how to get one."""
    with pytest.raises(HarnessTrouble, match="playwright install --with-deps chromium"):
        browser.find("chromium", None, {})


@pytest.mark.usefixtures("nothing")
def test_systems_browser_is_found(tmp_path: Path) -> None:
    """A system's browser is used."""
    path = program(tmp_path, "google-chrome")
    assert browser.find("chromium", None, {}).executable == path


@pytest.mark.usefixtures("nothing")
def test_named_browser_comes_first(tmp_path: Path) -> None:
    """The browser that somebody names is used, whatever the system has."""
    program(tmp_path, "chromium")
    path = program(tmp_path, "mine")
    assert browser.find("chromium", None, {browser.NAMED_BY: str(path)}).executable == path


def test_named_browser_that_is_not_there_is_told() -> None:
    """A name that is no program is not replaced by another browser."""
    with pytest.raises(HarnessTrouble, match="no-such-browser is no program"):
        browser.find("chromium", "no-such-browser", {})
