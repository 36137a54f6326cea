"""Whether each event stream keeps to the contract that is told of it: its form, its events, their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.contract_rules import broken
from gonogo.check import Complaints, Effects, Severity, check

if TYPE_CHECKING:
    from gonogo.contracted import Held

SCENARIO = {"contracts/document"}
NEEDS = {"openapi", "promises.document.streams"}


@check("contract.stream-form", Severity.MAJOR, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def form(held: Held) -> Complaints:
    """
    Every event stream is written as the standard says, to its last byte (WHATWG HTML, 9.2).

    A line that browsers pass over, or an event without its blank line, is lost without a word.

    Fix: write events in one place, each with its blank line, and encode data as one line of UTF-8.
    """
    yield from broken(held)


@check("contract.stream-events", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def events(held: Held) -> Complaints:
    """
    Every event of a stream has a name that is documented, and data by its schema.

    Clients take events apart by name and field; what they do not know they drop, or break on.

    Fix: write events through the models that the document is made from.
    """
    yield from broken(held)


@check("contract.stream-order", Severity.CRITICAL, scenarios=SCENARIO, effects=Effects.HOSTILE, needs=NEEDS)
def order(held: Held) -> Complaints:
    """
    The events of a stream come in the documented order: the first one first, one that ends it last, each as often.

    A client that waits for the end waits for ever, and one that has seen it misses what follows.

    Fix: send the last event from the block that closes the stream, once, and nothing after it.
    """
    yield from broken(held)
