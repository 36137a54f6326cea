"""The driver sends for real, times what comes back, and turns every failure of the network into data."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
import zstandard

from gonogo import driver as driver_module
from gonogo.driver import Driver
from gonogo.exchange import Exchange, Headers, Request, StreamedExchange
from gonogo.trouble import HarnessTrouble, UsageError
from smoke.test_chat import OF_BROWSERS

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gonogo.profile import Profile
    from tests.machinery.conftest import Describe, Reply, Seen, Serve

Ask = Callable[..., Awaitable[Exchange]]
DIALECT = {"delta": {"event": "token", "pointer": "/text"}, "end": {"event": "end"}}
STREAM = b"HTTP/1.1 200 Said\r\nContent-Type: text/event-stream\r\n\r\n"


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Send a request to a profile's API with a driver of its own."""
    drivers: list[Driver] = []

    async def asked(profile: Profile, path: str = "/health", **more: Any) -> Exchange:  # noqa: ANN401  passed on
        settings = {key: more.pop(key) for key in ("address", "deadline_s", "trust") if key in more}
        drivers.append(Driver(profile, "run-1", **settings))
        request = Request(**{"operation": "x", "method": "GET", "url": f"{profile.origins.api}{path}", **more})
        return await drivers[-1].send(request, "x-1", "ada")

    yield asked
    for driver in drivers:
        await driver.close()


def asks_for_stream(describe: Describe, url: str) -> Profile:
    """A profile of a target that streams."""
    send = {"method": "POST", "path": "/send", "expect": [200], "streams": True}
    return describe(url, stream=DIALECT, operations={"send_message": send})


async def test_an_answer_is_whole(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """Status, header fields in their order with duplicates, body, cookies and timing are all there."""
    service = serve(reply(201, b"hello", "X-One: a", "x-one: b", "Set-Cookie: sid=1; HttpOnly"))
    exchange = await ask(describe(service.url), headers=Headers((("X-Mine", "yes"),)), body=b"in", method="POST")
    assert (exchange.status, exchange.body, exchange.failure, exchange.doubted) == (201, b"hello", None, False)
    assert exchange.headers.all("X-One") == ("a", "b")
    assert [(one.name, one.http_only) for one in exchange.cookies] == [("sid", True)]
    assert not isinstance(exchange, StreamedExchange)
    timing = exchange.timing
    assert timing.connected is not None
    assert timing.headers is not None
    assert timing.total is not None
    assert 0 < timing.connected <= timing.headers <= timing.total < 5
    assert timing.secured is None


async def test_a_request_says_who_sends_it(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """Every request names the tool and the run, carries a trace and asks for no encoding; its own fields win."""
    service = serve(reply())
    profile = describe(service.url)
    await ask(profile, headers=Headers((("Accept", "text/html"),)))
    await ask(profile, body=b"abc", method="PUT")
    first, second = service.seen
    assert first.headers["user-agent"].startswith("gonogo/")
    assert "(run-1)" in first.headers["user-agent"]
    assert first.headers["accept-encoding"] == "identity"
    assert first.headers["accept"] == "text/html"
    assert first.headers["traceparent"] != second.headers["traceparent"]
    assert (second.method, second.body) == ("PUT", b"abc")


async def test_each_driver_calls_from_its_address(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """A driver that is bound to an address calls from there."""
    service = serve(reply())
    await ask(describe(service.url), address="127.9.8.7")
    assert service.seen[0].peer == "127.9.8.7"


async def test_an_address_that_is_not_ours_is_our_trouble(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask
) -> None:
    """What this machine cannot do is never told as the target's failure."""
    service = serve(reply())
    with pytest.raises(HarnessTrouble, match=r"could not be sent from here: .*cannot assign requested address"):
        await ask(describe(service.url), address="203.0.113.7")


async def test_a_broken_request_is_our_trouble(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """A request that no server could read is our mistake."""
    service = serve(reply())
    with pytest.raises(HarnessTrouble, match="could not be sent from here"):
        await ask(describe(service.url), headers=Headers((("X-Bad", "a\r\nb"),)))


async def test_a_connection_is_kept_for_a_moment(
    serve: Serve, reply: Reply, describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests in a row share a connection, and only the first has a time to connect."""
    monkeypatch.setattr(driver_module, "IDLE_S", 3600.0)  # however slow this machine is
    service = serve(reply())
    driver = Driver(describe(service.url), "run-1")
    request = Request(operation="x", method="GET", url=f"{service.url}/")
    first, second = await driver.send(request, "1", "ada"), await driver.send(request, "2", "ada")
    await driver.close()
    assert first.timing.connected is not None
    assert second.timing.connected is None


async def test_tls_is_timed(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask, tls: ssl.SSLContext, ca_file: Path
) -> None:
    """A target that the profile's authority vouches for is met, and the handshake has its time."""
    service = serve(reply(), tls=tls)
    exchange = await ask(describe(service.url, tls={"ca_file": str(ca_file)}))
    assert exchange.status == 200
    assert exchange.timing.connected is not None
    assert exchange.timing.secured is not None
    assert exchange.timing.connected <= exchange.timing.secured


async def test_an_untrusted_certificate_is_the_targets(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask, tls: ssl.SSLContext
) -> None:
    """Nothing is sent to a target whose certificate is not trusted; that is the target's fault, and says why."""
    service = serve(reply(), tls=tls)
    exchange = await ask(describe(service.url))
    assert exchange.status is None
    assert exchange.failure is not None
    assert exchange.failure.startswith("its certificate is not trusted (")
    assert "certificate" in exchange.failure.partition("(")[2]
    assert not exchange.doubted
    assert service.seen == []


async def test_no_tls_where_tls_is_wanted(describe: Describe, ask: Ask) -> None:
    """A target that answers a handshake with something else is at fault."""

    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Said\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        exchange = await ask(describe(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"))
    assert exchange.status is None
    assert exchange.failure is not None
    assert "SSL" in exchange.failure
    assert not exchange.doubted


def test_a_broken_authority_file_is_the_users(describe: Describe, tmp_path: Path) -> None:
    """A file that holds no certificates is a mistake in the profile."""
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing", encoding="utf-8")
    profile = describe("https://127.0.0.1:1", tls={"ca_file": str(broken)})
    with pytest.raises(UsageError, match=r"tls\.ca_file: .*broken\.pem holds no certificates"):
        Driver(profile, "run-1")


async def test_a_refused_connection_is_the_targets(describe: Describe, ask: Ask, nowhere: str) -> None:
    """Nobody listens: the target's fault."""
    exchange = await ask(describe(nowhere))
    assert (exchange.status, exchange.failure, exchange.doubted) == (None, "the connection was refused", False)


async def test_a_name_that_does_not_resolve_is_doubted(describe: Describe, ask: Ask) -> None:
    """A name that nobody knows may be our resolver's trouble."""
    exchange = await ask(describe("http://no-such-host.invalid"))
    assert (exchange.failure, exchange.doubted) == ("its name could not be resolved", True)


async def test_silence_is_doubted(serve: Serve, describe: Describe, ask: Ask) -> None:
    """A target that takes the request and never answers may be one that we cannot reach."""

    async def silent(_request: Seen, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    exchange = await ask(describe(serve(silent).url), deadline_s=0.2)
    assert (exchange.status, exchange.failure, exchange.doubted) == (None, "the answer was not over after 0.2 s", True)


async def test_a_pause_within_an_answer_is_doubted(
    serve: Serve, describe: Describe, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that stops in the middle, without an end, is a time-out; what came before is kept."""
    monkeypatch.setattr(driver_module, "TIMEOUT", httpx.Timeout(0.2, connect=5))

    async def stops(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        await asyncio.Event().wait()

    exchange = await ask(describe(serve(stops).url))
    assert (exchange.status, exchange.body) == (200, b"half")
    assert (exchange.failure, exchange.doubted) == ("it did not answer in time (ReadTimeout)", True)


async def test_an_endless_stream_is_cut(serve: Serve, describe: Describe, ask: Ask) -> None:
    """A stream that never ends is cut at its deadline; that is the target's fault, and what came is kept."""

    async def endless(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM)
        while True:
            writer.write(b'event: token\ndata: {"text": "a"}\n\n')
            await writer.drain()
            await asyncio.sleep(0.01)

    profile = asks_for_stream(describe, serve(endless).url)
    exchange = await ask(profile, "/send", method="POST", streams=True, deadline_s=0.3)
    assert isinstance(exchange, StreamedExchange)
    assert (exchange.status, exchange.failure) == (200, "the answer was not over after 0.3 s")
    assert not exchange.doubted
    assert len(exchange.events) > 2


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
async def test_a_cut_body_is_a_failure(serve: Serve, describe: Describe, ask: Ask, cut: bytes) -> None:
    """An answer that is cut keeps its status and what came of its body, and is the target's failure."""

    async def cuts(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(cut)
        await writer.drain()
        writer.close()

    exchange = await ask(describe(serve(cuts).url))
    assert (exchange.status, exchange.body, exchange.doubted) == (200, b"half", False)
    assert exchange.failure is not None
    assert exchange.failure.startswith("RemoteProtocolError: ")
    assert not exchange.ok


async def test_a_dropped_connection_is_a_failure(serve: Serve, describe: Describe, ask: Ask) -> None:
    """A target that hangs up without a word is at fault."""

    async def drops(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    exchange = await ask(describe(serve(drops).url))
    assert (exchange.status, exchange.doubted) == (None, False)
    assert exchange.failure == "RemoteProtocolError: Server disconnected without sending a response."


async def test_garbage_is_a_failure(serve: Serve, describe: Describe, ask: Ask) -> None:
    """What is not HTTP is the target's failure."""
    exchange = await ask(describe(serve(b"SSH-2.0-hello\r\n\r\n").url))
    assert exchange.status is None
    assert exchange.failure
    assert not exchange.doubted


async def test_a_huge_body_is_cut(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body beyond all measure is not read to its end, and is a failure."""
    monkeypatch.setattr(driver_module, "LARGEST_BODY", 1000)
    exchange = await ask(describe(serve(reply(200, b"x" * 500_000)).url))
    assert exchange.failure == "the body passed 1000 bytes"
    assert 1000 < len(exchange.body) < 500_000
    assert not exchange.ok


async def test_gzip_is_read(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """A body that is compressed although nobody asked is read all the same; a broken one is a failure."""
    good = serve(reply(200, gzip.compress(b"hello"), "Content-Encoding: gzip"))
    assert (await ask(describe(good.url))).body == b"hello"
    bad = serve(reply(200, b"no gzip", "Content-Encoding: gzip"))
    exchange = await ask(describe(bad.url))
    assert exchange.failure is not None
    assert exchange.failure.startswith("DecodingError: ")


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
async def test_what_browsers_take_is_read(
    encoding: str, compress: Callable[[bytes], bytes], serve: Serve, reply: Reply, describe: Describe, ask: Ask
) -> None:
    """Whatever encoding a browser asks for can be read when it comes."""
    service = serve(reply(200, compress(b"hello"), f"Content-Encoding: {encoding}"))
    fields = Headers((("Accept-Encoding", OF_BROWSERS),))
    assert (await ask(describe(service.url), headers=fields)).body == b"hello"
    assert encoding in service.seen[0].headers["accept-encoding"].split(", ")


async def test_events_keep_the_time_of_their_read(serve: Serve, describe: Describe, ask: Ask) -> None:
    """Two events of one read arrive together; one that comes later arrives later, counted from the request's end."""

    async def streams(_request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + b'event: token\ndata: {"text": "a"}\n\nevent: token\ndata: {"text": "b"}\n\nevent: to')
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(b'ken\ndata: {"text": "c"}\n\nevent: end\ndata: {}\n\n: not an event\n')
        writer.close()

    profile = asks_for_stream(describe, serve(streams).url)
    exchange = await ask(profile, "/send", method="POST", streams=True)
    assert isinstance(exchange, StreamedExchange)
    assert [(one.type, one.delta, one.terminal) for one in exchange.events] == [
        ("token", "a", False),
        ("token", "b", False),
        ("token", "c", False),
        ("end", None, True),
    ]
    first, second, third, _ = [one.arrived for one in exchange.events]
    assert first == second
    assert 0 < first < 5
    assert third - first >= 0.08
    assert exchange.said == "abc"
    assert exchange.ttft == first
    assert exchange.reads == tuple(dict.fromkeys(one.arrived for one in exchange.events))


async def test_what_is_no_stream_is_not_read_as_one(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """The answer of a plain request has no events, whatever it looks like."""
    exchange = await ask(asks_for_stream(describe, serve(reply(200, b"event: end\ndata: {}\n\n")).url))
    assert not isinstance(exchange, StreamedExchange)


async def test_only_the_profiles_own_hosts_are_connected_elsewhere(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask
) -> None:
    """`connect_to` takes the place of the target's host, keeps its name, and leaves others alone."""
    here, control = serve(reply(200, b"here")), serve(reply(200, b"control"))
    profile = describe("http://chat.example.com", connect_to=f"127.0.0.1:{here.port}")
    assert (await ask(profile)).body == b"here"
    assert here.seen[0].headers["host"] == "chat.example.com"
    assert (await ask(profile, url=f"{control.url}/")).body == b"control"


async def test_redirects_are_followed_with_cookies(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """A redirect carries on what was sent and what it sets; the exchange has every cookie, and counts the hops."""
    service = serve(
        {
            "POST /in": reply(303, b"", "Location: /next", "Set-Cookie: sid=new; Path=/"),
            "GET /next": reply(302, b"", "Location: /page", "Set-Cookie: theme=; Max-Age=0; Path=/"),
            "GET /page": reply(200, b"welcome"),
        }
    )
    headers = Headers(
        (("Cookie", "sid=old; theme=dark; lang=en"), ("Authorization", "Bearer t"), ("Content-Type", "x"))
    )
    request = {"method": "POST", "body": b"a=1", "headers": headers, "redirects": 2}
    exchange = await ask(describe(service.url), "/in", **request)
    assert (exchange.status, exchange.body, exchange.followed) == (200, b"welcome", 2)
    assert [one.name for one in exchange.cookies] == ["sid", "theme"]
    assert [one.headers["cookie"] for one in service.seen] == [
        "sid=old; theme=dark; lang=en",
        "theme=dark; lang=en; sid=new",
        "lang=en; sid=new",
    ]
    last = service.seen[-1]
    assert last.headers["authorization"] == "Bearer t"
    assert "content-type" not in last.headers
    assert last.body == b""


async def test_no_redirect_is_followed_that_the_operation_does_not_allow(
    serve: Serve, reply: Reply, describe: Describe, ask: Ask
) -> None:
    """Who goes round in circles is left at the last hop that is allowed; without any, the redirect is the answer."""
    service = serve(reply(302, b"", "Location: /again"))
    profile = describe(service.url)
    exchange = await ask(profile, redirects=3)
    assert (exchange.status, exchange.followed, len(service.seen)) == (302, 3, 4)
    assert (await ask(profile)).status == 302
    assert len(service.seen) == 5


async def test_nobody_elses_cookies_are_kept(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """What another origin sets on the way is not the target's cookie, and gets none of ours."""
    other = serve(reply(200, b"other", "Set-Cookie: theirs=1"))
    service = serve(reply(302, b"", f"Location: {other.url}/", "Set-Cookie: ours=1"))
    exchange = await ask(describe(service.url), redirects=1, headers=Headers((("Cookie", "sid=secret"),)))
    assert exchange.body == b"other"
    assert [one.name for one in exchange.cookies] == ["ours"]
    assert "secret" not in str(other.seen[0].headers)


async def test_a_redirect_to_nowhere_is_the_targets(serve: Serve, reply: Reply, describe: Describe, ask: Ask) -> None:
    """A redirect that nobody can follow is a failure of the target, with the status that it came with."""
    exchange = await ask(describe(serve(reply(302, b"", "Location: ftp://x/")).url), redirects=1)
    assert exchange.status == 302
    assert exchange.failure == "it redirects to 'ftp://x/', which cannot be followed"
    assert not exchange.doubted
