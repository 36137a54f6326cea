"""What every answer of the contract suite must keep to, whatever the document says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.leaks import leaks
from gonogo.check import Complaints, Effects, Severity, check
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gonogo.contracted import Asked

SCENARIO = {"contracts/document"}
PROBLEM = "application/problem+json"
FAILED = 400
NOT_ALLOWED = 405
SHOWN = 12


def once_each(found: Iterable[tuple[str, str]]) -> Complaints:
    """A sentence for each operation and what is wrong with it, however often it was met."""
    seen = list(dict.fromkeys(found))
    for operation, says in seen[:SHOWN]:
        yield f"{operation}: {says}"
    if len(seen) > SHOWN:
        yield f"and {len(seen) - SHOWN} more like these"


@check(
    "contract.problem-details",
    Severity.MAJOR,
    scenarios=SCENARIO,
    effects=Effects.HOSTILE,
    needs={"openapi", "promises.errors"},
)
def problem_details(answers: Sequence[Asked]) -> Complaints:
    """
    Every error is a problem document: its media type, a title, and its own status (RFC 9457).

    Clients read all errors in one way; one that looks otherwise is shown as "something went wrong".

    Fix: turn errors into problem documents in one place, outside of every route, and let no layer answer around it.
    """
    errors = [one for one in answers if (one.exchange.status or 0) >= FAILED and one.exchange.request.method != "HEAD"]
    if not errors:
        raise NotEvaluable("no error was met")
    yield from once_each((one.operation, says) for one in errors if (says := problem_with(one)))


def problem_with(one: Asked) -> str:
    """What is wrong with an error as a problem document; empty where nothing is."""
    exchange = one.exchange
    if exchange.content_type != PROBLEM:
        return f"{exchange.status} is {exchange.content_type or 'of no type'}, {PROBLEM} expected"
    try:
        found = exchange.json()
    except NotEvaluable:
        return f"{exchange.status} has no JSON for a body"
    if not isinstance(found, dict) or not isinstance(found.get("title"), str):
        return f"the problem document of a {exchange.status} has no title"
    if found.get("status", exchange.status) != exchange.status:
        return f"a {exchange.status} calls itself {found['status']}"
    return ""


@check("contract.nothing-leaks", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def nothing_leaks(answers: Sequence[Asked]) -> Complaints:
    """
    No error shows a stack trace, a statement of the database, or a path of its machine.

    Whoever provokes errors on purpose reads in them how to go on.

    Fix: answer unexpected errors with a fixed text and the request's id, and keep the rest for the log.
    """
    errors = [one for one in answers if (one.exchange.status or 0) >= FAILED]
    if not errors:
        raise NotEvaluable("no error was met")
    yield from once_each(
        (one.operation, f"a {one.exchange.status} shows {kind}")
        for one in errors
        for kind in leaks(one.exchange.text)
        if kind not in leaks(sent_text(one))  # what we sent ourselves, and is only repeated, shows nothing
    )


def sent_text(one: Asked) -> str:
    """What a request said."""
    return f"{one.exchange.request.url} {one.exchange.request.body.decode('utf-8', 'replace')}"


@check("contract.allow", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def allow(answers: Sequence[Asked]) -> Complaints:
    """
    A 405 names in Allow every method that the document has for the path (RFC 9110, 15.5.6).

    Clients and proxies read there what they may try instead.

    Fix: collect the methods of every route that matches the path, not only of the first.
    """
    refused = [one for one in answers if one.exchange.status == NOT_ALLOWED]
    if not refused:
        raise NotEvaluable("no method was refused")
    yield from once_each(
        (one.operation, f"Allow lacks {', '.join(sorted(one.methods - told_methods(one)))}")
        for one in refused
        if one.methods - told_methods(one)
    )


def told_methods(one: Asked) -> set[str]:
    """The methods that Allow names."""
    fields = one.exchange.headers.all("allow")
    return {method.strip().upper() for value in fields for method in value.split(",")}


@check("stream.ends-whatever-asked", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs={"openapi"})
def streams_end(answers: Sequence[Asked]) -> Complaints:
    """
    Every event stream comes to its end, whatever was asked for.

    One that never ends, or falls silent, holds a connection of the service and the patience of a user.

    Fix: end the stream in the block that closes it, also after an error, and bound how long a model may be silent.
    """
    streams = [one for one in answers if one.exchange.content_type == "text/event-stream"]
    if not streams:
        raise NotEvaluable("no event stream was met")
    yield from once_each(
        (one.operation, "the stream had not ended when its time was over") for one in streams if one.cut
    )
