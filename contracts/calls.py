"""What is sent and what comes of it, as the wire knows it: calls, answers, exchanges. Nothing here sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Request, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from contracts.routes import Route


class Answer(Protocol):
    """What came back, as the generator's transport has it."""

    @property
    def status_code(self) -> int:
        """The status."""

    @property
    def headers(self) -> Mapping[str, list[str]]:
        """The fields, by their names in lower case."""

    @property
    def content(self) -> bytes:
        """The body, as far as it was read."""

    @property
    def request(self) -> requests.PreparedRequest:
        """What went out."""

    @property
    def elapsed(self) -> float:
        """How long it took, in seconds."""

    @property
    def stream_cut_short(self) -> bool:
        """Whether an event stream was left before its end."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came back to a request of our own."""

    status_code: int
    headers: dict[str, list[str]]
    content: bytes
    request: requests.PreparedRequest
    elapsed: float
    stream_cut_short: bool = False

    @classmethod
    def of(cls, answer: requests.Response) -> Fetched:
        """As an answer has it."""
        headers = {name: [value] for name, value in answer.headers.items()}
        return cls(
            status_code=answer.status_code,
            headers=headers,
            content=answer.content,
            request=answer.request,
            elapsed=answer.elapsed.total_seconds(),
        )


class Sending(Protocol):
    """Sends what was generated over some connections, after `sign` has made the request somebody's."""

    def __call__(self, session: requests.Session, sign: Callable[..., Any], /) -> Answer:
        """Its answer. Raises what the network does."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One generated request, before it is sent: `own` is whether a member is to send it, `text` all that is in it."""

    case: str
    route: Route
    phase: str
    valid: bool | None
    own: bool
    text: str
    as_documented: bool = True


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request that went out, and its exchange."""

    call: Call
    person: str
    exchange: Exchange
    cut: bool


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What became of an object that was made or deleted, as its owner asks for it: wrong, in a sentence, or not."""

    gone: bool
    operation: str
    says: str
    trail: tuple[Sent, ...]


def body_of(request: requests.PreparedRequest) -> bytes:
    """The body as bytes."""
    body: Any = request.body
    return body if isinstance(body, bytes) else (body or "").encode() if isinstance(body, str | None) else b""


def told(error: Exception) -> str:
    """A failure of the network in one sentence."""
    return f"no answer: {type(error).__name__}"


def exchange_of(
    number: str,
    call: Call,
    prepared: list[requests.PreparedRequest],
    answer: Answer | None,
    began: float,
    failure: str | None,
) -> Exchange:
    """What went out and came back, as all suites have it."""
    wire = answer.request if answer else prepared[-1] if prepared else None
    fields = tuple((str(name), str(value)) for name, value in (wire.headers.items() if wire else ()))
    got = tuple((name, value) for name, values in (answer.headers.items() if answer else ()) for value in values)
    headers = Headers(got)
    return Exchange(
        id=number,
        person="",
        request=Request(
            operation=call.route.operation,
            method=(wire.method if wire else None) or call.route.method,
            url=(wire.url if wire else None) or call.route.path,
            headers=Headers(tuple(pair for pair in fields if pair[0].lower() not in {"content-length", "connection"})),
            body=body_of(wire) if wire else b"",
        ),
        status=answer.status_code if answer else None,
        headers=headers,
        body=answer.content if answer else b"",
        failure=failure,
        started_at=began,
        timing=Timing(total=answer.elapsed if answer else None),
        cookies=tuple(parse_set_cookie(raw) for raw in headers.all("set-cookie")),
    )


def text_of(*parts: object) -> str:
    """All that stands in the parts of a request, to look for ids."""
    return json.dumps(parts, default=repr, ensure_ascii=False)
