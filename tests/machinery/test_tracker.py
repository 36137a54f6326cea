"""Errors go from a real tracking client through the sink into the hands of whoever waits."""

import asyncio
import contextlib
import gzip
import http.client
import json
import socket
import stat
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]  # the library has no types
import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st

from gonogo import envelope
from gonogo.sinks import TrackerSink
from gonogo.tracker import TrackerEvent, wait_for_event
from gonogo.trouble import HarnessTrouble, UsageError

EVENT = {"event_id": "e1", "release": "r1", "environment": "test", "message": "grüß\n"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the sink writes."""
    return tmp_path / "private" / "tracker"


@pytest.fixture
def sink(folder: Path) -> Iterator[TrackerSink]:
    """A sink on a free port."""
    with TrackerSink(folder, "127.0.0.1", 0) as listening:
        yield listening


def enveloped(*items: tuple[dict[str, Any], bytes]) -> bytes:
    """Some items in an envelope, each with its length."""
    lines = [b'{"dsn": "x"}']
    for header, payload in items:
        lines += [json.dumps({**header, "length": len(payload)}).encode(), payload]
    return b"\n".join(lines)


def event(**more: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401  JSON has no narrower type
    """An event's item."""
    return {"type": "event"}, json.dumps({**EVENT, **more}).encode()


def post(sink: TrackerSink, body: Any, encoding: str = "", path: str = "/api/1/envelope/") -> int:  # noqa: ANN401  bytes or an iterator
    """Send a report and return the answer's status; an iterator is sent in chunks."""
    client = http.client.HTTPConnection(sink.host, sink.port, timeout=5)
    client.request("POST", path, body, {"Content-Encoding": encoding} if encoding else {})
    status = client.getresponse().status
    client.close()
    return status


async def test_the_client_of_the_tracker_reports_here(sink: TrackerSink, folder: Path) -> None:
    """An error that Sentry's own client reports arrives with its release, environment and words."""
    client = sentry_sdk.Client(sink.dsn, release="build-7", environment="staging", default_integrations=False)
    client.capture_event({"message": "it broke", "tags": {"correlation": "c-1"}})
    await asyncio.to_thread(client.close, 5)
    found = await wait_for_event(folder, lambda event: "c-1" in event.text, 5)
    assert found is not None
    assert (found.release, found.environment) == ("build-7", "staging")
    assert found.raw["message"] == "it broke"


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("GZip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
    ],
)
async def test_encodings(sink: TrackerSink, folder: Path, encoding: str, encode: Callable[[bytes], bytes]) -> None:
    """A report is read in each encoding that clients use."""
    assert post(sink, encode(enveloped(event())), encoding) == 200
    assert await wait_for_event(folder, lambda _: True, 0) == TrackerEvent(raw=EVENT)


async def test_chunks(sink: TrackerSink, folder: Path) -> None:
    """A report whose length is not told beforehand is read."""
    body = enveloped(event())
    assert post(sink, iter([body[:50], body[50:]])) == 200
    assert await wait_for_event(folder, lambda _: True, 0) is not None


async def test_a_query_is_no_matter(sink: TrackerSink, folder: Path) -> None:
    """Browsers put the key into the query."""
    assert post(sink, enveloped(event()), path="/api/12/envelope?sentry_key=gonogo") == 200
    assert await wait_for_event(folder, lambda _: True, 0) is not None


async def test_only_what_matches_counts(sink: TrackerSink, folder: Path) -> None:
    """Other events are passed over; the first that matches is returned."""
    post(sink, enveloped(event(event_id="e1"), event(event_id="e2"), event(event_id="e2", message="later")))
    found = await wait_for_event(folder, lambda event: event.raw["event_id"] == "e2", 5)
    assert found is not None
    assert found.raw["message"] == EVENT["message"]


async def test_waits_for_an_event_that_comes_later(sink: TrackerSink, folder: Path) -> None:
    """Whoever waits before the report is sent gets it."""
    waiting = asyncio.create_task(wait_for_event(folder, lambda _: True, 5))
    await asyncio.sleep(0)
    await asyncio.to_thread(post, sink, enveloped(event()))
    assert await waiting is not None


async def test_none_when_time_is_up(folder: Path) -> None:
    """Without a report, and even without a folder, the wait ends with nothing."""
    assert await wait_for_event(folder, lambda _: True, 0) is None
    assert await wait_for_event(folder, lambda _: True, 0.06) is None


async def test_what_we_cannot_read_is_our_trouble(sink: TrackerSink, folder: Path) -> None:
    """A report that the sink cannot read may have been the one: the target is not blamed."""
    assert post(sink, b"?", "compress") == 400
    with pytest.raises(
        HarnessTrouble, match=r"^the error tracker was sent what it cannot read: the content encoding 'compress'"
    ):
        await wait_for_event(folder, lambda _: True, 0)


async def test_what_came_counts_beside_what_we_cannot_read(sink: TrackerSink, folder: Path) -> None:
    """A report that was refused does not hide one that was read."""
    post(sink, b"no JSON")
    post(sink, enveloped(event()))
    assert await wait_for_event(folder, lambda _: True, 0) is not None


@pytest.mark.parametrize("path", ["/", "/api/1/store/", "/api//envelope/", "/x/api/1/envelope/"])
def test_other_paths_are_not_found(sink: TrackerSink, folder: Path, path: str) -> None:
    """Only envelopes are taken, and nothing is kept of the rest."""
    assert post(sink, enveloped(event()), path=path) == 404
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "-1"}, {"Content-Length": "x"}, {"Content-Length": str(2**40)}, {"Content-Length": "9"}],
)
def test_a_body_that_is_not_as_long_as_it_says_is_refused(
    sink: TrackerSink, folder: Path, headers: dict[str, str]
) -> None:
    """A wrong length is answered and kept as refused."""
    with contextlib.closing(http.client.HTTPConnection(sink.host, sink.port, timeout=5)) as client:
        client.putrequest("POST", "/api/1/envelope/")
        for name, value in headers.items():
            client.putheader(name, value)
        client.endheaders(b"{}" if headers == {"Content-Length": "9"} else None)
        with contextlib.suppress(OSError):  # the sink may have answered already, and hung up
            client.sock.shutdown(socket.SHUT_WR)
        assert client.getresponse().status == 400
    assert [path.suffix for path in folder.iterdir()] == [".refused"]


def test_reports_are_private(sink: TrackerSink, folder: Path) -> None:
    """A report may hold anything: its file is for its owner alone."""
    post(sink, enveloped(event()))
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_port_in_use_is_the_users_error(sink: TrackerSink, folder: Path) -> None:
    """The sentence names host, port and the key to change."""
    sentence = rf"^cannot listen on 127\.0\.0\.1:{sink.port} \(.+\); free it, or .* at tracker\.listen in the profile$"
    with pytest.raises(UsageError, match=sentence):
        TrackerSink(folder, "127.0.0.1", sink.port).start()


def test_the_dsn_of_an_ipv6_address(folder: Path) -> None:
    """The address stands in brackets, and the key is one that every client takes."""
    assert TrackerSink(folder, "::1", 9).dsn == "http://gonogo@[::1]:9/1"


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"{}", 0),
        (b"{}\n", 0),
        (b'{}\n{"type":"event"}\n{"a":1}', 1),
        (b'{}\n{"type":"event"}\n{"a":1}\n', 1),
        (b'{}\n{"type":"event","length":7}\n{"a":1}\n{"type":"event"}\n{}\n', 2),
        (b'{}\n{"type":"event","length":8}\n{"a":\n1}', 1),
        (b'{}\n{"type":"session"}\n{}\n{"type":"attachment","length":3}\n\n\n\n\n{"type":"event"}\n{}', 1),
    ],
)
def test_envelope(body: bytes, events: int) -> None:
    """Items are split by their length or at the end of the line, and only events are returned."""
    assert len(envelope.events_of(body)) == events


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "a line of the envelope is no JSON: "),
        (b"[]", "a line of the envelope is no JSON object, but a list"),
        (b"[" * 100_000, "a line of the envelope is no JSON: "),
        (b'{}\n{"type":"event","length":8}\n{}', "an item of 2 bytes at most says that its length is 8"),
        (b'{}\n{"type":"event","length":"2"}\n{}', "an item of 2 bytes at most says that its length is '2'"),
        (b'{}\n{"type":"event"}\nx', "a line of the envelope is no JSON: "),
    ],
)
def test_broken_envelope(body: bytes, sentence: str) -> None:
    """What is no envelope is refused with a sentence."""
    with pytest.raises(ValueError, match=sentence.replace("[", r"\[")):
        envelope.events_of(body)


@pytest.mark.parametrize(
    ("body", "encoding", "sentence"),
    [
        (b"xyz", "gzip", "the body is not gzip: "),
        (gzip.compress(b"x" * 1000)[:-9], "gzip", "the gzip body is cut"),
        (gzip.compress(b"x" * (envelope.LARGEST + 1)), "gzip", "or unpacks to more than"),
    ],
    ids=["no gzip", "cut", "too large"],
)
def test_broken_encoding(body: bytes, encoding: str, sentence: str) -> None:
    """A body that cannot be unpacked, or would fill the memory, is refused with a sentence."""
    with pytest.raises(ValueError, match=sentence):
        envelope.decompress(body, encoding)


@given(body=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """No envelope makes the reader raise anything but a ValueError."""
    try:
        events = envelope.events_of(body)
    except ValueError:
        events = []
    assert isinstance(events, list)


@pytest.mark.parametrize("raw", [{}, {"release": None, "environment": 7}])
def test_what_is_not_named_is_none(raw: dict[str, Any]) -> None:
    """An event without a release or environment says so."""
    found = TrackerEvent(raw=raw)
    assert (found.release, found.environment) == (None, None)
