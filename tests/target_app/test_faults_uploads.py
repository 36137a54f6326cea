"""Each fault of uploads misbehaves as it says, and only where it says."""

import httpx
import pytest
from fastapi import FastAPI

from target_app.fault import REGISTRY, choose, install
from target_app.faults import uploads as family
from target_app.uploads import files, sniffing
from target_app.uploads import routes as upload_routes

REPLACED = (
    (sniffing, "agrees"),
    (sniffing, "safe_name"),
    (upload_routes, "read_whole"),
    (upload_routes, "checked_type"),
    (files, "find_own"),
)
SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    for module, name in REPLACED:
        monkeypatch.setattr(module, name, getattr(module, name))
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


async def upload(member: httpx.AsyncClient, name: str, content: bytes) -> httpx.Response:
    """Upload a file."""
    return await member.post("/uploads", files={"file": (name, content, "image/png")})


async def previewed(member: httpx.AsyncClient, content: bytes) -> bytes:
    """Upload a text and read its preview back."""
    told = (await upload(member, "a.txt", content)).json()
    return (await member.get(told["preview_url"])).content


async def test_without_a_fault_all_is_well(alice: httpx.AsyncClient) -> None:
    """The twin of every test below: switched off, nothing of it happens."""
    assert await previewed(alice, b"hello") == b"hello"
    assert (await upload(alice, "script.png", SCRIPT)).status_code == 415
    assert (await upload(alice, "page.html", SCRIPT)).status_code == 415
    assert (await upload(alice, "../a.txt", b"hello")).json()["name"] == "a.txt"


@with_fault("upload.keeps-path")
async def test_keeps_path(alice: httpx.AsyncClient) -> None:
    """The name is kept with its path; what is in the file is looked at as always."""
    assert (await upload(alice, "../../a.txt", b"hello")).json()["name"] == "../../a.txt"
    assert (await upload(alice, "../script.png", SCRIPT)).status_code == 415


@with_fault("upload.any-size")
async def test_any_size(alice: httpx.AsyncClient) -> None:
    """A file over the limit is taken."""
    assert (await upload(alice, "a.txt", b"." * (1024 * 1024 + 1))).status_code == 201


@with_fault("upload.foreign-readable")
async def test_foreign_readable(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member sees the file; one that is not there stays unknown."""
    told = (await upload(alice, "a.txt", b"hello")).json()
    assert (await bob.get(told["preview_url"])).content == b"hello"
    assert (await bob.get("/uploads/unknown/preview")).status_code == 404


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


@with_fault("upload.type-from-name")
async def test_type_from_name(alice: httpx.AsyncClient) -> None:
    """A text by the name of a picture is shown as one; by another name it is told from its bytes."""
    told = (await upload(alice, "a.png", b"hello")).json()
    shown = await alice.get(told["preview_url"])
    assert (told["media_type"], shown.headers["content-type"]) == ("image/png", "image/png")
    assert (await upload(alice, "a.txt", b"\x7fELF" + bytes(20))).status_code == 415


@with_fault("upload.pages-run")
async def test_pages_run(alice: httpx.AsyncClient) -> None:
    """A page is shown as a page without a policy; everything else keeps its own."""
    told = (await upload(alice, "a.html", SCRIPT)).json()
    shown = await alice.get(f"/uploads/{told['id']}/preview")
    assert shown.headers["content-type"].startswith("text/html")
    assert "content-security-policy" not in shown.headers
    text = (await upload(alice, "a.txt", b"hello")).json()
    assert "content-security-policy" in (await alice.get(text["preview_url"])).headers


@with_fault("upload.one-by-name")
async def test_one_by_name(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """The last file of a name is shown for each of them, and only to who has one."""
    first = (await upload(alice, "a.txt", b"first")).json()
    await upload(bob, "a.txt", b"second")
    assert (await alice.get(first["preview_url"])).content == b"second"
    assert (await bob.get(first["preview_url"])).status_code == 404


@with_fault("upload.foreign-names-lost")
async def test_foreign_names_lost(alice: httpx.AsyncClient) -> None:
    """Of a name the letters beyond ASCII are gone, and the others stay."""
    assert (await upload(alice, "a漢字b.txt", b"hello")).json()["name"] == "ab.txt"


def test_every_fault_is_here() -> None:
    """Each registered fault of uploads has a test in this file."""
    registered = {name for name, fault in REGISTRY.items() if fault.unit.__module__ == family.__name__}
    tested = {f"test_{name.partition('.')[2].replace('-', '_')}" for name in registered}
    assert len(registered) == 9
    assert tested <= globals().keys()
