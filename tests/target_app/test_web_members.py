"""What the pages of members show: their own things, and never a hostile text as markup."""

import json

import httpx
import pytest
from fastapi import FastAPI

from target_app.settings import Environment
from tests.target_app import pages
from tests.target_app.conftest import SignUp
from tests.target_app.pages import BROWSING

HOSTILE = """"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}"""
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


async def upload(browser: httpx.AsyncClient, name: str, content: bytes) -> str:
    """Store a file."""
    answer = await browser.post("/uploads", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def shown(browser: httpx.AsyncClient, path: str) -> httpx.Response:
    """Get a page as a browser does."""
    return await browser.get(path, headers=BROWSING)


async def test_hostile_names_are_text(alice: httpx.AsyncClient) -> None:
    """A title, a project's name and a file with markup in them show as they were written, and are no markup."""
    await alice.post("/projects", json={"name": HOSTILE})
    conversation = (await alice.post("/conversations", json={"title": HOSTILE})).json()["id"]
    await upload(alice, "notes.txt", HOSTILE.encode())

    for path in ("/projects", f"/chat/{conversation}", "/export", "/files"):
        answer = await shown(alice, path)
        page = pages.read(answer)
        assert HOSTILE in page.text, path
        assert all(one.get("src", "").startswith("/static/") for one in page.all("script")), path  # type: ignore[union-attr]
        assert not [one for one in page.all("img") if "onerror" in one], path
        assert "49" not in page.text.replace(HOSTILE, ""), path


async def test_projects_lead_to_their_conversations(alice: httpx.AsyncClient) -> None:
    """Each project is a link to the chats in it, with buttons that name it."""
    project = (await alice.post("/projects", json={"name": "House"})).json()
    page = pages.read(await shown(alice, "/projects"))

    assert f"/chat?project={project['id']}" in [one["href"] for one in page.all("a")]
    assert {"Rename House", "Delete House"} <= {one.get("aria-label") for one in page.all("button")}


async def test_nobody_sees_what_is_anothers(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member's conversation and order are not there, and lists hold one's own alone."""
    conversation = (await alice.post("/conversations", json={"title": "Secret talk"})).json()["id"]
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    await alice.post("/projects", json={"name": "Secret project"})
    await upload(alice, "secret.txt", b"Secret text")

    assert (await shown(alice, f"/chat/{conversation}")).status_code == 200
    assert (await shown(alice, f"/checkout/{order}")).status_code == 200
    for path in (f"/chat/{conversation}", f"/checkout/{order}"):
        assert (await shown(bob, path)).status_code == 404
    for path in ("/chat", "/projects", "/files", "/export"):
        assert "ecret" not in (await shown(bob, path)).text


async def test_settings_show_what_was_chosen(alice: httpx.AsyncClient) -> None:
    """The page, and every other page, is in the chosen theme; a language that is not on the list is on it."""
    await alice.patch("/settings", json={"theme": "dark", "language": "gsw-CH"})
    answer = await shown(alice, "/settings")
    chosen = [one["value"] for one in pages.read(answer).all("option") if "selected" in one]

    assert chosen == ["dark", "gsw-CH", "scripted-small"]
    for path in ("/settings", "/plan"):
        assert pages.read(await shown(alice, path)).all("html")[0]["data-theme"] == "dark"


async def test_a_model_beyond_the_plan_cannot_be_chosen(alice: httpx.AsyncClient) -> None:
    """It is on the list, with the plan that would bring it."""
    options = pages.read(await shown(alice, "/settings")).all("option")

    assert "disabled" in next(one for one in options if one["value"] == "scripted-max")
    assert "disabled" not in next(one for one in options if one["value"] == "scripted-small")


async def test_files_have_previews(alice: httpx.AsyncClient) -> None:
    """An image is shown, a text begins, cut within a character or not, and anything else has a sign."""
    image = await upload(alice, "dot.png", PNG)
    await upload(alice, "long.txt", ("é" * 400 + "end").encode())
    page = pages.read(await shown(alice, "/files"))

    (picture,) = page.all("img")
    assert (picture["src"], picture["alt"]) == (f"/uploads/{image}/preview", "Preview of dot.png")
    assert "é" * 300 in page.text
    assert "end" not in page.text.split("Delete")[0].split("é")[-1]


async def test_the_plan_page_shows_what_is_left_and_what_is_larger(alice: httpx.AsyncClient) -> None:
    """Three plans, the use of one's own, and a button for each larger one."""
    page = pages.read(await shown(alice, "/plan"))

    assert [one["aria-label"] for one in page.all("section")] == ["FREE", "PREMIUM", "ENTERPRISE"]
    assert "100 of 100 messages left" in page.text
    assert [one["data-plan"] for one in page.all("button") if "data-plan" in one] == ["PREMIUM", "ENTERPRISE"]


async def test_the_sandbox_pays_an_order_once(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Its owner pays it and has the plan; nobody else can, and nobody twice."""
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    foreign = await bob.post(f"/checkout/{order}")
    paid = await alice.post(f"/checkout/{order}")
    again = await alice.post(f"/checkout/{order}")

    assert [one.status_code for one in (foreign, paid, again)] == [404, 204, 409]
    assert (await alice.get("/billing/plan")).json()["plan"] == "PREMIUM"
    assert (await bob.get("/billing/plan")).json()["plan"] == "FREE"
    assert (await alice.get(f"/billing/orders/{order}")).json()["times_paid"] == 1


async def test_the_sandbox_wants_the_token(alice: httpx.AsyncClient) -> None:
    """Without the session's own token nothing is paid."""
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    token = alice.headers.pop("X-CSRF-Token")
    refused = await alice.post(f"/checkout/{order}")
    alice.headers["X-CSRF-Token"] = token

    assert refused.status_code == 403
    assert (await alice.post(f"/checkout/{order}")).status_code == 204


async def test_production_has_no_sandbox(
    app: FastAPI, alice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, nobody pays with money that does not exist, and no button says so."""
    order = (await alice.post("/billing/orders", json={"plan": "PREMIUM"})).json()["id"]
    settings = app.state.settings.model_copy(update={"environment": Environment.PRODUCTION})
    monkeypatch.setattr(app.state, "settings", settings)

    assert (await alice.post(f"/checkout/{order}")).status_code == 404
    assert (await shown(alice, f"/checkout/{order}")).status_code == 404
    assert not [one for one in pages.read(await shown(alice, "/plan")).all("button") if "data-plan" in one]
    assert (await alice.get("/billing/plan")).json()["plan"] == "FREE"


async def test_a_page_holds_the_sessions_own_token(alice: httpx.AsyncClient, sign_up: SignUp) -> None:
    """The token in the page is that of the session, and no other member's."""
    found = [
        one["content"]
        for browser in (alice, await sign_up("carol"))
        for one in pages.read(await shown(browser, "/chat")).all("meta")
        if one.get("name") == "csrf-token"
    ]

    assert found[0] == alice.headers["X-CSRF-Token"]
    assert len(set(found)) == 2
    assert json.dumps(found[0]) not in (await shown(alice, "/signin")).text
