"""
Sends requests with httpx and times what comes back.

One driver belongs to one person and one source address. It follows no redirect that the operation
does not allow, retries nothing, keeps no cookies, and turns every failure of the network into data.
An idle connection is not kept long: targets close theirs, and a request must not run into that.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from gonogo import __version__
from gonogo.cookies import parse_set_cookie
from gonogo.dialect import read_event
from gonogo.eventstream import Parser
from gonogo.exchange import Exchange, Headers, StreamedExchange, StreamEvent
from gonogo.failure import Failure, failure_of
from gonogo.redirect import REDIRECTS, Way, origin_of
from gonogo.stages import Stopwatch
from gonogo.trouble import TargetTrouble, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gonogo.cookies import Cookie
    from gonogo.exchange import Request
    from gonogo.profile import Profile

    Hearing = Callable[[Sequence[StreamEvent]], bool]

TIMEOUT = httpx.Timeout(30.0, connect=10.0, pool=None)
DEADLINE_S = 60.0
IDLE_S = 1.0
LARGEST_BODY = 32 * 1024 * 1024


@dataclass
class Answer:
    """What has come of an answer so far; a cut answer keeps what came before the cut."""

    status: int | None = None
    headers: Headers = field(default_factory=Headers)
    body: bytearray = field(default_factory=bytearray)
    events: list[StreamEvent] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    said: str = ""
    failure: Failure | None = None

    @property
    def leads_on(self) -> bool:
        """Whether it is a redirect."""
        return self.failure is None and self.status in REDIRECTS and bool(self.headers.get("location"))


class Driver:
    """Sends one person's requests from one address."""

    def __init__(
        self,
        profile: Profile,
        run_id: str,
        address: str | None = None,
        *,
        deadline_s: float = DEADLINE_S,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """
        Bind to a source address, or let the system choose.

        An answer that is not over after `deadline_s` is cut. `trust` takes the place of the profile's.
        """
        self.profile = profile
        self.run_id = run_id
        self.deadline_s = deadline_s
        transport = httpx.AsyncHTTPTransport(
            verify=trust or tls_context(profile),
            local_address=address,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=IDLE_S),
        )
        self.client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()

    async def send(self, request: Request, exchange_id: str, person: str, heard: Hearing | None = None) -> Exchange:
        """
        Send a request and return the exchange; a failure of the network is in the exchange, never raised.

        `heard` is shown the events of a stream whenever some came; when it says so, we leave before the end.

        Raises HarnessTrouble where this machine cannot send.
        """
        started_at, watch, way = time.time(), Stopwatch(), Way(request)
        answer = await self._answer(request, watch, heard)
        cookies = cookies_of(answer)
        final, followed = request, 0
        while followed < request.redirects and answer.leads_on:
            way.take(cookies_of(answer), final.url)
            try:
                final = way.onward(final, answer.status or 0, answer.headers.get("location"))
            except TargetTrouble as trouble:
                answer.failure = Failure(says=str(trouble))
                break
            followed += 1
            answer = await self._answer(final, watch)
            cookies += cookies_of(answer) if origin_of(final.url) == origin_of(request.url) else ()
        exchange = StreamedExchange(
            id=exchange_id,
            person=person,
            request=request,
            status=answer.status,
            headers=answer.headers,
            body=bytes(answer.body),
            failure=answer.failure.says if answer.failure else None,
            doubted=answer.failure is not None and answer.failure.doubted,
            started_at=started_at,
            timing=watch.timing(),
            cookies=cookies,
            followed=followed,
            events=tuple(answer.events),
            reads=tuple(answer.reads),
        )
        return exchange if request.streams else plain(exchange)

    async def _answer(self, request: Request, watch: Stopwatch, heard: Hearing | None = None) -> Answer:
        answer = Answer()
        try:
            async with asyncio.timeout(self.deadline_s):
                await self._receive(request, watch, answer, heard)
        except TimeoutError:
            says = f"the answer was not over after {self.deadline_s:g} s"
            answer.failure = Failure(says=says, doubted=answer.status is None)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            answer.failure = failure_of(error)
        return answer

    async def _receive(self, request: Request, watch: Stopwatch, answer: Answer, heard: Hearing | None) -> None:
        wire = httpx.Request(
            request.method,
            self._connect_url(request.url),
            headers=self._headers(request),
            content=request.body,
            extensions={
                "trace": watch.trace,
                "timeout": TIMEOUT.as_dict(),
                "sni_hostname": urlsplit(request.url).hostname,
            },
        )
        response = await self.client.send(wire, stream=True)
        try:
            answer.status = response.status_code
            answer.headers = Headers(
                tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers.raw)
            )
            await self._read(request, response, watch, answer, heard)
        finally:
            await response.aclose()

    async def _read(
        self, request: Request, response: httpx.Response, watch: Stopwatch, answer: Answer, heard: Hearing | None
    ) -> None:
        parser = Parser()
        dialect = self.profile.stream if request.streams else None
        async for chunk in response.aiter_bytes():
            arrived = watch.since_sent()
            answer.body += chunk
            answer.reads.append(arrived)
            if dialect:
                for event in parser.feed(chunk):
                    seen = read_event(dialect, event, arrived, answer.said)
                    answer.said += seen.delta or ""
                    answer.events.append(seen)
                if heard and answer.events and heard(answer.events):
                    return
            if len(answer.body) > LARGEST_BODY:
                answer.failure = Failure(says=f"the body passed {LARGEST_BODY} bytes")
                return

    def _headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        fields = {
            "host": urlsplit(request.url).netloc,
            "accept": "*/*",
            "accept-encoding": "identity",
            "user-agent": f"gonogo/{__version__} ({self.run_id})",
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        }
        sent = {key.lower() for key, _ in request.headers}
        missing = [(key, value) for key, value in fields.items() if key not in sent]
        return [(key.encode("latin-1"), value.encode("latin-1")) for key, value in (*missing, *request.headers)]

    def _connect_url(self, url: str) -> str:
        origins = self.profile.origins
        own = {origin_of(one) for one in (origins.api, origins.ui, origins.webhook) if one}
        if self.profile.connect_to is None or origin_of(url) not in own:
            return url
        return urlsplit(url)._replace(netloc=self.profile.connect_to).geturl()


def tls_context(profile: Profile) -> ssl.SSLContext:
    """Trust the system's authorities, or the profile's file alone. Raises UsageError when that cannot be read."""
    try:
        return ssl.create_default_context(cafile=profile.tls.ca_file)
    except OSError as error:
        raise UsageError(f"tls.ca_file: {profile.tls.ca_file} holds no certificates that can be read") from error


def cookies_of(answer: Answer) -> tuple[Cookie, ...]:
    """The cookies that an answer sets, as they were sent."""
    return tuple(parse_set_cookie(raw) for raw in answer.headers.all("set-cookie"))


def plain(exchange: StreamedExchange) -> Exchange:
    """The same exchange without the parts that only a stream has."""
    shared = {key: value for key, value in exchange.__dict__.items() if key not in {"events", "reads"}}
    return Exchange(**shared)
