"""What a browser showed of a target's pages: data for checks; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

E2E = "e2e"


@dataclass(kw_only=True)
class Noticed:
    """Everything that went wrong on a person's pages, and that nobody had asked for."""

    pages: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Where a step was to lead, and where it led; `ready` says that the page said so of itself."""

    step: str
    wanted: str
    path: str
    ready: bool = True


@dataclass(frozen=True, kw_only=True)
class Talked:
    """A message that was sent by the page, and every answer that the page then showed."""

    words: str
    waited_s: float
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Audited:
    """What axe has against a page in one theme; `rules` counts those that had something to look at."""

    path: str
    theme: str
    rules: int
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Laid:
    """How wide a page is that is shown on so many pixels, and what reaches beyond them."""

    path: str
    shown_px: int
    wide_px: int
    beyond: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Walked:
    """Where the Tab key led on a page: how many things it should reach, which it did not, and where nobody sees it."""

    path: str
    stops: int
    missed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    stuck_at: str = ""
