"""Members leave streams, come back, stop and repeat them, read lists by pages, and use up a quota."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.exchange import StreamedExchange
from gonogo.paging import paged
from gonogo.people import FRUGAL
from gonogo.shapes import shapes_of
from gonogo.spending import spend
from gonogo.talking import cut_off, left, resumed, retried, stopped
from gonogo.trouble import HarnessTrouble, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.member import Member
    from tests.machinery.conftest import Describe, Gather, Reply, Seen, Serve

    Meet = Callable[..., Member]

STREAM = {"delta": {"event": "token", "pointer": "/text"}, "end": {"event": "end"}}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
END = b"id: 9\nevent: end\ndata: {}\n\n"
OPERATIONS: dict[str, Any] = {
    "create_conversation": {
        "method": "POST",
        "path": "/c",
        "json": {"title": "{title}"},
        "expect": [200],
        "capture": {"conversation_id": "json:/id"},
    },
    "history": {"method": "GET", "path": "/c/{conversation_id}", "expect": [200]},
    "send_message": {
        "method": "POST",
        "path": "/c/{conversation_id}",
        "json": {"content": "{content}"},
        "expect": [200],
        "streams": True,
        "capture": {"message_id": r'regex:"message":"(\w+)"'},
    },
    "resume_message": {
        "method": "GET",
        "path": "/c/{conversation_id}/{message_id}",
        "headers": {"Last-Event-ID": "{last_event_id}"},
        "expect": [200, 204],
        "streams": True,
    },
    "stop_message": {"method": "POST", "path": "/c/{conversation_id}/stop", "expect": [200]},
    "first_page": {
        "method": "GET",
        "path": "/list",
        "query": {"limit": "{limit}"},
        "expect": [200],
        "capture": {"next_cursor": "json:/next"},
    },
    "next_page": {
        "method": "GET",
        "path": "/list",
        "query": {"cursor": "{next_cursor}"},
        "expect": [200],
        "capture": {"next_cursor": "json:/next"},
    },
}


def token(number: int) -> bytes:
    """An event that says its number."""
    data = json.dumps({"text": f"{number} ", "message": "m1"}, separators=(",", ":"))
    return f"id: {number}\nevent: token\ndata: {data}\n\n".encode()


@pytest.fixture
def meet(serve: Serve, reply: Reply, describe: Describe, company: Gather) -> Meet:
    """Bring a member to a service that says a word, and goes on until it is stopped or left."""

    def met(name: str = "alice", **sections: Any) -> Member:  # noqa: ANN401  passed on
        ends: list[asyncio.Event] = []

        async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
            if request.path.endswith("/stop"):
                ends.pop().set()
            if request.path == "/c":
                writer.write(reply(200, {"id": "c1"}))
            elif request.path == "/c/c1/m1":
                after = int(request.headers["last-event-id"])
                writer.write(HEAD + token(after + 1) + END)
                writer.close()
            elif request.method == "POST" and b"endless" in request.body:
                ends.append(asyncio.Event())
                writer.write(HEAD + token(1) + token(2))
                await writer.drain()
                await ends[-1].wait()
                writer.write(END)
                writer.close()
            elif request.method == "POST" and request.path == "/c/c1":
                writer.write(HEAD + token(1) + END)
                writer.close()
            else:
                writer.write(reply(200, {}))

        url = serve(answer).url
        return company(describe(url, operations=OPERATIONS, stream=STREAM, **sections)).member(name)

    return met


async def test_who_is_cut_off_hears_no_more(meet: Meet) -> None:
    """A member leaves at the word that was asked for, in the middle of the stream, and nothing is held against it."""
    cut = await cut_off(meet(), "c1", "endless", after=2)
    assert [event.id for event in cut.events] == ["1", "2"]
    assert (cut.said, cut.ok, cut.failure) == ("1 2 ", True, None)


async def test_who_comes_back_names_the_last_event(meet: Meet) -> None:
    """The rest is asked for by the message and the last event that was heard."""
    found = await resumed(meet(), "c1", "short")
    assert isinstance(found.rest, StreamedExchange)
    assert found.cut.captured == {"message_id": "m1"}
    assert found.rest.request.url.endswith("/c/c1/m1")
    assert [event.id for event in found.rest.events] == ["10", "9"]
    assert found.trail == (found.cut, found.rest)


async def test_an_answer_is_stopped_once_it_has_begun(meet: Meet) -> None:
    """The stop is sent when the first words came; the stream is heard to its end."""
    found = await stopped(meet(), "c1", "endless")
    assert found.reply.said == "1 2 "
    assert found.reply.events[-1].terminal
    assert found.stop.ok
    assert 0 <= found.went_on_s < 30


async def test_one_key_for_every_try(meet: Meet) -> None:
    """Each try of a message carries the same key, in the field that the profile names, and another message another."""
    member = meet(promises={"message_key": "X-Once"})
    tries = [await retried(member, "c1", "hi") for _ in range(2)]
    keys = [{one.request.headers.get("x-once") for one in (*each.together, each.again)} for each in tries]
    assert [len(each) for each in keys] == [1, 1]
    assert keys[0] != keys[1]


async def test_what_became_of_an_answer_that_was_left(meet: Meet) -> None:
    """After a while the history is read, and something else is said."""
    found = await left(meet(), "endless", 0.0, "hi")
    assert [one.request.operation for one in found.trail] == ["send_message", "history", "send_message"]
    assert not any(event.terminal for event in found.cut.events)


async def test_what_the_profile_does_not_offer(meet: Meet) -> None:
    """Without the key's field, or a small quota, the part that asks is at fault."""
    with pytest.raises(HarnessTrouble, match="message_key"):
        await retried(meet(), "c1", "hi")
    with pytest.raises(HarnessTrouble, match="small_quota"):
        await spend(meet())


async def test_a_list_is_read_to_its_last_page(serve: Serve, reply: Reply, describe: Describe, company: Gather) -> None:
    """Pages are asked for until one names no next; a conversation is started after the first."""
    made = 0

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        if request.method == "POST":
            made += 1
            writer.write(reply(200, {"id": f"c{made}"}))
        else:
            page = int(request.path.partition("cursor=p")[2] or 1)
            writer.write(reply(200, {"next": f"p{page + 1}" if page < 3 else None}))

    service = serve(answer)
    gathered = company(describe(service.url, operations=OPERATIONS, stream=STREAM))
    found = await paged(gathered.member(), gathered.member("ben"))
    asked = [f"{one.method} {one.path}" for one in service.seen]
    assert (found.conversations, found.foreign) == (["c1", "c3", "c4", "c5", "c6"], "c2")
    pages = ["GET /list?limit=2", "POST /c", "GET /list?cursor=p2", "GET /list?cursor=p3"]
    assert asked == [*["POST /c"] * 6, *pages]
    assert [page.status for page in found.pages] == [200] * 3


async def test_a_quota_is_spent_to_its_end(meet: Meet) -> None:
    """All but the last message are sent one by one, and three times the last at once."""
    member = meet(FRUGAL, means={"small_quota": {"messages": 2, "way_out": "json:/more", "account": MISER}})
    found = await spend(member)
    assert (found.allowed, len(found.told), len(found.answered), found.others) == (2, 4, 4, [])
    assert member.person.account.email == MISER["email"]


MISER = {"email": "miser@example.com", "password": "miser-password"}
SIGNED_UP = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness", "email_domain": "example.com"}


def test_the_frugal_member_is_somebody_else(describe: Describe, company: Gather) -> None:
    """Who uses up a quota has an address where the profile says; everybody else has none there."""
    signup = {"method": "POST", "path": "/s", "expect": [200], "credential": "none"}
    quota = {"messages": 2, "way_out": "json:/more", "email_domain": "few.example.com"}
    profile = describe(
        "http://127.0.0.1:1", identity=SIGNED_UP, operations={"signup": signup}, means={"small_quota": quota}
    )
    people = company(profile).cast
    assert people.person(FRUGAL).account.email.endswith("@few.example.com")
    assert people.person("alice").account.email.endswith("@example.com")


def test_a_quota_is_not_spent_for_everybody(describe: Describe) -> None:
    """Where members exist already, the one who uses up a quota is named."""
    with pytest.raises(UsageError, match="small_quota needs an account of its own"):
        describe("http://127.0.0.1:1", means={"small_quota": {"messages": 2, "way_out": "json:/more"}})


def test_shapes(describe: Describe) -> None:
    """What events must hold is what is promised, and what the dialect reads; a data-only stream promises nothing."""
    both = describe(
        "http://127.0.0.1:1", stream=STREAM, promises={"events": {"token": {"/n": "integer"}, "end": {"/id": "string"}}}
    )
    assert shapes_of(both) == {"token": {"/n": "integer", "/text": "string"}, "end": {"/id": "string"}}
    bare = describe("http://127.0.0.1:1", stream={"delta": {"pointer": "/text"}, "end": {"data": "[DONE]"}})
    assert shapes_of(bare) == {}
