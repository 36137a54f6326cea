"""One request and what came back, timed. Everything here is data: nothing sends, nothing reads a clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.cookies import Cookie


@dataclass(frozen=True)
class Headers:
    """Header fields in the order they came, names in any case, duplicates kept."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field, or the default."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, in order."""
        return tuple(value for key, value in self.fields if key.lower() == name.lower())

    def __contains__(self, name: str) -> bool:
        """Whether the field came at all."""
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """The fields as pairs."""
        return iter(self.fields)

    def with_field(self, name: str, value: str) -> Headers:
        """The same fields, this one replaced or added."""
        return Headers((*self.without(name).fields, (name, value)))

    def without(self, name: str) -> Headers:
        """The same fields but this one."""
        return Headers(tuple((key, value) for key, value in self.fields if key.lower() != name.lower()))


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    A request as it goes over the wire.

    `url` is absolute. `operation` is the profile's name for it. `streams` says that the answer is
    read event by event.
    """

    operation: str
    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    streams: bool = False
    redirects: int = 0

    def with_header(self, name: str, value: str) -> Request:
        """The same request with one header field replaced or added."""
        return Request(**{**self.__dict__, "headers": self.headers.with_field(name, value)})

    def without_header(self, name: str) -> Request:
        """The same request without one header field."""
        return Request(**{**self.__dict__, "headers": self.headers.without(name)})


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds from the moment the request was handed to the network; None where it did not come to that."""

    connected: float | None = None
    secured: float | None = None
    headers: float | None = None
    total: float | None = None


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """
    One request and its answer.

    `status` is None when no answer came; `failure` then says what the network said, in one sentence.
    A body that was cut has both a status and a failure. `started_at` is in seconds since the epoch.
    `captured` holds what the profile's operation reads out of the answer. `expected` are the
    statuses that the profile's operation promises. `followed` counts the redirects on the way to the answer.
    `doubted` says that the failure may as well have happened on our side of the network.
    `expected_type` is the media type that the operation promises, if any; `lacks` tells what later
    steps need of the answer and do not find in it. `aside` is what else whoever reads of a failed step should know.
    """

    id: str
    person: str
    request: Request
    status: int | None
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    failure: str | None = None
    started_at: float = 0.0
    timing: Timing = field(default_factory=Timing)
    captured: dict[str, str] = field(default_factory=dict)
    cookies: tuple[Cookie, ...] = ()
    expected: tuple[int, ...] = ()
    followed: int = 0
    doubted: bool = False
    expected_type: str = ""
    lacks: tuple[str, ...] = ()
    aside: str = ""

    @property
    def ok(self) -> bool:
        """Whether a whole answer came with a status and media type that the profile promises for the operation."""
        return self.failure is None and self.status in self.expected and self.has_expected_type

    @property
    def broke_off(self) -> bool:
        """Whether an answer began with a promised status, and ended before its end."""
        return self.failure is not None and self.status in self.expected

    @property
    def has_expected_type(self) -> bool:
        """Whether the media type is the promised one: a page of HTML in place of an answer is none."""
        return self.expected_type in {"", self.content_type}

    @property
    def text(self) -> str:
        """The body as text; what is not UTF-8 shows as a replacement character."""
        return self.body.decode("utf-8", "replace")

    @property
    def content_type(self) -> str:
        """The essence of the media type, in lower case, without parameters."""
        return self.headers.get("content-type").partition(";")[0].strip().lower()

    def json(self) -> Any:  # noqa: ANN401  JSON has no narrower type
        """
        Return the body as JSON.

        Raises NotEvaluable when it is none: a check that needs it cannot judge.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise NotEvaluable(f"{self} has no JSON body: {error}") from error

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The exchanges that show what this subject shows, in order."""
        return (self,)

    def __str__(self) -> str:
        """As it is named in messages: operation, method and status."""
        return f"{self.request.operation} ({self.request.method}, {self.status or self.failure})"


@dataclass(frozen=True, kw_only=True)
class StreamEvent:
    """
    One server-sent event as the profile's dialect reads it.

    `arrived` is in seconds since the request was sent. `delta` is the text it adds, None if it adds
    none. `terminal` marks the dialect's end, `error` its in-band error.
    """

    type: str
    data: str
    id: str = ""
    arrived: float = 0.0
    delta: str | None = None
    terminal: bool = False
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class StreamedExchange(Exchange):
    """
    An exchange whose answer is an event stream.

    `reads` are the seconds at which bytes arrived, counted from the last byte of the request, as
    the events' `arrived`.
    """

    events: tuple[StreamEvent, ...] = ()
    reads: tuple[float, ...] = ()

    @property
    def said(self) -> str:
        """The text that the stream's deltas add up to."""
        return "".join(event.delta for event in self.events if event.delta is not None)

    @property
    def ttft(self) -> float | None:
        """Seconds to the first content token, None if none came."""
        return next((event.arrived for event in self.events if event.delta), None)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """
    A request that must be refused, beside the same request, valid in that one respect.

    A refusal counts only beside its twin: a firewall, a dead session or a broken route refuses too.
    `before` and `after` are the valid twins; one of them may be missing where the thing itself can
    be done only once. `steps` are what must go before the refused request to reproduce it. `as_of_nothing`: it was
    answered to the letter as the same request about something that does not exist, so that nothing was opened.
    """

    refused: Exchange
    before: Exchange | None = None
    after: Exchange | None = None
    steps: tuple[Exchange, ...] = ()
    as_of_nothing: bool = False

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What leads to the refused request, and that request: it shows the failure when the target lets it through."""
        return (*self.steps, self.refused)
