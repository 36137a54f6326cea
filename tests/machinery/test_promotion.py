"""Wishes go where a request has room for them, and what came true is told by what the target says of the member."""

import json
from dataclasses import replace

import pytest

from gonogo.exchange import Exchange, Headers, Request
from gonogo.promotion import Promotion, granted, wishful

WISHES = {"role": "admin", "is_admin": True, "gonogo_note": "kept"}


def request(body: bytes, kind: str = "application/json") -> Request:
    """A request with this body."""
    headers = Headers((("Content-Type", kind),))
    return Request(operation="signup", method="POST", url="https://chat.example.com/", headers=headers, body=body)


def sight(content: object, status: int = 200) -> Exchange:
    """What the target says of a member."""
    body = json.dumps(content).encode()
    return Exchange(id="1", person="ada", request=request(b""), status=status, body=body, expected=(200,))


def test_wishes_stand_beside_what_is_sent() -> None:
    """JSON and forms have room, and keep their own fields; nothing else is changed."""
    assert json.loads(wishful(request(b'{"role": "own", "x": 1}'), WISHES).body) == {
        **WISHES,
        "role": "own",
        "x": 1,
    }
    form = wishful(request(b"a=b", "application/x-www-form-urlencoded"), WISHES)
    assert form.body == b"a=b&role=admin&is_admin=True&gonogo_note=kept"
    for body in (b"[1]", b"--parts"):
        assert wishful(request(body), WISHES).body == body


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({"role": "member"}, {"role": "member"}, []),
        ({"role": "member"}, {"user": [{"role": "admin"}]}, ["role"]),
        ({}, {"role": "admin", "is_admin": True}, ["is_admin", "role"]),
        ({"role": "admin"}, {"role": "admin"}, []),
        ([], {"is_admin": 1}, []),
        ({}, {"is_admin": True, "gonogo_note": "kept"}, []),
        ({"ui": {}}, {"ui": {"role": "admin", "gonogo_note": "kept"}}, []),
        ({"role": "member"}, {"role": "admin", "gonogo_note": "kept"}, ["role"]),
        ({"ui": {"role": None}}, {"ui": {"role": "admin", "gonogo_note": "kept"}, "is_admin": True}, ["role"]),
    ],
)
def test_what_came_true(before: object, after: object, fields: list[str]) -> None:
    """
    A wish came true where its value is there and was not; what an ordinary member has too was no wish.

    Where the control field is kept, too, only what had another value counts.
    """
    settings = replace(request(b""), operation="settings")
    seen = [replace(sight(one), request=settings) for one in (before, after)]
    promotion = Promotion(asked=sight({}), before=(seen[0],), after=(seen[1], sight({}, 404)), wishes=WISHES)
    assert granted(promotion) == fields


def test_the_sight_itself_is_compared() -> None:
    """A document that keeps everything is held against itself: another one's field of this name is another field."""
    settings = replace(request(b""), operation="settings")
    kept = replace(sight({"role": "admin", "gonogo_note": "kept"}), request=settings)
    promotion = Promotion(asked=sight({}), before=(sight({"role": "member"}),), after=(kept,), wishes=WISHES)
    assert granted(promotion) == []
    looked = (replace(sight({"role": "member"}), request=settings),)
    assert granted(replace(promotion, before=looked)) == ["role"]


def test_who_somebody_is_has_no_excuse() -> None:
    """A member's own document that keeps everything may be what decides who is an administrator."""
    session = replace(request(b""), operation="session")
    kept = replace(sight({"is_admin": True, "gonogo_note": "kept"}), request=session)
    known = replace(sight({"name": "ada"}), request=session)
    assert granted(Promotion(asked=sight({}), before=(known,), after=(kept,), wishes=WISHES)) == ["is_admin"]
