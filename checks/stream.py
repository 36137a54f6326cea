"""The event stream of an answer: whole, in order, in time, and honest about its end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gonogo.check import Severity, check
from gonogo.dialect import at_pointer
from gonogo.eventstream import Parser
from gonogo.shapes import Kind, misfits
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gonogo.check import Complaints
    from gonogo.exchange import StreamedExchange, StreamEvent

CHAT = {"chat"}
NEEDS = {"send_message"}
FEWEST_TOKENS = 5
LONGEST_WORD = 12
"""An answer of so few letters may have as many tokens."""
FEWEST_READS = 3
APART_S = 0.005
AT_ONCE_S = 0.1
"""An answer that is whole so soon after its question needs nobody to hold it back."""
UNREADABLE = object()


@check("stream.content-type", Severity.MAJOR, scenarios=CHAT, needs=NEEDS)
def content_type_is_event_stream(reply: StreamedExchange) -> Complaints:
    """
    A stream says that it is one: text/event-stream, in UTF-8, without a length (WHATWG HTML, 9.2).

    Browsers refuse an event stream under any other type, and proxies hold back what has a length.

    Fix: set the media type of the streaming answer, and let nothing compute its length.
    """
    if reply.content_type != "text/event-stream":
        yield f"Content-Type is {reply.headers.get('content-type') or 'missing'}, text/event-stream expected"
    if "content-length" in reply.headers:
        yield f"a stream with Content-Length: {reply.headers.get('content-length')}"


@check("stream.terminal-event", Severity.CRITICAL, scenarios=CHAT, needs=NEEDS)
def ends_with_terminal_event(reply: StreamedExchange) -> Complaints:
    """
    A stream ends with exactly one terminal event, and nothing follows it.

    Without it a client cannot tell a finished answer from a cut one, and shows the user half a
    sentence as if it were whole.

    Fix: send the terminal event from the block that closes the stream.
    """
    ends = [event for event in reply.events if event.terminal]
    if not ends:
        yield f"the stream stopped after {len(reply.events)} events without a terminal event"
    elif len(ends) > 1 or reply.events[-1] is not ends[0]:
        yield f"{len(ends)} terminal events, and {len(reply.events) - reply.events.index(ends[0]) - 1} events after it"


@check("stream.incremental", Severity.CRITICAL, scenarios=CHAT, needs=NEEDS)
def arrives_bit_by_bit(reply: StreamedExchange) -> Complaints:
    """
    Tokens arrive as they are made, not all at the end.

    A proxy or a middleware that buffers turns a lively answer into a long silence.

    Fix: switch off buffering and compression for event streams in every hop (X-Accel-Buffering: no).
    """
    yield from held_back(reply)


@check("stream.incremental-compressed", Severity.CRITICAL, scenarios=CHAT, needs=NEEDS)
def arrives_bit_by_bit_compressed(reply: StreamedExchange) -> Complaints:
    """
    Tokens arrive as they are made also for who takes compressed answers, as every browser does.

    A compressor collects until it has enough to be worth it: curl sees a lively stream, and people see none.

    Fix: leave event streams out of the compression in every hop, or flush the compressor after each event.
    """
    yield from held_back(reply)


def held_back(reply: StreamedExchange) -> Complaints:
    """Say it where the tokens of a stream came all together."""
    deltas = [event for event in reply.events if event.delta]
    if len(deltas) < FEWEST_TOKENS:
        raise NotEvaluable(f"{len(deltas)} tokens are too few to tell whether they were held back")
    moments = distinct([event.arrived for event in deltas])
    if moments < FEWEST_READS and deltas[-1].arrived <= AT_ONCE_S:
        raise NotEvaluable(f"{len(deltas)} tokens within {deltas[-1].arrived:.3f} s: too fast to tell")
    if moments < FEWEST_READS:
        yield f"{len(deltas)} tokens arrived at {moments} moment(s), at {deltas[0].arrived:.2f} s after the request"


def distinct(arrivals: Sequence[float]) -> int:
    """At how many moments something arrived; what came within five milliseconds of a moment's first came at once."""
    moments: list[float] = []
    for arrival in arrivals:
        if not moments or arrival - moments[-1] > APART_S:
            moments.append(arrival)
    return len(moments)


@check("stream.first-token", Severity.CRITICAL, scenarios=CHAT, needs={*NEEDS, "promises.slo.ttft_p95_s"})
def first_token_within(reply: StreamedExchange, promised_s: float | None) -> Complaints:
    """
    The first token arrives within the promised time.

    It is the wait that a person feels; after two seconds most think that nothing happens.

    Fix: look for what waits before the first token: queue, cold cache, retrieval, the upstream.
    """
    if promised_s is None:
        raise NotEvaluable("the profile promises no time to the first token")
    if reply.ttft is None:
        yield f"no token at all, promised within {promised_s:.2f} s"
    elif reply.ttft > promised_s:
        yield f"first token after {reply.ttft:.2f} s, promised within {promised_s:.2f} s"


@check("stream.well-formed", Severity.MAJOR, scenarios=CHAT, needs=NEEDS)
def is_well_formed(reply: StreamedExchange) -> Complaints:
    """
    Every byte of the stream follows the event-stream format (WHATWG HTML, 9.2.5).

    Lenient clients show garbage where strict ones show nothing: they disagree about what was said.

    Fix: write events with a library, or split data at every line end; end each event with a blank line.
    """
    if not reply.body:
        raise NotEvaluable("the stream is empty")
    parser = Parser()
    parser.feed(reply.body)
    yield from (str(problem) for problem in parser.finish())


@check("stream.payloads", Severity.MAJOR, scenarios=CHAT, needs=NEEDS)
def payloads_are_readable(reply: StreamedExchange) -> Complaints:
    """
    The data of every event can be read: where one of a kind is a JSON document, all of that kind are JSON.

    A client that fails on one event loses the rest of the answer.

    Fix: serialise each event's data with a JSON encoder, one event at a time.
    """
    events = [(number, event) for number, event in enumerate(reply.events, 1) if not event.terminal]
    if not events:
        raise NotEvaluable("the stream has no event but its end")
    kinds = {event.type for _, event in events if isinstance(document_of(event.data), dict | list)}
    for number, event in events:
        if event.type in kinds and document_of(event.data) is UNREADABLE:
            yield f"the data of event {number} ({event.type}) is no JSON: {event.data[:60]!r}"


@check("stream.event-shapes", Severity.MAJOR, scenarios=CHAT, needs={*NEEDS, "event-shapes"})
def events_hold_what_is_promised(reply: StreamedExchange, shapes: Mapping[str, Mapping[str, Kind]]) -> Complaints:
    """
    Each event holds what the profile says of its type: every promised field, of the promised kind.

    A client that counts on a field, and on the n-th event does not find it, loses the rest of the answer.

    Fix: build the data of events from typed models, and change the documented format before the events.
    """
    told = [(number, event) for number, event in enumerate(reply.events, 1) if event.type in shapes]
    if not told:
        raise NotEvaluable(f"no event of the types {', '.join(shapes)} came")
    for number, event in told:
        document = document_of(event.data)
        if document is not UNREADABLE:
            yield from (f"event {number} ({event.type}) {wrong}" for wrong in misfits(document, shapes[event.type]))


@check("stream.text-intact", Severity.MAJOR, scenarios=CHAT, needs={*NEEDS, "means.echo_prompt"})
def text_is_intact(reply: StreamedExchange, text: str) -> Complaints:
    """
    Text of every kind comes through to the letter: scripts, emoji, combining marks, quotes, line ends.

    What is cut between the bytes of a letter, or escaped twice, turns names and code into garbage.

    Fix: decode the model's bytes incrementally, and let one JSON encoder do all escaping.
    """
    if reply.said != text:
        pairs = zip(reply.said, text, strict=False)
        place = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(reply.said), len(text)))
        got, wanted = (ascii(one[place : place + 12]) for one in (reply.said, text))
        yield f"from letter {place + 1} on it said {got}, {wanted} expected"


def document_of(data: str) -> object:
    """What an event's data is as JSON; UNREADABLE when it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return UNREADABLE


@check("stream.reports-failure", Severity.CRITICAL, scenarios=CHAT, needs={*NEEDS, "means.fail_prompt"})
def reports_failure(reply: StreamedExchange) -> Complaints:
    """
    When the model fails half way, the stream says so with an error event, and then ends.

    Otherwise half an answer looks like the whole of it. A bare mark that closes every stream, as [DONE] after the
    error, says nothing of how it ended, and is no contradiction.

    Fix: catch the provider's failure inside of the stream and send the error event before closing.
    """
    errors = [event for event in reply.events if event.error is not None]
    if not errors:
        yield f"the model failed, and the stream ended after {len(reply.events)} events without an error event"
    elif any(one.terminal and one.error is None and not closes_only(one, errors[0], reply) for one in reply.events):
        yield "the stream has an error event, and then ends as if all were well"


def closes_only(end: StreamEvent, error: StreamEvent, reply: StreamedExchange) -> bool:
    """Whether an end after the error is but a mark: its data is no document, and its event has no name of its own."""
    later = reply.events.index(end) > reply.events.index(error)
    return later and end.type == "message" and not isinstance(document_of(end.data), dict | list)


@check("stream.usage-told", Severity.MAJOR, scenarios=CHAT, needs={*NEEDS, "promises.usage"})
def tells_what_it_cost(reply: StreamedExchange, pointer: str) -> Complaints:
    """
    A stream tells how many tokens its answer has, where the profile promises it.

    Who is billed by it, or keeps to a budget, is told nothing by a zero: it is what a proxy says that did not ask.
    A number of letters is many times the number of tokens.

    Fix: ask the model's server for the usage of a stream (stream_options.include_usage), and pass it on.
    """
    if not reply.said:
        raise NotEvaluable("the answer has no text that could have tokens")
    found = [at_pointer(document_of(event.data), pointer) for event in reply.events]
    numbers = [one for one in found if isinstance(one, int) and not isinstance(one, bool)]
    if not numbers:
        yield f"none of {len(reply.events)} events has a number at {pointer}"
    elif max(numbers) < 1:
        yield f"{max(numbers)} tokens at {pointer}, for an answer of {len(reply.said.split())} words"
    elif max(numbers) in {len(reply.said), len(reply.said.encode())} and len(reply.said) > LONGEST_WORD:
        yield f"{max(numbers)} tokens at {pointer}: as many as the answer has letters"
