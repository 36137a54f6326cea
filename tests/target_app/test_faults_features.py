"""Each fault of projects, settings and exports misbehaves as it says, and only where it says."""

import io
import json
import zipfile

import httpx
import pytest
from fastapi import FastAPI

from target_app.exports import formats, gather
from target_app.fault import REGISTRY, choose, install
from target_app.faults import features as family
from target_app.preferences import choice
from target_app.projects import dependencies as projects

REPLACED = (
    (choice, "keep"),
    (choice, "chosen"),
    (projects, "find_own"),
    (gather, "find_own"),
)


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for module, name in REPLACED:
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(formats, "FORMATS", dict(formats.FORMATS))
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


async def export(member: httpx.AsyncClient, *ids: str, form: str = "json") -> httpx.Response:
    """Export conversations in one format."""
    return await member.post("/exports", json={"conversation_ids": ids, "formats": [form]})


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
    assert await languages(alice) == "fr"
    assert await titles(bob) == []


async def languages(member: httpx.AsyncClient) -> str:
    """Choose a language and then a theme; give the language that is read back."""
    await member.patch("/settings", json={"language": "fr"})
    await member.patch("/settings", json={"theme": "light"})
    return str((await member.get("/settings")).json()["language"])


async def titles(member: httpx.AsyncClient, **query: str) -> list[str]:
    """List a member's conversations."""
    return [one["title"] for one in (await member.get("/conversations", params=query)).json()["items"]]


@with_fault("projects.foreign-open")
async def test_foreign_open(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member sees the project and starts something in it; one that is not there stays unknown."""
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    assert (await bob.post("/conversations", json={"title": "x", "project_id": project})).status_code == 201
    assert (await bob.get(f"/projects/{project}")).status_code == 200
    assert (await bob.get("/projects/unknown")).status_code == 404


@with_fault("projects.foreign-listed")
async def test_foreign_listed(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member lists what is in the project; other lists stay one's own."""
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    await start(alice, "roof", project)
    assert await titles(bob, project_id=project) == ["roof"]
    assert await titles(bob) == await titles(bob, project_id="unknown") == []


@with_fault("conversations.foreign-listed")
async def test_foreign_listed_everywhere(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """The list is that of whoever started a conversation last; a project's list stays one's own."""
    assert await titles(bob) == []
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    await start(alice, "roof", project)
    assert await titles(bob) == ["roof"]
    assert await titles(bob, project_id=project) == []


@with_fault("settings.resets-others")
async def test_resets_others(alice: httpx.AsyncClient) -> None:
    """The language is kept until another field changes."""
    assert (await alice.patch("/settings", json={"language": "de"})).json()["language"] == "de"
    assert (await alice.get("/settings")).json()["language"] == "de"
    assert await languages(alice) == "en"


@with_fault("settings.shared")
async def test_shared(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """One member's choice is everybody's."""
    assert await themes(alice) == ("dark", "dark")
    assert (await bob.get("/settings")).json()["theme"] == "dark"


@with_fault("export.cut-short")
async def test_cut_short(alice: httpx.AsyncClient) -> None:
    """The PDF has no end; the other formats are whole."""
    first = await start(alice, "first")
    whole = zipfile.ZipFile(io.BytesIO((await export(alice, first, form="pdf")).content))
    assert b"%%EOF" not in whole.read("conversations.pdf")
    assert exported(await export(alice, first)) == ["first"]


@with_fault("export.ascii-only")
async def test_ascii_only(alice: httpx.AsyncClient) -> None:
    """What is no ASCII becomes a question mark."""
    assert exported(await export(alice, await start(alice, "für 漢字"))) == ["f?r ??"]


@with_fault("export.open")
async def test_open(alice: httpx.AsyncClient, client: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Without a session the export is given; other members are refused, and so is all else without a session."""
    first = await start(alice, "first")
    assert exported(await export(client, first)) == ["first"]
    assert (await export(client, "unknown")).status_code == 401
    assert (await export(bob, first)).status_code == 404
    assert (await client.get("/conversations")).status_code == 401


@with_fault("projects.filter-ignored")
async def test_filter_ignored(alice: httpx.AsyncClient) -> None:
    """The filter shows all conversations; the rest of the query still counts."""
    assert await filtered(alice) == (["loose", "roof"], 1)


@with_fault("settings.not-kept")
async def test_not_kept(alice: httpx.AsyncClient) -> None:
    """The answer shows the change, and the next one does not."""
    assert await themes(alice) == ("dark", "system")


@with_fault("export.misses-one")
async def test_misses_one(alice: httpx.AsyncClient) -> None:
    """The last one of two is not in the file; one alone is."""
    first, second = await start(alice, "first"), await start(alice, "second")
    assert exported(await export(alice, first, second)) == ["first"]
    assert exported(await export(alice, second)) == ["second"]


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
    assert len(registered) == 12
    assert tested <= globals().keys()
