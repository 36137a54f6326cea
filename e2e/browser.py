"""Finds a browser, or installs one; where there is none, one sentence says how to get one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMED_BY = "GONOGO_BROWSER_PATH"
SYSTEM = {
    "chromium": ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    "firefox": (),  # Playwright speaks to a Firefox of its own only
}
INSTALL_S = 600


@dataclass(frozen=True, kw_only=True)
class Found:
    """A browser that can be started; without an executable it is Playwright's own."""

    kind: str
    executable: Path | None = None


def find(kind: str, named: str | None, environ: Mapping[str, str]) -> Found:
    """
    The named browser, a system's, Playwright's, or one that is installed now.

    Raises HarnessTrouble with the way out where none can be had.
    """
    wanted = named or environ.get(NAMED_BY)
    if wanted:
        return named_one(kind, wanted)
    for name in SYSTEM[kind]:
        if path := shutil.which(name):
            return Found(kind=kind, executable=Path(path))
    if has_own(kind) or install_own(kind):
        return Found(kind=kind)
    path = install_distributions(kind)
    if path:
        return Found(kind=kind, executable=Path(path))
    raise HarnessTrouble(
        f"there is no {kind} here, and none could be installed: install one, for example with "
        f"'playwright install --with-deps {kind}', or name one with --browser-path or {NAMED_BY}"
    )


def named_one(kind: str, wanted: str) -> Found:
    """The browser that somebody named. Raises HarnessTrouble where it cannot be started."""
    path = shutil.which(wanted)
    if path is None:
        raise HarnessTrouble(f"{wanted} is no program: name a browser's with --browser-path or {NAMED_BY}")
    return Found(kind=kind, executable=Path(path))


def has_own(kind: str) -> bool:
    """Whether Playwright's own browser is installed."""
    with sync_playwright() as playwright:
        return Path(getattr(playwright, kind).executable_path).exists()


def install_own(kind: str) -> bool:
    """Install Playwright's own; with what it needs of the system, if we may."""
    needs = ["--with-deps"] if os.geteuid() == 0 else []
    return succeeds([sys.executable, "-m", "playwright", "install", *needs, kind]) and has_own(kind)


def install_distributions(kind: str) -> str | None:
    """Install the distribution's package, where we may; its program."""
    apt = shutil.which("apt-get")
    if apt and SYSTEM[kind] and os.geteuid() == 0:
        succeeds([apt, "install", "--yes", "--no-install-recommends", kind])
    return next(filter(None, map(shutil.which, SYSTEM[kind])), None)


def succeeds(command: list[str]) -> bool:
    """Whether a command ends well, within a time."""
    try:
        ended = subprocess.run(command, check=False, capture_output=True, timeout=INSTALL_S)  # noqa: S603  our own
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
