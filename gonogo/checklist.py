"""Writes `docs/checklist.md`: every scenario with its steps, what is expected, and how bad it is otherwise. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gonogo.operation import Credentials, build, curl, variables_of
from gonogo.plan import scenario_of
from gonogo.webhook import FRESH, signature_fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gonogo.check import Check
    from gonogo.plan import Outline
    from gonogo.profile import Profile

HEAD = """\
# Checklist

What the gate does and wants to see, scenario by scenario, as a person would do it by hand against the
reference service. This page is generated (`nox -s docs`); the catalogue of checks is its source.

A step passes when its answer has the expected status; otherwise the scenario stops there. A check passes
when what it claims is true, and fails otherwise. A failed *blocker* or *critical* check is a NO_GO, a
*major* one a condition, a *minor* one is only reported. In the `curl` lines `$GONOGO_…` stands for what
differs from run to run; `python -m gonogo replay RUN FINDING` fills it in.
"""
LISTS = frozenset({"conversation_ids", "formats"})


def checklist(catalogue: Mapping[str, Check[Any, Any]], scenarios: Sequence[Outline], profile: Profile) -> str:
    """The whole page, in Markdown."""
    return "\n".join([HEAD, *(line for scenario in scenarios for line in section(catalogue, scenario, profile))]) + "\n"


def section(catalogue: Mapping[str, Check[Any, Any]], scenario: Outline, profile: Profile) -> Iterator[str]:
    """One scenario."""
    name, _, does = scenario.title.partition(": ")
    mine = [one for one in catalogue.values() if scenario.id in {scenario_of(where) for where in one.scenarios}]
    steps = [one for one in mine if one.id.startswith("operation.")]
    rest = sorted((one for one in mine if one not in steps), key=lambda one: (list_of_severities(one), one.id))
    yield from (f"## {name}", "", does[:1].upper() + does[1:], "")
    yield from (f"- {part.title}" for part in scenario.parts)
    yield from ("", "| step | expected answer | severity | `curl` |", "| --- | --- | --- | --- |")
    yield from (step_row(one, profile) for one in steps if one.id.partition(".")[2] in profile.operations)
    yield from ("", "| check | severity | passes when | when it fails |", "| --- | --- | --- | --- |")
    yield from (f"| `{one.id}` | {one.severity} | {cell(one.claim)} | {cell(one.fix)} |" for one in rest)
    yield ""


def list_of_severities(check: Check[Any, Any]) -> int:
    """Where a check's severity stands in the order of severities."""
    return list(type(check.severity)).index(check.severity)


def step_row(check: Check[Any, Any], profile: Profile) -> str:
    """A step, its expected answer and its curl line."""
    operation = check.id.partition(".")[2]
    described = profile.operations[operation]
    expected = " or ".join(str(status) for status in described.expect)
    kind = f", {described.content_type}" if described.content_type else ""
    return f"| {operation} | {expected}{kind} | {check.severity} | `{cell(line(operation, profile))}` |"


def line(operation: str, profile: Profile) -> str:
    """The curl line of an operation, with variables for what differs from run to run."""
    shown = {f"zz{name}zz": f"GONOGO_{name.upper()}" for name in variables_of(profile, operation)}
    values = {name: [f"zz{name}zz"] if name in LISTS else f"zz{name}zz" for name in variables_of(profile, operation)}
    credentials = Credentials(cookies="zzcookiezz", csrf="zzcsrfzz")
    request = build(profile, operation, values, credentials=credentials)
    if profile.operations[operation].credential == "signature" and profile.payment:
        for field in signature_fields(profile.payment):
            request = request.with_header(field, f"zz{FRESH.variable_for(field, profile.payment)}zz")
    common = {
        "zzcookiezz": "GONOGO_COOKIE",
        "zzcsrfzz": "GONOGO_CSRF",
        **{f"zz{one}zz": one for one in FRESH.variables},
    }
    secrets = {value: name for name, value in profile.secrets.items()}
    return curl(request, {**shown, **common, **secrets}, profile)


def cell(text: str) -> str:
    """Text that cannot end a table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")
