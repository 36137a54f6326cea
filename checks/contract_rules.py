"""
The rules of a target's own OpenAPI document, each held against every answer of the contract suite.

What is looked at was sent on purpose: valid requests, invalid ones, and sequences of them, from a seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gonogo.check import Complaints, Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.contracted import Held

SCENARIO = {"contracts/document"}
NEEDS = {"openapi"}
SHOWN = 12


def broken(held: Held) -> Complaints:
    """Every breach in a sentence; without a single look nobody knows."""
    if not held.looks:
        raise NotEvaluable("no answer was held against it")
    for breach in held.breaches[:SHOWN]:
        yield f"{breach.operation}: {breach.says}"
    if len(held.breaches) > SHOWN:
        yield f"and {len(held.breaches) - SHOWN} more like these"


@check("contract.no-server-error", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def no_server_error(held: Held) -> Complaints:
    """
    No request makes the service fail (5xx), or leaves it without an answer, however odd it is.

    What a stranger can provoke with an odd letter, users provoke by accident, and attackers on purpose.

    Fix: send the request again with the curl line, and look for its request id in the target's logs; validate what
    the operation takes before it is used.
    """
    yield from broken(held)


@check("contract.statuses", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def statuses(held: Held) -> Complaints:
    """
    Every status that an operation answers with stands in the document.

    A client that is made from the document has no way to deal with another one.

    Fix: document the status, or answer with one that is.
    """
    yield from broken(held)


@check("contract.media-types", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def media_types(held: Held) -> Complaints:
    """
    Every body has a media type that the document has for its status.

    A client reads a body by its type; one that it does not expect it cannot read.

    Fix: set Content-Type to what the document says, also on errors.
    """
    yield from broken(held)


@check("contract.header-fields", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def header_fields(held: Held) -> Complaints:
    """
    The header fields that the document promises of an answer are there, as it describes them.

    Clients page, wait and follow by fields such as Location and Retry-After.

    Fix: send the field on every answer of this status, or do not promise it.
    """
    yield from broken(held)


@check("contract.bodies", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def bodies(held: Held) -> Complaints:
    """
    Every body is what the document's schema for it says.

    A field that is missing or of another type breaks whoever was told that it is there.

    Fix: answer through the model that the document is made from, and let that be strict.
    """
    yield from broken(held)


@check("contract.refuses-invalid", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def refuses_invalid(held: Held) -> Complaints:
    """
    A request that breaks the document's schema is refused.

    What is not validated is stored, and then read by code that trusts it.

    Fix: validate what the operation takes against its model, every field of it, and forbid what is not in it.
    """
    yield from broken(held)


@check("contract.accepts-valid", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def accepts_valid(held: Held) -> Complaints:
    """
    A request that keeps to the document's schema is not refused for its form.

    A rule that only the code knows is met by clients as an error that nobody can explain.

    Fix: write the rule into the schema: a pattern, a bound, an enumeration.
    """
    yield from broken(held)


@check("contract.required-fields", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def required_fields(held: Held) -> Complaints:
    """
    A request without a header field that the document requires is refused.

    What is required on paper only is left out by half of the clients, and missed when it matters.

    Fix: refuse the request, or do not call the field required.
    """
    yield from broken(held)


@check("contract.methods", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def methods(held: Held) -> Complaints:
    """
    A method that the document does not have for a path is refused with 405.

    Another answer means that something else took the request, such as a route that swallows its neighbour.

    Fix: look which route matched; declare fixed paths before those with parameters.
    """
    yield from broken(held)


@check("contract.gone-stays-gone", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def gone_stays_gone(held: Held) -> Complaints:
    """
    What was deleted is not there any more, whichever operation asks for it.

    Whoever deletes something believes that nobody can read it from then on.

    Fix: delete the row, or filter by its mark in every query; drop it from caches too.
    """
    yield from broken(held)


@check("contract.made-is-there", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def made_is_there(held: Held) -> Complaints:
    """
    What was created is there when it is asked for by its id.

    An answer of 201 whose object is not there loses what a user has just made.

    Fix: commit before you answer, and read from where you write.
    """
    yield from broken(held)


@check("contract.wants-credentials", Severity.BLOCKER, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def wants_credentials(held: Held) -> Complaints:
    """
    What the document protects with credentials answers nobody without them, nor with made-up ones.

    Anyone could read and change what is meant for members.

    Fix: put the dependency that demands a session on the route; check that credentials are verified, not only read.
    """
    yield from broken(held)
