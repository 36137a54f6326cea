"""What somebody did on a target's pages, and what the pages made of it: data for checks; no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Which conversations are in the list after a step, of those that have to be there or must not."""

    step: str
    shown: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Themed:
    """A theme that was chosen and kept, the chosen one later, and how the page was painted all the while."""

    chosen: str
    later: str
    painted_before: str
    painted_after: str
    painted_later: str


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """What was downloaded: how large it is, and the size of each file in it, if it is a ZIP."""

    size: int
    endings: tuple[str, ...]
    files: dict[str, int] | None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a page sent after a step that should have it send nothing."""

    step: str
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was typed into a field, and what is in it."""

    wanted: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """Whether a key showed what it is to show."""

    key: str
    shown: bool


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Whether an answer ended after somebody had it stopped, within a time."""

    ended: bool
    within_s: float
