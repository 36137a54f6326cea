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

from gonogo.addresses import loopback_address
from gonogo.budget import Budget
from gonogo.check import Effects
from gonogo.evidence import Planned
from gonogo.harmless import harmless_changes
from gonogo.operation import variables_of
from gonogo.owned import things
from gonogo.promises import PLAIN
from gonogo.shapes import shapes_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from gonogo.budget import Limit
    from gonogo.check import Check
    from gonogo.profile import Profile

SUITES = ("smoke", "load")
UNAUTHORIZED = 401


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


def limit_of(profile: Profile, operation: str) -> Limit:
    """The limit that counts an operation. Raises HarnessTrouble when the profile promises none."""
    limit = Budget(profile.promises.limits, unlimited=profile.promises.unlimited).limit_for(operation)
    if limit is None:
        raise HarnessTrouble(f"the profile promises no limit that counts {operation}")
    return limit


def limited_operation(profile: Profile) -> str:
    """The most harmless operation that the API's limit counts. Raises HarnessTrouble when there is none."""
    for operation in ("session", "plan", "list_conversations", "settings"):
        offered = operation in profile.operations and not variables_of(profile, operation)
        if offered and counted(profile, operation):
            return operation
    raise HarnessTrouble("the profile promises no limit that counts a harmless operation")


def counted(profile: Profile, operation: str) -> bool:
    """Whether some limit counts an operation."""
    return Budget(profile.promises.limits, unlimited=profile.promises.unlimited).limit_for(operation) is not None


def no_api_limit(profile: Profile) -> str | None:
    """Why the API's limit cannot be looked at, if so."""
    try:
        limited_operation(profile)
    except HarnessTrouble as trouble:
        return str(trouble)
    return None


def no_sign_in_limit(profile: Profile) -> str | None:
    """Why the limit on sign-in cannot be looked at, if so."""
    offered = "signin" in profile.operations and counted(profile, "signin")
    return None if offered else "the profile promises no limit that counts signin"


def shared_limits(profile: Profile) -> str | None:
    """Why two people's limits cannot be told apart from here, if so."""
    if no_api_limit(profile) is not None:
        return no_api_limit(profile)
    scope = limit_of(profile, limited_operation(profile)).scope
    if scope == "global":
        return "the limit is promised for all together"
    apart = scope == "user" or loopback_address(profile.origins.api, "", 0) is not None
    return None if apart else "everybody here calls from one address, which the limit counts"


def no_harmless_change(profile: Profile) -> str | None:
    """Why nothing can be changed to see who may, if so."""
    offered = harmless_changes(profile, "")
    return None if offered else "it offers neither create_conversation nor update_settings nor create_project"


def no_message_in_a_conversation(profile: Profile) -> str | None:
    """Why nobody can speak in a conversation, if so."""
    if "send_message" in profile.operations and "conversation_id" not in variables_of(profile, "send_message"):
        return "a message goes to the model, and to no conversation"
    return profile.missing("send_message")


def no_own_things(profile: Profile) -> str | None:
    """Why nobody's things can be told from another's, if so."""
    return None if things(profile) else "no operation takes the id of what another one creates"


CIRCUMSTANCES: dict[str, Callable[[Profile], str | None]] = {
    "https": lambda profile: None if profile.origins.api.startswith("https:") else "the target is met over plain http",
    "session-cookie": lambda profile: None if profile.identity.session == "cookie" else "the session is no cookie",
    "api-limit": no_api_limit,
    "sign-in-limit": no_sign_in_limit,
    "own-limits": shared_limits,
    "draft-ratelimit": lambda profile: (
        None if profile.promises.ratelimit_headers in {"draft-11", "both"} else "it promises no RateLimit field"
    ),
    "money-allowed": lambda profile: (
        None if profile.allows("money") else f"environment {profile.environment} does not allow money"
    ),
    "messages-in-conversations": no_message_in_a_conversation,
    "promised-headers": lambda profile: (
        None if any(getattr(profile.promises.headers, name) for name in PLAIN) else "it promises none of these headers"
    ),
    "own-things": no_own_things,
    "event-shapes": lambda profile: (
        None if shapes_of(profile) else "nothing tells what its events hold (promises.events, stream.delta.event)"
    ),
    "jwt-session": lambda profile: (
        None if profile.identity.credential == "jwt" else "the session is no JSON Web Token (identity.credential)"
    ),
    "new-accounts": lambda profile: (
        None
        if profile.identity.sign_up == "harness"
        else "an account that is lent may have paid before: sign_up: harness"
    ),
    "harmless-change": no_harmless_change,
    "challenge": lambda profile: (
        None if UNAUTHORIZED in profile.identity.reject_statuses else "who is not signed in is not answered with 401"
    ),
}
"""What follows from the profile without being a key of it: a name, and why it is not given, None where it is."""


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
