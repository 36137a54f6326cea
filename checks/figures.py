"""Figures that the operator is shown: of members' use, of model providers, of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.plausible import numbers, states
from gonogo.check import Severity, check
from gonogo.exposition import total
from gonogo.operation import read_source
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import Exchange

MONITORING = {"monitoring"}
FEWEST_LEFT = 2
"""A gauge that has risen by one may count somebody else's."""


WORTH_COMPARING_S = 0.5


PERCENT = 100


CORES = 1024
"""No machine has more; a process may count each of its cores as 100 %."""


@check(
    "metrics.usage-grows",
    Severity.MAJOR,
    scenarios=MONITORING,
    needs={"metrics_usage", "send_message", "means.usage_figure"},
)
def usage_grows(exchanges: Sequence[Exchange], source: str) -> Complaints:
    """
    Usage counts what members use.

    It is what bills, quotas and capacity are reckoned from.

    Fix: count a message when it is kept, in a place that every worker shares.
    """
    first, *replies, last = exchanges
    before, after, messages = figure(first, source), figure(last, source), len(replies)
    if after - before < messages:
        yield f"the figure rose from {before:g} to {after:g} with {messages} messages, {messages} at least expected"


def figure(exchange: Exchange, source: str) -> float:
    """The number that a source finds. Raises NotEvaluable when it finds none."""
    found = read_source(source, exchange)
    try:
        return float(found or "")
    except ValueError as error:
        raise NotEvaluable(f"{exchange} has no number at {source}: {found!r}") from error


@check(
    "metrics.tokens-grow",
    Severity.MAJOR,
    scenarios=MONITORING,
    needs={"metrics_usage", "send_message", "means.token_figure"},
)
def tokens_grow(exchanges: Sequence[Exchange], source: str) -> Complaints:
    """
    Usage counts the tokens that models read and write.

    They are what a provider's bill is reckoned from; a figure that stands still hides it until it comes.

    Fix: add what the provider says of each answer, also of one that was cut, or count it where it says nothing.
    """
    first, *replies, last = exchanges
    before, after, messages = figure(first, source), figure(last, source), len(replies)
    if after - before < messages:
        yield f"the figure rose from {before:g} to {after:g} with {messages} answers, {messages} at least expected"


@check(
    "metrics.provider-failures-seen",
    Severity.MAJOR,
    scenarios=MONITORING,
    needs={"metrics_providers", "send_message", "means.fail_prompt"},
)
def provider_failures_are_seen(exchanges: Sequence[Exchange]) -> Complaints:
    """
    An answer has just failed: a provider is said to be in trouble, or to have one error more.

    A list on which all is well while members get nothing sends whoever is on call to the wrong place.

    Fix: record each call of a provider with how it ended, also where it ends in the middle of an answer.
    """
    before, failed, after = exchanges
    if getattr(failed, "events", ()) and not any(event.error for event in getattr(failed, "events", ())):
        raise NotEvaluable(f"{failed} did not fail, though it was asked to")
    told = list(states(after.json()))
    if not told:
        raise NotEvaluable(f"{after} names no provider with its state")
    troubled = [name for name, _, up in told if up is False]
    if not troubled and errors_in(after) <= errors_in(before):
        yield f"{errors_in(after):g} errors of providers as before, and none is down, though an answer has just failed"


def errors_in(exchange: Exchange) -> float:
    """Every number of an answer that counts errors or failures, added up."""
    return sum(value for name, value in numbers(exchange.json()).items() if "error" in name or "fail" in name)


@check("metrics.providers-up", Severity.MAJOR, scenarios=MONITORING, needs={"metrics_providers", "send_message"})
def providers_are_up(exchanges: Sequence[Exchange]) -> Complaints:
    """
    A provider has just answered: one at least is said to be up, and none that is in use to be down.

    A list that is wrong sends whoever is on call to the wrong place.

    Fix: record each call of a provider where it is made, and forget nothing of it at a restart.
    """
    told = exchanges[-1]
    found = list(states(told.json()))
    if not found:
        yield f"{told} names no provider with its state, although one has just answered"
    down = [f"{name} {state}" for name, state, up in found if up is False]
    ups = sum(up is True for _, _, up in found)
    if down or (found and not ups):
        told_down = ", ".join(down) or "none"
        yield f"{ups} of {len(found)} providers said to be up, and {told_down} down, 1 up and 0 down expected"


@check("metrics.system-plausible", Severity.MAJOR, scenarios=MONITORING, needs={"metrics_system"})
def system_is_plausible(reads: Sequence[Exchange]) -> Complaints:
    """
    What the process takes is measured: it lies within what can be, and changes.

    Numbers that are made up, or were written down once, hide the leak that they should show.

    Fix: measure at each request; read memory and time from the operating system.
    """
    first, second = (numbers(read.json()) for read in reads)
    if not first:
        yield f"{reads[0]} holds no number"
    for name, value in [*first.items(), *second.items()]:
        highest = PERCENT * (CORES if "cpu" in name else 1)
        if "percent" in name and not 0 <= value <= highest:
            yield f"{name} is {value:g}, 0 to {highest} expected"
        elif "memory" in name and value <= 0:
            yield f"{name} is {value:g}, more than 0 expected"
    for name in first.keys() & second.keys():
        if "uptime" in name and second[name] < first[name]:
            yield f"{name} fell from {first[name]:g} to {second[name]:g}"
    apart = reads[1].started_at - reads[0].started_at
    if first and first == second and apart >= WORTH_COMPARING_S:
        yield f"all {len(first)} numbers are the same after {apart:.1f} s"


@check(
    "metrics.left-streams-end",
    Severity.MAJOR,
    scenarios=MONITORING,
    needs={"metrics", "send_message", "means.fixed_prompt", "promises.abandoned_s", "means.stream_gauge"},
)
def left_streams_end(exchanges: Sequence[Exchange], series: str, before: int) -> Complaints:
    """
    The gauge of open streams falls, too, when those who listen leave before the end.

    People close the page in the middle of an answer all day: what each leaves behind fills the gauge up, and with it
    whatever limit or alarm goes by it.

    Fix: count down in a block that is left however the stream ends, also when it is cancelled.
    """
    values = [total(exchange.text, series) for exchange in exchanges]
    lowest, later = min(values[:before], default=0.0), values[before:]
    if not later:
        raise NotEvaluable("nobody looked at the gauge after the answers were left")
    if min(later) >= lowest + FEWEST_LEFT:
        yield f"{series} was {lowest:g} before some answers were left in the middle, and stayed at {min(later):g}"
