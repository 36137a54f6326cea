"""A thief tries everything that can be done with a thing, before its owner does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checks import ownership
from gonogo.owned import raid, resembling, things

if TYPE_CHECKING:
    import asyncio

    from tests.machinery.conftest import Describe, Gather, Reply, Seen, Serve

BEARER = {
    "session": "api-key",
    "sign_up": "accounts",
    "accounts": [{"api_key": "key-of-guest"}, {"api_key": "key-of-rival"}],
}
OPERATIONS: dict[str, Any] = {
    "create_conversation": {
        "method": "POST",
        "path": "/c",
        "json": {"title": "{title}"},
        "expect": [201],
        "capture": {"conversation_id": "json:/id"},
    },
    "history": {"method": "GET", "path": "/c/{conversation_id}", "expect": [200]},
    "delete_conversation": {"method": "DELETE", "path": "/c/{conversation_id}", "expect": [200]},
    "move": {"method": "POST", "path": "/move", "json": {"id": "{conversation_id}"}, "expect": [200]},
    "rename": {"method": "PATCH", "path": "/c/{conversation_id}", "json": {"title": "{title}"}, "expect": [200]},
    "list_conversations": {"method": "GET", "path": "/c", "query": {"near": "{conversation_id}"}, "expect": [200]},
}


async def test_everything_is_tried(serve: Serve, reply: Reply, describe: Describe, company: Gather) -> None:
    """Each operation that takes the id is refused to the thief, the open one is told, and the owner's come after."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        mine = request.headers["authorization"] == "Bearer key-of-guest"
        if request.method == "POST" and request.path == "/c":
            writer.write(reply(201, {"id": "c1"}))
        else:
            writer.write(reply(200 if mine or request.path == "/move" else 404, {"title": "mine"}))

    service = serve(answer)
    profile = describe(service.url, identity=BEARER, operations=OPERATIONS)
    assert things(profile) == {"create_conversation": ("history", "move", "rename", "delete_conversation")}
    people = company(profile)
    found = await raid(people.member("guest"), people.member("rival"))

    (complaint,) = ownership.own_things_only().looks(found.refusals)
    assert complaint.startswith("move by rival at what is guest's was answered with 200")
    assert list(ownership.own_things_are_untouched().looks(found.kept)) == []
    tries = [one for one in service.seen if one.headers["authorization"] == "Bearer key-of-rival"]
    assert [f"{one.method} {one.path}" for one in tries] == ["GET /c/c1", "POST /move", "PATCH /c/c1", "DELETE /c/c1"]
    assert service.seen[-1].method == "DELETE"
    assert b"taken" in tries[2].body


@pytest.mark.parametrize(
    ("theirs", "complaints"),
    [
        ({"c1": {"items": []}, "d2": {"items": []}}, []),
        ({"c1": {"items": ["hers"]}, "d2": {"items": []}}, ["history"]),
        ({"c1": {"of": "c1", "messages": []}, "d2": {"of": "d2", "messages": []}}, []),
        ({"c1": {"items": []}}, ["history"]),
        ({"c1": {"items": ["everybody's"]}, "d2": {"items": ["everybody's"]}}, ["history"]),
    ],
)
async def test_an_answer_as_of_nothing_opens_nothing(
    serve: Serve, reply: Reply, describe: Describe, company: Gather, theirs: dict[str, Any], complaints: list[str]
) -> None:
    """What a thief reads or deletes, to the letter as of an id that nobody has, is no finding; anything else is."""

    async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
        mine = request.headers["authorization"] == "Bearer key-of-guest"
        thing = request.path.removeprefix("/c/")
        if request.method == "POST":
            writer.write(reply(201, {"id": "c1"}))
        elif mine or request.method == "DELETE":
            writer.write(reply(200, {"title": "mine"} if mine else {}))
        else:
            writer.write(reply(200, theirs[thing]) if thing in theirs else reply(404, {}))

    service = serve(answer)
    kept = ("create_conversation", "history", "delete_conversation")
    profile = describe(service.url, identity=BEARER, operations={name: OPERATIONS[name] for name in kept})
    people = company(profile)
    found = await raid(people.member("guest"), people.member("rival"))
    said = list(ownership.own_things_only().looks(found.refusals))
    assert [one.split()[0] for one in said] == complaints


@pytest.mark.parametrize(
    ("real", "made_up"),
    [("c1", "d2"), ("41", "94100"), ("f9a0-Z", "a0b1-G"), ("order_7", "psefs_8")],
)
def test_made_up_ids(real: str, made_up: str) -> None:
    """They have the form of the real one, so that no form refuses them."""
    assert resembling(real) == made_up
