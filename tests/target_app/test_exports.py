"""Batch export through the service."""

import html
import io
import json
import zipfile

import httpx
import pytest
from pypdf import PdfReader

ALL = ["json", "markdown", "html", "pdf"]


async def converse(member: httpx.AsyncClient, title: str, *contents: str) -> str:
    """Hold a conversation and give its id."""
    made = await member.post("/conversations", json={"title": title})
    for content in contents:
        await member.post(f"{made.headers['location']}/messages", json={"content": content})
    return str(made.json()["id"])


async def export(member: httpx.AsyncClient, ids: list[str], formats: list[str]) -> httpx.Response:
    """Ask for an export."""
    return await member.post("/exports", json={"conversation_ids": ids, "formats": formats})


def files_of(answer: httpx.Response) -> dict[str, str]:
    """Read the text of each file of an export."""
    assert answer.status_code == 200, answer.text
    bundle = zipfile.ZipFile(io.BytesIO(answer.content))
    assert bundle.testzip() is None
    found = {name: bundle.read(name) for name in bundle.namelist()}
    pdf = found.pop("conversations.pdf", None)
    texts = {name: content.decode() for name, content in found.items()}
    if pdf is not None:
        texts["conversations.pdf"] = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return texts


async def test_every_format_holds_every_message(alice: httpx.AsyncClient) -> None:
    """Each of the four files has each conversation with both sides of it."""
    ids = [await converse(alice, f"Talk {word}", f"Echo: answer-{word}") for word in ("apple", "pear", "plum")]
    answer = await export(alice, ids, ALL)
    files = files_of(answer)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="conversations-')
    assert list(files) == ["conversations.json", "conversations.md", "conversations.html", "conversations.pdf"]
    for text in files.values():
        for word in ("apple", "pear", "plum"):
            assert f"Talk {word}" in text
            assert f"Echo: answer-{word}" in text
            assert text.count(f"answer-{word}") == 2


async def test_json_equals_the_history(alice: httpx.AsyncClient) -> None:
    """What is exported is what the history says, in the order asked for, once."""
    hostile = "Echo: <script>alert(1)</script> **é** 🐙\n=1+1"
    first, second = await converse(alice, "first", hostile), await converse(alice, "second")
    files = files_of(await export(alice, [second, first, second], ["json", "html"]))
    exported = json.loads(files["conversations.json"])["conversations"]
    history = (await alice.get(f"/conversations/{first}/messages")).json()["items"]
    assert [one["id"] for one in exported] == [second, first]
    assert [one["content"] for one in exported[1]["messages"]] == [one["content"] for one in history]
    assert "<script>" not in files["conversations.html"]
    assert hostile in html.unescape(files["conversations.html"])


async def test_only_what_was_asked_for(alice: httpx.AsyncClient) -> None:
    """Neither other conversations nor other formats are in the file."""
    asked, _ = await converse(alice, "asked"), await converse(alice, "unasked")
    files = files_of(await export(alice, [asked], ["markdown"]))
    assert list(files) == ["conversations.md"]
    assert "unasked" not in files["conversations.md"]


async def test_a_foreign_conversation_stops_the_export(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """If one of them is another member's, or none, nothing is exported."""
    secret = await converse(alice, "secret", "Echo: hidden")
    own = await converse(bob, "own")
    foreign = await export(bob, [own, secret], ["json"])
    unknown = await export(bob, [own, "unknown"], ["json"])
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text == unknown.text


@pytest.mark.parametrize(
    "body",
    [
        {"conversation_ids": [], "formats": ["json"]},
        {"conversation_ids": ["a"], "formats": []},
        {"conversation_ids": ["a"], "formats": ["docx"]},
        {"conversation_ids": ["a"] * 51, "formats": ["json"]},
        {"conversation_ids": ["a"], "formats": ["json"], "user_id": "b"},
    ],
)
async def test_refuses_a_wrong_request(alice: httpx.AsyncClient, body: dict[str, object]) -> None:
    """At least one conversation and format, at most fifty and four, and nothing else."""
    assert (await alice.post("/exports", json=body)).status_code == 422


async def test_wants_a_session(client: httpx.AsyncClient) -> None:
    """Without a session nothing is exported."""
    assert (await export(client, ["a"], ["json"])).status_code == 401
