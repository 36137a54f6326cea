"""Each fault of projects, settings, uploads and exports misbehaves as it says, and only where it says."""

import io
import json
import zipfile

import httpx
import pytest
from fastapi import FastAPI

from target_app.exports import gather
from target_app.fault import REGISTRY, choose, install
from target_app.faults import features as family
from target_app.preferences import choice
from target_app.uploads import sniffing

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(choice, "keep", choice.keep)
    monkeypatch.setattr(sniffing, "agrees", sniffing.agrees)
    monkeypatch.setattr(gather, "gather", gather.gather)
    monkeypatch.setattr(gather, "find_own", gather.find_own)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


async def start(member: httpx.AsyncClient, title: str, project_id: str | None = None) -> str:
    """Start a conversation and give its id."""
    made = await member.post("/conversations", json={"title": title, "project_id": project_id})
    return str(made.json()["id"])


async def filtered(member: httpx.AsyncClient) -> tuple[list[str], int]:
    """Put one of two conversations into a project; give what the filter shows, and the length of a short page."""
    project = (await member.post("/projects", json={"name": "House"})).json()["id"]
    await start(member, "roof", project)
    await start(member, "loose")
    shown = (await member.get("/conversations", params={"project_id": project})).json()["items"]
    page = (await member.get("/conversations", params={"limit": 1})).json()["items"]
    return [one["title"] for one in shown], len(page)


async def themes(member: httpx.AsyncClient) -> tuple[str, str]:
    """Choose a theme; give what the answer says and what is read back."""
    changed = await member.patch("/settings", json={"theme": "dark"})
    return changed.json()["theme"], (await member.get("/settings")).json()["theme"]


async def upload(member: httpx.AsyncClient, name: str, content: bytes) -> httpx.Response:
    """Upload a file."""
    return await member.post("/uploads", files={"file": (name, content, "image/png")})


async def previewed(member: httpx.AsyncClient, content: bytes) -> bytes:
    """Upload a text and read its preview back."""
    told = (await upload(member, "a.txt", content)).json()
    return (await member.get(told["preview_url"])).content


async def export(member: httpx.AsyncClient, *ids: str) -> httpx.Response:
    """Export conversations as JSON."""
    return await member.post("/exports", json={"conversation_ids": ids, "formats": ["json"]})


def exported(answer: httpx.Response) -> list[str]:
    """Read the titles in an export."""
    bundle = zipfile.ZipFile(io.BytesIO(answer.content))
    return [one["title"] for one in json.loads(bundle.read("conversations.json"))["conversations"]]


async def test_without_a_fault_all_is_well(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """The twin of every test below: switched off, nothing of it happens."""
    first, second = await start(alice, "first"), await start(alice, "second")
    assert exported(await export(alice, first, second)) == ["first", "second"]
    assert (await export(bob, first)).status_code == 404
    assert await filtered(alice) == (["roof"], 1)
    assert await themes(alice) == ("dark", "dark")
    assert await previewed(alice, b"hello") == b"hello"
    assert (await upload(alice, "script.png", SCRIPT)).status_code == 415


@with_fault("projects.filter-ignored")
async def test_filter_ignored(alice: httpx.AsyncClient) -> None:
    """The filter shows all conversations; the rest of the query still counts."""
    assert await filtered(alice) == (["loose", "roof"], 1)


@with_fault("settings.not-kept")
async def test_not_kept(alice: httpx.AsyncClient) -> None:
    """The answer shows the change, and the next one does not."""
    assert await themes(alice) == ("dark", "system")


@with_fault("upload.preview-differs")
async def test_preview_differs(alice: httpx.AsyncClient) -> None:
    """The preview ends in another byte; a preview that is not there is told as always."""
    assert await previewed(alice, b"hello") == b"hell?"
    assert (await alice.get("/uploads/unknown/preview")).json()["status"] == 404


@with_fault("upload.accepts-script")
async def test_accepts_script(alice: httpx.AsyncClient) -> None:
    """A script by the name of an image is taken; what is no text or image is refused as always."""
    assert (await upload(alice, "script.png", SCRIPT)).status_code == 201
    assert (await upload(alice, "program.png", b"\x7fELF" + bytes(20))).status_code == 415


@with_fault("export.misses-one")
async def test_misses_one(alice: httpx.AsyncClient) -> None:
    """The last one that was asked for is not in the file."""
    first, second = await start(alice, "first"), await start(alice, "second")
    assert exported(await export(alice, first, second)) == ["first"]


@with_fault("export.foreign")
async def test_foreign(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member exports what is not theirs; reading it elsewhere stays forbidden."""
    first = await start(alice, "first")
    assert exported(await export(bob, first)) == ["first"]
    assert (await bob.get(f"/conversations/{first}")).status_code == 404


def test_every_fault_is_here() -> None:
    """Each registered fault of the features has a test in this file."""
    registered = {name for name, fault in REGISTRY.items() if fault.unit.__module__ == family.__name__}
    tested = {f"test_{name.partition('.')[2].replace('-', '_')}" for name in registered}
    assert len(registered) == 6
    assert tested <= globals().keys()
