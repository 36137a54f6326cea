"""
What a run must look at, written down before it starts.

The plan comes from the catalogue of checks and the profile's capabilities, never from what a test
happened to call: a deleted line, a filter or a crash leaves a planned check without a record.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.check import Effects
from gonogo.circumstances import CIRCUMSTANCES
from gonogo.evidence import Planned
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from gonogo.check import Check
    from gonogo.profile import Profile

SUITES = ("smoke", "load", "contracts", "e2e")


def plan(catalogue: Mapping[str, Check[Any, Any]], profile: Profile, suites: Sequence[str]) -> list[Planned]:
    """Every check in every scenario that names it, with the declared reason where it is skipped."""
    return [
        Planned(
            suite=suite_of(scenario),
            scenario=scenario_of(scenario),
            check=check.id,
            severity=check.severity,
            effects=check.effects,
            skip=reason_to_skip(profile, check.needs, effects_of([check.effects])),
            claim=check.claim,
            why=check.why,
            fix=check.fix,
        )
        for check in sorted(catalogue.values(), key=lambda one: one.id)
        for scenario in sorted(check.scenarios)
        if suite_of(scenario) in suites
    ]


def suite_of(scenario: str) -> str:
    """`load/gate` is a scenario of the load suite; a plain name is one of smoke."""
    return scenario.rpartition("/")[0] or "smoke"


def scenario_of(scenario: str) -> str:
    """The scenario's name in its suite."""
    return scenario.rpartition("/")[2]


def reason_to_skip(profile: Profile, needs: Iterable[str], effects: Iterable[str]) -> str | None:
    """Why the profile keeps something from being looked at here, None where nothing does."""
    for need in sorted(needs):
        missing = CIRCUMSTANCES[need](profile) if need in CIRCUMSTANCES else profile.missing(need)
        if missing:
            return missing
    for effect in effects:
        if not profile.allows(effect):
            return f"environment {profile.environment} does not allow {effect}"
    return None


def effects_of(said: Sequence[str]) -> tuple[str, ...]:
    """What is done to the target: what is said of it, and people with data of their own, unless it only reads."""
    return tuple(said) if Effects.READ in said else (Effects.OWN_DATA, *said)


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What one scenario file says of itself: its title, and what its parts need and do and cost."""

    suite: str
    id: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One test function; `cost` counts requests by operation group, and messages to the model."""

    name: str
    title: str
    needs: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    cost: dict[str, int] = field(default_factory=dict)


def outlines(folder: Path, suite: str) -> tuple[Outline, ...]:
    """
    Read every scenario file of a suite without running it.

    The marks `needs`, `effects` and `cost` of its test functions are literals. Raises HarnessTrouble
    when a file says nothing of its cost.
    """
    return tuple(outline(path, suite) for path in sorted(folder.glob("test_*.py")))


def outline(path: Path, suite: str) -> Outline:
    """Read one scenario file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = [
        part(node, path)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    title = (ast.get_docstring(tree) or path.stem).splitlines()[0]
    return Outline(suite=suite, id=scenario_id(path.stem), title=title, parts=tuple(parts))


def scenario_id(stem: str) -> str:
    """`test_rate_limiting` is the scenario `rate-limiting`."""
    return stem.removeprefix("test_").replace("_", "-")


def part(node: ast.FunctionDef | ast.AsyncFunctionDef, path: Path) -> Part:
    """Read the marks of one test function. Raises HarnessTrouble for marks that cannot be read without running it."""
    costs = marks_of(node, "cost")
    if not costs:
        raise HarnessTrouble(f"{path.name}: {node.name} does not say what it costs: mark it with pytest.mark.cost(...)")
    try:
        return Part(
            name=node.name,
            title=(ast.get_docstring(node) or node.name).splitlines()[0],
            needs=texts_of(marks_of(node, "needs")),
            effects=effects_of(texts_of(marks_of(node, "effects"))),
            cost={str(word.arg): int(ast.literal_eval(word.value)) for mark in costs for word in mark.keywords},
        )
    except (ValueError, TypeError) as error:
        raise HarnessTrouble(f"{path.name}: the marks of {node.name} are no plain texts and numbers") from error


def marks_of(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[ast.Call]:
    """Every mark of that name on a function."""
    return [
        decorator
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr == name
    ]


def texts_of(marks: list[ast.Call]) -> tuple[str, ...]:
    """The arguments of marks, all of which are texts. Raises ValueError."""
    found = tuple(ast.literal_eval(argument) for mark in marks for argument in mark.args)
    if not all(isinstance(text, str) for text in found) or any(mark.keywords for mark in marks):
        raise ValueError("only texts name what a part needs and does")
    return found


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run will cost the target: requests, messages to the model, and whole minutes, at its limits."""

    requests: int
    messages: int
    minutes: int
    effects: tuple[str, ...]
    scenarios: tuple[Outline, ...]


def estimate(profile: Profile, scenarios: Sequence[Outline]) -> Estimate:
    """
    Add up what the parts that will run say they cost.

    A remote target is met from one address, so that its narrowest limit sets the pace; one on
    loopback is met from an address a person, and nothing waits but the rate limit's own window.
    """
    parts = [
        part
        for scenario in scenarios
        for part in scenario.parts
        if reason_to_skip(profile, part.needs, part.effects) is None
    ]
    cost: dict[str, int] = {}
    for one in parts:
        for key, count in one.cost.items():
            cost[key] = cost.get(key, 0) + count
    messages = cost.pop("messages", 0)
    waits = [math.ceil(cost.get(limit.name, 0) / limit.requests) * limit.window_s for limit in profile.promises.limits]
    seconds = 80.0 if profile.met_from_loopback else 60.0 + max(waits, default=0.0)
    effects = sorted({str(effect) for one in parts for effect in one.effects} | {"read"})
    return Estimate(
        requests=sum(cost.values()),
        messages=messages,
        minutes=math.ceil(seconds / 60),
        effects=tuple(effects),
        scenarios=tuple(scenarios),
    )
