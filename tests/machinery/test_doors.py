"""Every door is tried, of the profile and of the target's document, as nobody and without a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checks import csrf, session
from gonogo.cookies import parse_set_cookie
from gonogo.doors import tried, unguarded
from gonogo.exchange import Refusal
from gonogo.links import links
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from gonogo.check import Bound
    from gonogo.member import Member
    from tests.machinery.conftest import Describe, Gather, Reply, Seen, Serve, Service

    Start = Callable[..., Service]

MEMBER = "sid=session-abcdef"
DOCUMENT = {
    "paths": {
        "/me": {"get": {}},
        "/secret": {"get": {"security": []}},
        "/close": {"post": {}},
        "/docs": {"get": {}},
    }
}
OPERATIONS: dict[str, Any] = {
    "session": {"method": "GET", "path": "/me", "expect": [200]},
    "signout": {"method": "POST", "path": "/signout", "expect": [204]},
    "create_conversation": {
        "method": "POST",
        "path": "/c",
        "json": {"title": "{title}"},
        "expect": [201],
        "capture": {"conversation_id": "json:/id"},
    },
    "list_conversations": {"method": "GET", "path": "/c", "expect": [200]},
    "delete_conversation": {"method": "DELETE", "path": "/c/{conversation_id}", "expect": [200]},
    "rename": {"method": "PATCH", "path": "/x/{unknown_id}", "json": {"title": "{title}"}, "expect": [200]},
    "csrf_token": {"method": "GET", "path": "/csrf", "expect": [200]},
    "send_message": {"method": "POST", "path": "/m", "json": {"content": "{content}"}, "expect": [200]},
    "health": {"method": "GET", "path": "/health", "expect": [200], "credential": "none"},
    "openapi": {"method": "GET", "path": "/openapi.json", "expect": [200], "credential": "none"},
}
GOOD = {"GET": 200, "POST": 200, "PATCH": 200, "DELETE": 200}
CSRF = {"fetch": "csrf_token", "source": "json:/token", "send_as": "header", "name": "X-CSRF-Token"}


@pytest.fixture
def start(serve: Serve, reply: Reply) -> Start:
    """Start a service whose guards forgot some of its operations; `asks` is the header that they look for."""

    def started(*open_to_all: str, asks: str = "cookie") -> Service:
        async def answer(request: Seen, writer: asyncio.StreamWriter) -> None:
            name = f"{request.method} {request.path}"
            if request.path == "/openapi.json":
                writer.write(reply(200, DOCUMENT))
            elif (
                asks not in request.headers
                and name not in open_to_all
                and (asks == "cookie" or request.method != "GET")
            ):
                writer.write(reply(401 if asks == "cookie" else 403))
            else:
                made = name == "POST /c"
                writer.write(reply(201 if made else GOOD[request.method], {"id": "c1"} if made else {}))

        return serve(answer)

    return started


def member_at(service: Service, describe: Describe, company: Gather, **sections: Any) -> Member:  # noqa: ANN401  passed on
    """A member who is signed in, with a token."""
    operations = {**OPERATIONS, **sections.pop("operations", {})}
    given = {"public": ["health", "openapi", "/docs"], **sections}
    member = company(describe(service.url, operations=operations, **given)).member()
    member.person.store.update((parse_set_cookie(f"{MEMBER}; Path=/"),), service.url)
    member.person.csrf = "token-abcdef"
    return member


def said(check: Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    return list(check.looks(subject))


async def test_every_door_is_shut(start: Start, describe: Describe, company: Gather) -> None:
    """What needs a session in the profile is tried, and what only the document names; what is public is not."""
    service = start()
    shown = await tried(member_at(service, describe, company))
    assert said(session.session_is_required([401]), shown) == []
    nobody = {f"{one.method} {one.path}" for one in service.seen if "cookie" not in one.headers}
    assert nobody == {
        *("GET /me", "POST /c", "GET /c", "DELETE /c/c1", "PATCH /x/gonogo-nothing", "GET /csrf", "POST /m"),
        *("GET /secret", "POST /close", "GET /openapi.json"),
    }
    twins = {one.refused.request.operation for one in shown if isinstance(one, Refusal)}
    assert twins == {"session", "create_conversation", "list_conversations", "csrf_token", "send_message"}


@pytest.mark.parametrize("door", ["GET /me", "POST /m", "PATCH /x/gonogo-nothing", "GET /secret", "POST /close"])
async def test_an_open_door_is_found(start: Start, describe: Describe, company: Gather, door: str) -> None:
    """One that is open is told, alone."""
    shown = await tried(member_at(start(door), describe, company))
    assert len(said(session.session_is_required([401]), shown)) == 1


async def test_a_target_without_a_document(start: Start, describe: Describe, company: Gather) -> None:
    """What the profile describes is tried all the same."""
    bare = {name: one for name, one in OPERATIONS.items() if name != "openapi"}
    service = start()
    member = company(describe(service.url, operations=bare, public=["health"])).member()
    member.person.store.update((parse_set_cookie(f"{MEMBER}; Path=/"),), service.url)
    assert said(session.session_is_required([401]), await tried(member)) == []
    assert "/secret" not in {one.path for one in service.seen}


async def test_everything_needs_a_token(start: Start, describe: Describe, company: Gather) -> None:
    """Every change is tried without a token; with a lent account nothing that only the document names."""
    service = start(asks="x-csrf-token")
    member = member_at(service, describe, company, csrf=CSRF)
    assert said(csrf.needs_token([403]), await unguarded(member)) == []
    bare = [f"{one.method} {one.path}" for one in service.seen if "x-csrf-token" not in one.headers]
    assert bare == ["POST /c", "DELETE /c/c1", "PATCH /x/gonogo-nothing", "POST /m", "POST /signout"]
    member.person.account.made = True
    await unguarded(member)
    (close,) = [one for one in service.seen if one.path == "/close"]
    assert close.headers["cookie"] == MEMBER


@pytest.mark.parametrize("door", ["POST /c", "DELETE /c/c1", "POST /signout"])
async def test_a_change_without_a_token_is_found(start: Start, describe: Describe, company: Gather, door: str) -> None:
    """One that is open is told, alone."""
    shown = await unguarded(member_at(start(door, asks="x-csrf-token"), describe, company, csrf=CSRF))
    assert len(said(csrf.needs_token([403]), shown)) == 1


def test_guesses_alone_prove_nothing() -> None:
    """Where no change is shown to work with its token, a dead session may have refused them all."""
    with pytest.raises(NotEvaluable, match="nothing shows that the session could change anything"):
        said(csrf.needs_token([403]), [])


def test_links(start: Start, describe: Describe, company: Gather) -> None:
    """Each change is a GET and a HEAD with nothing in it; where GET belongs to the path it asks for the method."""
    made = list(links(member_at(start(), describe, company, csrf=CSRF)))
    assert {(one.method, one.url.rpartition("/")[2]) for one in made if "/c" in one.url and "/c/" not in one.url} == {
        ("GET", "c?_method=POST")
    }
    assert {one.method for one in made if one.url.endswith("/signout")} == {"GET", "HEAD"}
    assert all(one.body == b"" and "X-CSRF-Token" not in one.headers for one in made)
