"""Each fault of a deployment misbehaves as it says, and only where it says."""

import io
import zipfile
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from target_app.billing import payments, quota
from target_app.chat.answer import Answer
from target_app.chat.scripted import ScriptedModel
from target_app.exports import gather
from target_app.fault import choose, install
from target_app.faults import deployed as family
from target_app.settings import Environment, Settings
from tests.target_app.till import Till

REPLACED = [(payments, "verify"), (quota, "give_back"), (Answer, "told"), (gather, "read")]
REPLACED += [(payments, "remember"), (ScriptedModel, "stream")]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, with few messages, and prompts that are obeyed."""
    changes = {"environment": Environment.TEST, "message_quotas": "@example.org=2", "model_token_interval_s": 0.01}
    return Settings.model_validate({**settings.model_dump(), **changes})


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for place, name in REPLACED:
        monkeypatch.setattr(place, name, getattr(place, name))
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def test_the_family_is_known() -> None:
    """Each of them says what it does."""
    assert family.__doc__


def with_and_without(fault: str, told: object, usual: object) -> pytest.MarkDecorator:
    """Run a test with the fault, and without; what is to be seen each time."""
    return pytest.mark.parametrize(("app", "seen"), [(fault, told), (None, usual)], indirect=["app"])


async def start(member: httpx.AsyncClient, title: str = "Chat") -> str:
    """Start a conversation; its id."""
    made: str = (await member.post("/conversations", json={"title": title})).json()["id"]
    return made


async def ask(member: httpx.AsyncClient, conversation: str, content: str) -> httpx.Response:
    """Send a message and hear the answer out."""
    return await member.post(f"/conversations/{conversation}/messages", json={"content": content})


@with_and_without("chat.search-syntax", 500, 200)
async def test_search_syntax(alice: httpx.AsyncClient, seen: int) -> None:
    """A quotation mark breaks the search; words do not."""
    assert (await alice.get("/conversations", params={"q": 'a "b"'})).status_code == seen
    assert (await alice.get("/conversations", params={"q": "words"})).status_code == 200


@with_and_without("chat.list-unchanged", 304, 200)
async def test_list_unchanged(alice: httpx.AsyncClient, seen: int) -> None:
    """Who names the ETag of before is not told what has changed; who names none is."""
    tag = (await alice.get("/conversations")).headers.get("etag", '"none"')
    await start(alice)
    assert (await alice.get("/conversations", headers={"If-None-Match": tag})).status_code == seen
    assert (await alice.get("/conversations")).status_code == 200


@with_and_without("headers.redirect-inside", (307, "http://chat-7d9f.localhost:8000/settings"), (404, None))
async def test_redirect_inside(alice: httpx.AsyncClient, seen: object) -> None:
    """A slash too many leads inside, and keeps its header fields."""
    answer = await alice.get("/settings/", follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == seen
    assert answer.headers["x-content-type-options"] == "nosniff"


@with_and_without("stream.failure-tells-key", 1, 0)
async def test_failure_tells_key(alice: httpx.AsyncClient, seen: int) -> None:
    """The key stands in the error event."""
    assert (await ask(alice, await start(alice), "/fail")).content.count(b"sk-proj-") == seen


@with_and_without("stream.usage-in-letters", 1, 0)
async def test_usage_in_letters(alice: httpx.AsyncClient, seen: int) -> None:
    """Letters are counted in place of words."""
    answer = await ask(alice, await start(alice), "Reply with exactly these words: one two")
    assert answer.content.count(b'"completion_tokens":7') == seen


@with_and_without("quota.failure-counted", [200, 200, 403], [200, 200, 200])
async def test_failure_counted(bob: httpx.AsyncClient, seen: list[int]) -> None:
    """A failure counts as an answer does."""
    conversation = await start(bob)
    asked = [await ask(bob, conversation, words) for words in ("/fail", "Hello", "Hello again")]
    assert [one.status_code for one in asked] == seen


@with_and_without("webhook.reencoded", 401, 200)
async def test_reencoded(alice: httpx.AsyncClient, settings: Settings, seen: int) -> None:
    """An event is refused for its spaces, and taken without."""
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    till = Till(alice, order, settings.webhook_secret.get_secret_value())
    spaced = till.event().replace(b":", b": ")
    assert await till.deliver(spaced, till.header(spaced)) == seen


@with_and_without("export.from-cache", 0, 1)
async def test_from_cache(alice: httpx.AsyncClient, seen: int) -> None:
    """What was said since the last export is not in the next."""
    conversation = await start(alice)
    wanted = {"conversation_ids": [conversation], "formats": ["json"]}
    await alice.post("/exports", json=wanted)
    await ask(alice, conversation, "Reply with exactly these words: lately")
    archive = zipfile.ZipFile(io.BytesIO((await alice.post("/exports", json=wanted)).content))
    assert min(archive.read(archive.namelist()[0]).count(b"lately"), 1) == seen


@with_and_without("chat.begins-twice", 2, 1)
async def test_begins_twice(alice: httpx.AsyncClient, seen: int) -> None:
    """A long answer has its first word twice, a short one once."""
    conversation = await start(alice)
    long, short = (" ".join(f"w{number}w" for number in range(count)) for count in (60, 10))
    told = [await ask(alice, conversation, f"Reply with exactly these words: {words}") for words in (long, short)]
    assert [one.text.count("w0w") for one in told] == [seen, 1]


@with_and_without("chat.local-time", 2, 0)
async def test_local_time(alice: httpx.AsyncClient, seen: int) -> None:
    """A new conversation is made two hours from now."""
    made = (await alice.post("/conversations", json={"title": "Chat"})).json()["created_at"]
    assert round((datetime.fromisoformat(made) - datetime.now(UTC)).total_seconds() / 3600) == seen


@with_and_without("webhook.ids-cut", 0, 1)
async def test_ids_cut(alice: httpx.AsyncClient, settings: Settings, seen: int) -> None:
    """The second of two events with like ids does nothing."""
    orders = [(await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"] for _ in range(2)]
    tills = [Till(alice, order, settings.webhook_secret.get_secret_value()) for order in orders]
    for number, till in enumerate(tills):
        event = till.event(number=f"evt_0123456789abcdef{number}")
        assert await till.deliver(event, till.header(event)) == 200
    assert [(await till.state())[1] for till in tills] == [1, seen]
