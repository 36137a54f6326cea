"""Faults of event streams that are not what the document says of them."""

import re

from starlette.datastructures import Headers

from target_app.fault import fault
from target_app.faults.contract_answers import Answer, ChangedAnswer


class ChangedStream(ChangedAnswer):
    """The answer to a message is another stream."""

    method = "POST"
    path = re.compile("/conversations/[^/]+/messages")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Change what is streamed."""
        del request, sent
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            answer.body = self.edit(answer.body)

    def edit(self, body: bytes) -> bytes:
        """Change the bytes of a stream."""
        return body


@fault("contract.stream-stray-line", detected_by={"contract.stream-form"})
class StreamStrayLine(ChangedStream):
    """A line of the log stands in the stream."""

    def edit(self, body: bytes) -> bytes:
        """Put it before the last event."""
        return body.replace(b"event: usage", b"DEBUG flushed\nevent: usage")


@fault("contract.stream-unknown-event", detected_by={"contract.stream-events"})
class StreamUnknownEvent(ChangedStream):
    """There is an event that no client was told of."""

    def edit(self, body: bytes) -> bytes:
        """Put it before the usage."""
        return re.sub(rb"(id: [^\n]*\nevent: usage)", rb'event: trace\ndata: {"step": 1}\n\n\1', body)


@fault("contract.stream-number-as-text", detected_by={"contract.stream-events"})
class StreamNumberAsText(ChangedStream):
    """How many tokens an answer took is written as text."""

    def edit(self, body: bytes) -> bytes:
        """Write it so."""
        return re.sub(rb'"prompt_tokens": ?(\d+)', rb'"prompt_tokens":"\1"', body)


@fault("contract.stream-second-start", detected_by={"contract.stream-order"})
class StreamSecondStart(ChangedStream):
    """The first event comes again before the usage."""

    def edit(self, body: bytes) -> bytes:
        """Send it twice."""
        start = re.search(rb"event: start\ndata: [^\n]*\n\n", body)
        return re.sub(rb"(id: [^\n]*\nevent: usage)", lambda found: start[0] + found[1], body) if start else body


@fault("contract.stream-without-end", detected_by={"contract.stream-order"})
class StreamWithoutEnd(ChangedStream):
    """The stream is over, and nobody says so."""

    def edit(self, body: bytes) -> bytes:
        """Leave the last event out."""
        return re.sub(rb"(?:id: [^\n]*\n)?event: end\ndata: [^\n]*\n\n", b"", body)
