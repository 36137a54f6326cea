"""What each operation wants of everybody, tried one by one: a session, a token, and to be the owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gonogo.contracted import Guarded

SCENARIO = {"contracts/document"}
LIMITED, FAILED = 429, 500


def let_through(guarded: Sequence[Guarded], who: str, statuses: Collection[int]) -> Complaints:
    """A sentence for each operation that answered well, or with none of the right refusals."""
    if not guarded:
        raise NotEvaluable("no operation was tried")
    for one in guarded:
        status = one.refusal.refused.status
        if status == LIMITED or (status or FAILED) >= FAILED:
            continue  # others judge that, and it lets nobody through
        if status not in statuses:
            right = " or ".join(str(known) for known in sorted(statuses))
            yield f"{one.operation} answered {status} {who}, {right} expected"


@check("auth.every-operation", Severity.BLOCKER, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def every_operation(guarded: Sequence[Guarded], statuses: frozenset[int]) -> Complaints:
    """
    Every operation that the profile does not call public refuses who is not signed in, whatever the document says.

    A route whose guard was forgotten is open to anyone, and drops its guard from the document too.

    Fix: put the dependency that demands a session on the route, or on the whole router; name what is meant to be
    open in the profile's `public`.
    """
    yield from let_through(guarded, "without credentials", statuses)


@check("csrf.every-operation", Severity.BLOCKER, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi", "csrf"})
def every_change(guarded: Sequence[Guarded], statuses: frozenset[int]) -> Complaints:
    """
    Every operation that changes something refuses a member's request without the CSRF token, or with a wrong one.

    Any page that a member visits could send the request in the member's name.

    Fix: check the token in one place before every route, and exempt nothing that takes a session's cookie.
    """
    yield from let_through(guarded, "without its token", statuses)


@check("auth.every-object", Severity.BLOCKER, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def every_object(guarded: Sequence[Guarded]) -> Complaints:
    """
    No operation does to another member's object what its owner may do, by an id in the path.

    Whoever learns or guesses an id would read, change or delete what is not theirs (OWASP API1:2023).

    Fix: look for the object among those of who asks, in one function that every route uses.
    """
    if not guarded:
        raise NotEvaluable("no member's object was tried by another")
    for one in guarded:
        status = one.refusal.refused.status
        if status is not None and status < 400:  # noqa: PLR2004  anything but a refusal
            yield f"{one.operation} answered {status} to a member who does not own the object"
