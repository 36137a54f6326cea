"""
What a fault is: one way in which the service is told to misbehave.

A fault is an ASGI wrapper (a class whose instances are built around the app), or a function that gets the
app at start and overrides a dependency, a setting or an attribute of `app.state`. The decorator names every
check that must fail for it. Further parameters need a default, which also says their type; the first
of them can be given as NAME=ARGUMENT. The service's own code knows nothing of faults.

    NoSuchFault, FaultArgumentWrong: what the caller asked for does not exist, in a sentence.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import FastAPI

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Unit = TypeVar("Unit", bound=Callable[..., Any])


class NoSuchFault(Exception):
    """Nobody registered a fault of this name."""


class FaultArgumentWrong(Exception):
    """The fault takes no argument, or not this one."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A registered fault."""

    name: str
    unit: Callable[..., Any]
    detected_by: frozenset[str]

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.unit) or "").partition("\n")[0]

    def as_record(self) -> dict[str, Any]:
        """Return it as plain data: name, summary, detected_by."""
        return {"name": self.name, "summary": self.summary, "detected_by": sorted(self.detected_by)}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A fault that was asked for, with its argument."""

    fault: Fault
    arguments: dict[str, Any] = field(default_factory=dict)


REGISTRY: dict[str, Fault] = {}


def fault(name: str, *, detected_by: Iterable[str]) -> Callable[[Unit], Unit]:
    """Register a class or function as a fault."""

    def register(unit: Unit) -> Unit:
        if name in REGISTRY:
            raise ValueError(f"two faults are called {name}")
        REGISTRY[name] = Fault(name=name, unit=unit, detected_by=frozenset(detected_by))
        return unit

    return register


def choose(text: str) -> Choice:
    """Read NAME or NAME=ARGUMENT; raises NoSuchFault or FaultArgumentWrong."""
    name, given, argument = text.partition("=")
    found = REGISTRY.get(name)
    if found is None:
        near = difflib.get_close_matches(name, REGISTRY, n=1, cutoff=0)
        raise NoSuchFault(f"There is no fault {name!r}" + (f"; the nearest is {near[0]!r}." if near else "."))
    return Choice(fault=found, arguments=_read_argument(found, argument) if given else {})


def _read_argument(found: Fault, text: str) -> dict[str, Any]:
    parameters = list(inspect.signature(found.unit).parameters.values())[1:]
    if not parameters:
        raise FaultArgumentWrong(f"The fault {found.name!r} takes no argument.")
    parameter = parameters[0]
    kind = type(parameter.default)
    try:
        return {parameter.name: kind(text)}
    except ValueError:
        raise FaultArgumentWrong(
            f"The fault {found.name!r} takes {parameter.name} as {kind.__name__}, not {text!r}.",
        ) from None


def install(app: FastAPI, choices: Sequence[Choice]) -> None:
    """Switch faults on, the first given innermost."""
    for choice in choices:
        unit = choice.fault.unit
        if inspect.isclass(unit):
            wrapper: Callable[..., ASGIApp] = unit
            app.add_middleware(wrapper, **choice.arguments)
        else:
            unit(app, **choice.arguments)
