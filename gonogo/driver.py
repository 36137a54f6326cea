"""
Sends requests with httpx and times what comes back.

One driver belongs to one person and one source address. It follows no redirect that the operation
does not allow, retries nothing, keeps no cookies, and turns every failure of the network into data.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpx

from gonogo import __version__
from gonogo.cookies import parse_set_cookie
from gonogo.dialect import read_event
from gonogo.eventstream import Parser
from gonogo.exchange import Exchange, Headers, Request, StreamedExchange, StreamEvent, Timing

if TYPE_CHECKING:
    from typing import Any

    from gonogo.cookies import Cookie
    from gonogo.profile import Profile

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
STREAM_DEADLINE_S = 60.0
LARGEST_BODY = 32 * 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({307, 308})


@dataclass
class Stopwatch:
    """When each stage of one request was reached, in seconds of the monotonic clock."""

    began: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)

    async def trace(self, name: str, _info: dict[str, Any]) -> None:
        """Take a mark from httpcore's trace extension."""
        self.marks[name.partition(".")[2]] = time.perf_counter()

    @property
    def sent(self) -> float:
        """When the last byte of the request had been handed to the network."""
        return self.marks.get("send_request_body.complete", self.began)

    def since_sent(self) -> float:
        """Seconds since then."""
        return time.perf_counter() - self.sent

    def timing(self) -> Timing:
        """Every stage in seconds since the beginning."""
        return Timing(
            connected=self._stage("connect_tcp.complete"),
            secured=self._stage("start_tls.complete"),
            headers=self._stage("receive_response_headers.complete"),
            total=time.perf_counter() - self.began,
        )

    def _stage(self, name: str) -> float | None:
        return self.marks[name] - self.began if name in self.marks else None


@dataclass
class Answer:
    """What has come of an answer so far; a cut answer keeps what came before the cut."""

    status: int | None = None
    headers: Headers = field(default_factory=Headers)
    body: bytearray = field(default_factory=bytearray)
    events: list[StreamEvent] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    said: str = ""
    failure: str | None = None


class Driver:
    """Sends one person's requests from one address."""

    def __init__(self, profile: Profile, run_id: str, address: str | None = None) -> None:
        """Bind to a source address, or let the system choose."""
        self.profile = profile
        self.run_id = run_id
        transport = httpx.AsyncHTTPTransport(
            verify=tls_context(profile),
            local_address=address,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )
        self.client = httpx.AsyncClient(transport=transport, timeout=TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()

    async def send(self, request: Request, exchange_id: str, person: str) -> Exchange:
        """Send a request and return the exchange; a failure of the network is in the exchange, never raised."""
        started_at, watch = time.time(), Stopwatch()
        answer = await self._answer(request, watch)
        cookies = cookies_of(answer)
        final = request
        for _ in range(request.redirects):
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                break
            final = redirected(final, answer)
            answer = await self._answer(final, watch)
            cookies += cookies_of(answer)
        exchange = StreamedExchange(
            id=exchange_id,
            person=person,
            request=request,
            status=answer.status,
            headers=answer.headers,
            body=bytes(answer.body),
            failure=answer.failure,
            started_at=started_at,
            timing=watch.timing(),
            cookies=cookies,
            events=tuple(answer.events),
            reads=tuple(answer.reads),
        )
        return exchange if request.streams else plain(exchange)

    async def _answer(self, request: Request, watch: Stopwatch) -> Answer:
        answer = Answer()
        try:
            async with asyncio.timeout(STREAM_DEADLINE_S):
                await self._receive(request, watch, answer)
        except TimeoutError:
            answer.failure = f"the answer was not over after {STREAM_DEADLINE_S:.0f} s"
        except httpx.HTTPError as error:
            answer.failure = sentence(error)
        return answer

    async def _receive(self, request: Request, watch: Stopwatch, answer: Answer) -> None:
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
            await self._read(request, response, watch, answer)
        finally:
            await response.aclose()

    async def _read(self, request: Request, response: httpx.Response, watch: Stopwatch, answer: Answer) -> None:
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
            if len(answer.body) > LARGEST_BODY:
                answer.failure = f"the body passed {LARGEST_BODY} bytes"
                return

    def _headers(self, request: Request) -> list[tuple[str, str]]:
        fields = {
            "host": urlsplit(request.url).netloc,
            "accept": "*/*",
            "accept-encoding": "identity",
            "user-agent": f"gonogo/{__version__} ({self.run_id})",
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        }
        sent = {key.lower() for key, _ in request.headers}
        return [*((key, value) for key, value in fields.items() if key not in sent), *request.headers.fields]

    def _connect_url(self, url: str) -> str:
        if not self.profile.connect_to:
            return url
        return urlsplit(url)._replace(netloc=self.profile.connect_to).geturl()


def tls_context(profile: Profile) -> ssl.SSLContext:
    """Trust the system's authorities, or the profile's file alone."""
    return ssl.create_default_context(cafile=profile.tls.ca_file)


def cookies_of(answer: Answer) -> tuple[Cookie, ...]:
    """The cookies that an answer sets, as they were sent."""
    return tuple(parse_set_cookie(raw) for raw in answer.headers.all("set-cookie"))


def redirected(request: Request, answer: Answer) -> Request:
    """
    The request that a browser would send next (RFC 9110, 15.4).

    Cookies that the redirect sets go along; credentials never leave for another host.
    """
    url = urljoin(request.url, answer.headers.get("location"))
    headers = request.headers.without("content-type").without("content-length")
    if urlsplit(url).netloc != urlsplit(request.url).netloc:
        headers = headers.without("cookie").without("authorization")
    jar = dict(pair.split("=", 1) for pair in headers.get("cookie").split("; ") if "=" in pair)
    jar |= {cookie.name: cookie.value for cookie in cookies_of(answer)}
    if jar:
        headers = headers.with_field("cookie", "; ".join(f"{name}={value}" for name, value in jar.items()))
    if answer.status in KEEPS_METHOD:
        return replace(request, url=url)
    return replace(request, url=url, method="GET", headers=headers, body=b"")


def plain(exchange: StreamedExchange) -> Exchange:
    """The same exchange without the parts that only a stream has."""
    shared = {key: value for key, value in exchange.__dict__.items() if key not in {"events", "reads"}}
    return Exchange(**shared)


def sentence(error: httpx.HTTPError) -> str:
    """What the network said, in words a person can act on."""
    causes: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        causes.append(str(seen))
        seen = seen.__cause__ or seen.__context__
    text = " ".join(causes)
    if "Connection refused" in text or "All connection attempts failed" in text:
        return "the connection was refused"
    if "Name or service not known" in text or "nodename nor servname" in text or "Temporary failure in name" in text:
        return "its name could not be resolved"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted ({text.rpartition('CERTIFICATE_VERIFY_FAILED]')[2].strip(' :')})"
    if isinstance(error, httpx.TimeoutException):
        return f"it did not answer in time ({type(error).__name__})"
    return f"{type(error).__name__}: {error or 'the connection broke'}"
