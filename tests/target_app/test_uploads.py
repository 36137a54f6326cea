"""Uploads and their previews."""

import hashlib

import httpx
import pytest

from target_app.settings import Settings
from target_app.uploads.preview import BEGINNING_CHARS

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
SCRIPT = b"<html><script>alert(1)</script></html>"


async def upload(
    member: httpx.AsyncClient, name: str, content: bytes, media_type: str = "application/octet-stream"
) -> httpx.Response:
    """Upload a file as a form does."""
    return await member.post("/uploads", files={"file": (name, content, media_type)})


async def test_takes_a_text(alice: httpx.AsyncClient) -> None:
    """A text is stored and described, and its preview is the text itself."""
    content = "Grüße, 日本\n".encode()
    answer = await upload(alice, "notes.txt", content)
    told = answer.json()
    preview = await alice.get(told["preview_url"])
    assert answer.status_code == 201
    assert (told["name"], told["media_type"], told["size"]) == ("notes.txt", "text/plain", len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert told["preview"] == {"kind": "text", "text": "Grüße, 日本\n"}
    assert preview.content == content
    assert preview.headers["content-type"] == "text/plain; charset=utf-8"


async def test_takes_an_image(alice: httpx.AsyncClient) -> None:
    """An image's preview is the image, byte for byte."""
    told = (await upload(alice, "dot.png", PNG)).json()
    preview = await alice.get(told["preview_url"])
    assert (told["media_type"], told["preview"]) == ("image/png", {"kind": "image", "text": None})
    assert (preview.content, preview.headers["content-type"]) == (PNG, "image/png")


async def test_takes_a_document_without_preview(alice: httpx.AsyncClient) -> None:
    """A PDF is stored and has no preview, and asking for one says so."""
    told = (await upload(alice, "a.pdf", b"%PDF-1.7\n%%EOF")).json()
    assert (told["media_type"], told["preview_url"], told["preview"]["kind"]) == ("application/pdf", None, "none")
    assert (await alice.get(f"/uploads/{told['id']}/preview")).status_code == 404


async def test_markup_in_a_text_stays_text(alice: httpx.AsyncClient) -> None:
    """A text that looks like a page is shown as plain text, never as a page."""
    told = (await upload(alice, "page.txt", SCRIPT, "text/html")).json()
    preview = await alice.get(told["preview_url"])
    assert preview.headers["content-type"] == "text/plain; charset=utf-8"
    assert preview.headers["x-content-type-options"] == "nosniff"


async def test_a_long_text_is_described_by_its_beginning(alice: httpx.AsyncClient) -> None:
    """The answer holds the beginning of a long text, the preview all of it."""
    content = b"x" * (BEGINNING_CHARS + 1)
    told = (await upload(alice, "long.txt", content)).json()
    assert len(told["preview"]["text"]) == BEGINNING_CHARS
    assert (await alice.get(told["preview_url"])).content == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("script.png", SCRIPT),
        ("page.html", SCRIPT),
        ("image.txt", PNG),
        ("dot.jpg", PNG),
        ("anim.gif", b"GIF89a" + bytes(20)),
        ("program", b"\x7fELF" + bytes(20)),
        ("vector.svg", b"<svg onload='alert(1)'/>"),
    ],
)
async def test_refuses_what_is_not_what_it_says(alice: httpx.AsyncClient, name: str, content: bytes) -> None:
    """Types that we do not take, and names that say otherwise than the bytes, are refused."""
    assert (await upload(alice, name, content, "image/png")).status_code == 415


async def test_refuses_what_is_too_large(alice: httpx.AsyncClient, settings: Settings) -> None:
    """A file of exactly the limit is taken, one byte more is not."""
    limit = settings.upload_limit_bytes
    assert (await upload(alice, "a.txt", b"x" * limit)).status_code == 201
    assert (await upload(alice, "a.txt", b"x" * (limit + 1))).status_code == 413


async def test_name_is_made_safe(alice: httpx.AsyncClient) -> None:
    """A path in the name is dropped."""
    assert (await upload(alice, "../../etc/passwd.txt", b"hello")).json()["name"] == "passwd.txt"


async def test_wants_a_file(alice: httpx.AsyncClient) -> None:
    """A form without a file is no upload."""
    assert (await alice.post("/uploads", data={"file": "text"})).status_code == 422


async def test_a_file_is_for_its_owner_alone(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member finds no preview."""
    told = (await upload(alice, "a.txt", b"secret")).json()
    foreign = await bob.get(told["preview_url"])
    assert foreign.status_code == 404
    assert "secret" not in foreign.text


async def test_wants_a_session(client: httpx.AsyncClient) -> None:
    """Without a session nothing is taken."""
    assert (await upload(client, "a.txt", b"hello")).status_code == 401


async def test_a_file_can_be_deleted_by_its_owner_alone(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """A deleted file is gone for good, and nobody else deletes it."""
    uploaded = (await upload(alice, "notes.txt", b"hello\n")).json()
    place = f"/uploads/{uploaded['id']}"
    assert (await bob.delete(place)).status_code == 404
    assert (await alice.get(f"{place}/preview")).status_code == 200
    assert (await alice.delete(place)).status_code == 204
    assert (await alice.get(f"{place}/preview")).status_code == 404
    assert (await alice.delete(place)).status_code == 404
