"""
What a check is: a function that looks at one subject and yields a sentence for each thing wrong.

It sends nothing and reads no clock. Its decorator says how bad a failure is, in which scenarios it is
planned, what its scenario does to the target and what the target must offer for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

Complaints = Iterator[str]
S = TypeVar("S")
P = ParamSpec("P")


class Severity(StrEnum):
    """How bad it is when the check fails; DECISION's table, in falling order."""

    BLOCKER = "blocker"
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class Effects(StrEnum):
    """What the scenario does to the target, from harmless to dear; an environment allows some."""

    READ = "read"
    OWN_DATA = "own-data"
    BURST = "burst"
    HOSTILE = "hostile"
    MONEY = "money"


@dataclass(frozen=True, kw_only=True)
class Check(Generic[S, P]):
    """
    A registered check.

    `needs` names what the target must offer: operations of the profile, or `means.NAME`,
    `promises.NAME`, `csrf`, `payment`. What the profile declares absent makes the check a declared skip.
    """

    id: str
    severity: Severity
    scenarios: frozenset[str]
    effects: Effects
    needs: frozenset[str]
    claim: str
    why: str
    fix: str
    looks: Callable[Concatenate[S, P], Complaints]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Bound[S]:
        """Bind what the check compares with; the subject comes later."""
        return Bound(check=self, looks=lambda subject: self.looks(subject, *args, **kwargs))


@dataclass(frozen=True, kw_only=True)
class Bound(Generic[S]):
    """A check with everything it needs but its subject."""

    check: Check[S, Any]
    looks: Callable[[S], Complaints]


CATALOGUE: dict[str, Check[Any, Any]] = {}


def check(
    check_id: str,
    severity: Severity,
    *,
    scenarios: set[str],
    effects: Effects = Effects.OWN_DATA,
    needs: set[str] | None = None,
) -> Callable[[Callable[Concatenate[S, P], Complaints]], Check[S, P]]:
    """Register a function as a check under an id; ids are unique, and every check says why and how to fix."""

    def register(looks: Callable[Concatenate[S, P], Complaints]) -> Check[S, P]:
        if check_id in CATALOGUE:
            raise ValueError(f"two checks are called {check_id}")
        claim, why, fix = read_docstring(check_id, inspect.getdoc(looks) or "")
        made = Check(
            id=check_id,
            severity=severity,
            scenarios=frozenset(scenarios),
            effects=effects,
            needs=frozenset(needs or ()),
            claim=claim,
            why=why,
            fix=fix,
            looks=looks,
        )
        CATALOGUE[check_id] = made
        return made

    return register


def read_docstring(check_id: str, text: str) -> tuple[str, str, str]:
    """
    Split a check's docstring into its claim, why it matters, and how to fix it.

    Raises ValueError unless it has a first line, a paragraph and a last paragraph that starts with `Fix:`.
    """
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    if len(paragraphs) < 3 or not paragraphs[-1].startswith("Fix:"):  # noqa: PLR2004  claim, why, fix
        raise ValueError(f"the docstring of check {check_id} needs a claim, a reason, and a line that starts with Fix:")
    return paragraphs[0], " ".join(paragraphs[1:-1]), paragraphs[-1].removeprefix("Fix:").strip()
