"""What must hold between the parts of a profile: each rule yields a place and a sentence. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from gonogo.capabilities import GROUPS, OPERATIONS, REMOVALS, SECTIONS, STANDARD, covered_by
from gonogo.profile_file import dotted, fill, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gonogo.profile_file import Document, Loc
    from gonogo.profile_model import Profile

Mistakes: TypeAlias = Iterator[tuple["Loc", str]]
IN_DOCUMENT = re.compile(r"id:\S|([A-Z]+ )?/")
"""How `public` names an operation of the target's OpenAPI document: `id:` and its operationId, or its path."""
LIVE_KEY = re.compile(r"\b[sr]k_live_")
REFUSALS = range(300, 500)
TOO_MANY, BROKEN = 429, 500
NO_SESSION = (401, 403)
PROVOKES = "trigger_error"
"""The one operation whose good answer is an error of the server."""


def names_operations_that_exist(profile: Profile) -> Mistakes:
    """Whatever names an operation names one that is described."""
    for loc, name in named_operations(profile):
        if name not in profile.operations:
            near = nearest(name, profile.operations)
            yield loc, f"{dotted(loc)} names '{name}', which operations does not describe{near}"


def named_operations(profile: Profile) -> Iterator[tuple[Loc, str]]:
    """Every place that names an operation."""
    yield from ((("public", index), name) for index, name in enumerate(profile.public) if not IN_DOCUMENT.match(name))
    yield from ((("promises", "unlimited", index), name) for index, name in enumerate(profile.promises.unlimited))
    for number, limit in enumerate(profile.promises.limits):
        names = () if limit.operations == "*" else limit.operations
        yield from ((("promises", "limits", number, "operations", index), name) for index, name in enumerate(names))
    if profile.csrf:
        yield ("csrf", "fetch"), profile.csrf.fetch
    if profile.build:
        yield ("build", "operation"), profile.build.operation
    if profile.means.request_counter:
        yield ("means", "request_counter", "operation"), profile.means.request_counter.operation


def leaves_nothing_unsaid(profile: Profile) -> Mistakes:
    """Each standard capability is described, or absent for a reason."""
    accounted = {member for name in profile.absent for member in covered_by(name)}
    if profile.identity.sign_up == "accounts":
        accounted.add("mail")
    unsaid = [name for name in sorted(OPERATIONS - accounted) if not profile.offers(name)]
    if unsaid:
        are = f"{', '.join(unsaid)} {'is' if len(unsaid) == 1 else 'are'}"
        yield ("operations",), f"{are} neither described in operations nor given a reason in absent"
    for name in sorted(SECTIONS - accounted):
        if not profile.offers(name):
            yield (name,), f'the profile has no {name}, and absent gives no reason; write absent: {{{name}: "why"}}'


def gives_reasons_for_what_is_absent(profile: Profile) -> Mistakes:
    """Each key of `absent` is known, has a reason, and speaks of something that is not there."""
    known = STANDARD | REMOVALS | set(GROUPS)
    for name, reason in profile.absent.items():
        loc = ("absent", name)
        if name not in known and name.partition(".")[0] not in {"means", "promises"}:
            yield loc, f"unknown capability '{name}' in absent{nearest(name, known)}"
        elif not reason.strip():
            yield loc, f"{dotted(loc)} has no reason"
        elif all(profile.offers(member) for member in covered_by(name)):
            yield loc, f"{dotted(loc)} says that it is absent, but the profile describes it"


def has_the_sections_that_operations_use(profile: Profile) -> Mistakes:
    """An operation for the operator, or one that streams, needs the section that says how."""
    for name, operation in profile.operations.items():
        if operation.credential == "operator" and profile.operator is None:
            yield ("operations", name, "credential"), f"operations.{name} is for the operator; add the section operator"
        if operation.credential == "signature" and not profile.offers("payment"):
            yield ("operations", name, "credential"), f"operations.{name} is signed; add the section payment"
        if operation.streams and profile.stream is None:
            yield ("operations", name, "streams"), f"operations.{name} streams; add the section stream"


def can_make_members(profile: Profile) -> Mistakes:
    """Who signs up needs the operation for it."""
    if profile.identity.sign_up == "harness" and "signup" not in profile.operations:
        yield ("identity", "sign_up"), "identity.sign_up: harness needs the operation signup; without it, use accounts"


def has_somebody_to_spend_a_quota(profile: Profile) -> Mistakes:
    """Who uses up a quota is nobody of those who do everything else."""
    small = profile.means.small_quota
    if small and profile.identity.sign_up == "accounts" and small.account is None:
        yield ("means", "small_quota"), "means.small_quota needs an account of its own, for it is used up"


def refuses_with_refusals(profile: Profile) -> Mistakes:
    """A status that says yes, that the target broke or that a limit is spent refuses nobody."""
    named: list[tuple[Loc, int]] = [
        (("identity", "reject_statuses", index), status)
        for index, status in enumerate(profile.identity.reject_statuses)
    ]
    for index, status in enumerate(profile.csrf.reject_statuses if profile.csrf else ()):
        named.append((("csrf", "reject_statuses", index), status))
    for loc, status in named:
        if status not in REFUSALS or status == TOO_MANY:
            yield (
                loc,
                f"{dotted(loc)} is {status}, which is no refusal; write statuses of 300 to 499, and not 429",
            )
    if profile.csrf and not profile.csrf.reject_statuses:
        yield ("csrf", "reject_statuses"), "csrf.reject_statuses is empty, so that nothing would count as a refusal"


def expects_good_answers(profile: Profile) -> Mistakes:
    """What an operation promises is an answer to whoever may ask: not a refusal, a spent limit or a breakdown."""
    for name, operation in profile.operations.items():
        private = operation.credential == "session" and name not in profile.public
        for index, status in enumerate(operation.expect):
            loc = ("operations", name, "expect", index)
            if status == TOO_MANY or (status >= BROKEN and name != PROVOKES):
                yield loc, f"{dotted(loc)} is {status}, which is no good answer"
            elif private and status in NO_SESSION:
                yield loc, f"{dotted(loc)} is {status}, which refuses the session that the operation needs"


def limits_something(profile: Profile) -> Mistakes:
    """A limit counts some operation."""
    for number, limit in enumerate(profile.promises.limits):
        if not limit.operations:
            loc = ("promises", "limits", number, "operations")
            yield loc, f'{dotted(loc)} is empty, so that the limit counts nothing; name operations, or write "*"'


def tells_environments_apart(profile: Profile) -> Mistakes:
    """A host belongs to one environment."""
    seen: dict[str, str] = {}
    for name, environment in profile.environments.items():
        for index, host in enumerate(environment.hosts):
            if seen.setdefault(host.lower(), name) != name:
                loc = ("environments", name, "hosts", index)
                yield loc, f"the host '{host}' is in two environments, {seen[host.lower()]} and {name}"


def takes_no_real_money(profile: Profile) -> Mistakes:
    """A live event is never sent."""
    for name, operation in profile.operations.items():
        for loc, key, value in entries_of(operation.json_body, ("operations", name, "json")):
            if key == "livemode" and str(value).lower() == "true":
                yield loc, f"{dotted(loc)} is true; only test payments are ever made, so write livemode: false"


def entries_of(data: Any, loc: Loc) -> Iterator[tuple[Loc, str | int, Any]]:  # noqa: ANN401  whatever the file holds
    """Every key and item below a place."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield (*loc, key), key, value
            yield from entries_of(value, (*loc, key))


def live_key(document: Document, values: Mapping[str, str]) -> Loc | None:
    """Return the place of a text that holds a payment provider's live key, if there is one."""
    return next((loc for loc, text in document.texts() if LIVE_KEY.search(fill(text, values))), None)


RULES: tuple[Callable[[Profile], Mistakes], ...] = (
    takes_no_real_money,
    names_operations_that_exist,
    gives_reasons_for_what_is_absent,
    can_make_members,
    has_somebody_to_spend_a_quota,
    refuses_with_refusals,
    expects_good_answers,
    limits_something,
    has_the_sections_that_operations_use,
    tells_environments_apart,
    leaves_nothing_unsaid,
)
