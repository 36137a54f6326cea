"""No line of a scenario can be deleted unseen: what each part shows is planned, and is shown nowhere else."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE, Check
from gonogo.embedded import ROOT
from gonogo.plan import Part, outline, scenario_id
from gonogo.sections import GENTLE

FILES = sorted((ROOT / "smoke").glob("test_*.py"))
PAIRS = [(path, part) for path in FILES for part in outline(path, "smoke").parts]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One `check(...)` of a scenario: where it stands, and the ids of the checks that it shows something to."""

    part: str
    line: int
    shown: frozenset[str]


def statements(path: Path) -> list[Statement]:
    """Every `check(...)` of a scenario file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "checks"]
    families = {name.asname or name.name for node in imports for name in node.names}
    return [
        Statement(part=part.name, line=call.lineno, shown=frozenset(ids_in(call, families)))
        for part in tree.body
        if isinstance(part, ast.AsyncFunctionDef | ast.FunctionDef) and part.name.startswith("test_")
        for call in ast.walk(part)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"
    ]


def ids_in(call: ast.Call, families: set[str]) -> Iterator[str]:
    """The ids of the checks that a call names behind its subject."""
    for argument in call.args[1:]:
        named = argument.func if isinstance(argument, ast.Call) else argument
        assert isinstance(named, ast.Attribute)
        assert isinstance(named.value, ast.Name)
        assert named.value.id in families
        yield found(named.value.id, named.attr).id


def found(family: str, name: str) -> Check[object, ...]:
    """A check by the place where it is written."""
    one = getattr(import_module(f"checks.{family}"), name)
    assert isinstance(one, Check)
    return one


def ids(path: Path) -> str:
    """A scenario's name."""
    return scenario_id(path.stem)


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_check_can_be_deleted_unseen(path: Path) -> None:
    """Each check(...) shows something to a planned check that nothing else in its scenario shows anything."""
    told = statements(path)
    times = Counter(check for one in told for check in one.shown)
    planned = {one.id for one in CATALOGUE.values() if scenario_id(path.stem) in one.scenarios}
    own = {check for check in planned if times[check] == 1}

    assert [f"line {one.line}: {sorted(one.shown)}" for one in told if not one.shown & own] == []


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_everything_planned_is_shown(path: Path) -> None:
    """Every check that names a scenario is shown something there, unless its steps look at it by themselves."""
    scenario = scenario_id(path.stem)
    planned = {one.id for one in CATALOGUE.values() if scenario in one.scenarios}
    by_steps = {one for one in planned if one.startswith("operation.")} | {
        "auth.mail-arrives",
        "auth.reset-mail-arrives",
    }
    assert planned - by_steps == {check for one in statements(path) for check in one.shown}


@pytest.mark.parametrize(("path", "part"), PAIRS, ids=[f"{ids(path)}-{part.name}" for path, part in PAIRS])
def test_a_part_runs_exactly_where_its_checks_are_planned(path: Path, part: Part) -> None:
    """
    What a part needs and does is what its checks need and do: no target plans a check that its part leaves out.

    A check that is shown in several parts is planned where the least of them runs.
    """
    parts = {one.name: one for one in outline(path, "smoke").parts}
    told = statements(path)
    for check in (CATALOGUE[one] for statement in told if statement.part == part.name for one in statement.shown):
        shown_in = [parts[one.part] for one in told if check.id in one.shown]
        least = min((wanting(one, check) for one in shown_in), key=len)
        assert least == set(), f"{check.id} is planned where {part.name} is left out"
        assert wanting_of(check, part) == set(), f"{part.name} runs where {check.id} is not planned"


def wanting(part: Part, check: Check[object, ...]) -> set[str]:
    """What the part needs or does, and the check does not."""
    return needed(part.needs, part.effects) - needed(check.needs, [check.effects])


def wanting_of(check: Check[object, ...], part: Part) -> set[str]:
    """What the check needs or does, and the part does not."""
    return needed(check.needs, [check.effects]) - needed(part.needs, part.effects)


def needed(needs: Iterable[str], effects: Iterable[str]) -> set[str]:
    """What must be offered and allowed; gentle effects always are."""
    return {*needs, *(f"{effect}-allowed" for effect in effects if effect not in set(GENTLE))}
