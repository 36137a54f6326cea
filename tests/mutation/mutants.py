"""
Every small change of a module's code that could change what it decides.

The tables at the top of a module decide as much as its functions do, so that they are changed as well: whoever
leaves a member out of a set, or a rule out of a tuple, must be found out. Texts for people are left alone.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
BUILTINS = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
MEMBERS = {
    "Outcome": ["PASS", "FAIL", "FLAKY", "ERROR", "SKIP", "NOT_RUN"],
    "Severity": ["BLOCKER", "CRITICAL", "MAJOR", "MINOR"],
    "Decision": ["GO", "NO_GO", "INCONCLUSIVE"],
    "Action": ["PROCEED", "FIX_FORWARD", "HOLD", "ROLLBACK"],
}
FOR_PEOPLE = frozenset({"what", "unless", "sentence", "reason", "claim", "why", "fix"})


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A module with one change; `name` says where and what, and stays the same when other lines move."""

    name: str
    line: int
    tree: ast.Module


Change = tuple[str, ast.AST]


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    counts: dict[str, int] = {}
    for where, place in places(tree):
        node = reach(tree, place)
        for what, instead in changes(node):
            label = f"{path.stem}.{where}: {what}"
            counts[label] = counts.get(label, 0) + 1
            name = label if counts[label] == 1 else f"{label} ({counts[label]})"
            yield Mutant(name=name, line=getattr(node, "lineno", 0), tree=changed(tree, place, instead))


Place = tuple[tuple[str, int | None], ...]


def places(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    """Every node that may be changed, with the name of what it stands in, in the order of the text."""
    for index, statement in enumerate(tree.body):
        if not isinstance(statement, ast.Import | ast.ImportFrom | ast.If | ast.ClassDef) and not documents(statement):
            yield from below(statement, name_of(statement), (("body", index),))


def below(node: ast.AST, where: str, place: Place) -> Iterator[tuple[str, Place]]:
    """A node and those under it, without annotations, docstrings and texts for people."""
    yield where, place
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "args"} and not isinstance(node, ast.Call):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not documents(child) and not tells(child):
                yield from below(child, where, (*place, (field, index)))


def name_of(statement: ast.stmt) -> str:
    """What a statement at the top of a module defines."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return ast.unparse(target) if target else "module"


def documents(node: ast.AST) -> bool:
    """Whether a node is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def tells(node: ast.AST) -> bool:
    """Whether a node is a text for people."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg in FOR_PEOPLE)


def reach(node: ast.AST, place: Place) -> ast.AST:
    """The node at a place."""
    for field, index in place:
        value = getattr(node, field)
        node = value if index is None else value[index]
    return node


def changed(tree: ast.Module, place: Place, instead: ast.AST) -> ast.Module:
    """A copy of the tree with another node at a place."""
    fresh = copy.deepcopy(tree)
    parent, (field, index) = reach(fresh, place[:-1]), place[-1]
    if index is None:
        setattr(parent, field, instead)
    else:
        getattr(parent, field)[index] = instead
    return ast.fix_missing_locations(fresh)


# -- changes ----------------------------------------------------------------------------------------


def changes(node: ast.AST) -> Iterator[Change]:
    """Everything that may stand in place of a node."""
    for kind, ways in WAYS.items():
        if isinstance(node, kind):
            for instead in ways(copy.deepcopy(node)):
                yield f"{short(node)} -> {short(instead)}", instead


def short(node: ast.AST) -> str:
    """A node's text, on one line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


LONGEST = 100


def comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    """Another comparison."""
    fresh = copy.deepcopy(node)
    fresh.ops[0] = COMPARISONS[type(node.ops[0])]()
    yield fresh


def connections(node: ast.BoolOp) -> Iterator[ast.AST]:
    """And for or, and each part left out."""
    yield ast.BoolOp(op=ast.Or() if isinstance(node.op, ast.And) else ast.And(), values=node.values)
    for index in range(len(node.values)):
        rest = node.values[:index] + node.values[index + 1 :]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(op=node.op, values=rest)


def negations(node: ast.UnaryOp) -> Iterator[ast.AST]:
    """Without the negation."""
    if isinstance(node.op, ast.Not):
        yield node.operand


def operations(node: ast.BinOp) -> Iterator[ast.AST]:
    """Another operator."""
    if type(node.op) in OPERATORS:
        yield ast.BinOp(left=node.left, op=OPERATORS[type(node.op)](), right=node.right)


def constants(node: ast.Constant) -> Iterator[ast.AST]:
    """Another number, truth or word."""
    if isinstance(node.value, bool):
        yield ast.Constant(value=not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(value=node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(value=node.value + 0.5)
    elif isinstance(node.value, str) and node.value:
        yield ast.Constant(value=f"{node.value}!")


def members(node: ast.Attribute) -> Iterator[ast.AST]:
    """Each other member of an enumeration."""
    if isinstance(node.value, ast.Name) and node.attr in MEMBERS.get(node.value.id, ()):
        for other in MEMBERS[node.value.id]:
            if other != node.attr:
                yield ast.Attribute(value=node.value, attr=other, ctx=node.ctx)


def fewer(node: ast.List | ast.Tuple | ast.Set) -> Iterator[ast.AST]:
    """Without each of its items."""
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    for index in range(len(node.elts)):
        fresh = copy.deepcopy(node)
        del fresh.elts[index]
        yield fresh


def fewer_entries(node: ast.Dict) -> Iterator[ast.AST]:
    """Without each of its entries."""
    for index in range(len(node.keys)):
        fresh = copy.deepcopy(node)
        del fresh.keys[index], fresh.values[index]
        yield fresh


def filters(node: ast.comprehension) -> Iterator[ast.AST]:
    """Without its filter, and with the opposite one."""
    for index, test in enumerate(node.ifs):
        for instead in ([], [ast.UnaryOp(op=ast.Not(), operand=test)]):
            fresh = copy.deepcopy(node)
            fresh.ifs[index : index + 1] = instead
            yield fresh


def branches(node: ast.If | ast.IfExp) -> Iterator[ast.AST]:
    """The opposite branch, or always one of them."""
    for test in (ast.UnaryOp(op=ast.Not(), operand=node.test), ast.Constant(value=True), ast.Constant(value=False)):
        fresh = copy.deepcopy(node)
        fresh.test = test
        yield fresh


def calls(node: ast.Call) -> Iterator[ast.AST]:
    """The opposite builtin."""
    if isinstance(node.func, ast.Name) and node.func.id in BUILTINS:
        yield ast.Call(func=ast.Name(id=BUILTINS[node.func.id], ctx=ast.Load()), args=node.args, keywords=node.keywords)


def statements(_: ast.Expr | ast.For) -> Iterator[ast.AST]:
    """Nothing in its place."""
    yield ast.Pass()


WAYS: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: comparisons,
    ast.BoolOp: connections,
    ast.UnaryOp: negations,
    ast.BinOp: operations,
    ast.Constant: constants,
    ast.Attribute: members,
    ast.List: fewer,
    ast.Tuple: fewer,
    ast.Set: fewer,
    ast.Dict: fewer_entries,
    ast.comprehension: filters,
    ast.If: branches,
    ast.IfExp: branches,
    ast.Call: calls,
    ast.Expr: statements,
    ast.For: statements,
}
