"""Every page: who may see it, what protects it, and that it holds nothing inline."""

import re

import httpx
import pytest
from fastapi import FastAPI

from target_app.protection.headers import SECURITY_HEADERS
from tests.target_app import pages
from tests.target_app.conftest import SignUp, client_of
from tests.target_app.pages import BROWSING, MEMBER_PAGES, OPEN_PAGES


@pytest.fixture
async def visitor(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser of somebody who is not signed in."""
    client.headers.update(BROWSING)
    return client


@pytest.fixture
async def member(sign_up: SignUp) -> httpx.AsyncClient:
    """A browser of a member."""
    browser = await sign_up("alice")
    browser.headers.update(BROWSING)
    return browser


@pytest.fixture
async def shown(visitor: httpx.AsyncClient, member: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """Each page as who it is for gets it, and the page for what is not there."""
    found = {path: await visitor.get(path) for path in (*OPEN_PAGES, "/nowhere")}
    return found | {path: await member.get(path) for path in MEMBER_PAGES}


async def test_every_page_is_there(shown: dict[str, httpx.Response]) -> None:
    """Each has one heading of the first level, one main part, a title of its own, and the language of its text."""
    for path, answer in shown.items():
        page = pages.read(answer)
        assert answer.status_code == (404 if path == "/nowhere" else 200), path
        assert len(page.all("h1")) == len(page.all("main")) == 1, path
        assert page.all("html")[0]["lang"] == "en"
        assert re.search(r"<title>[^<]+ · gonogo chat</title>", answer.text), path


async def test_every_page_carries_the_security_headers(shown: dict[str, httpx.Response]) -> None:
    """All of them, once; the policy is the page's own."""
    for answer in shown.values():
        for name, value in SECURITY_HEADERS.items():
            if name != "Content-Security-Policy":
                assert answer.headers.get_list(name) == [value]
        assert len(answer.headers.get_list("Content-Security-Policy")) == 1
        assert len(answer.headers["x-request-id"]) == 32


async def test_the_policy_allows_the_pages_own_files_only(shown: dict[str, httpx.Response]) -> None:
    """Scripts and styles need the nonce, all else is closed, and no text can be turned into markup."""
    for answer in shown.values():
        nonce = pages.nonce_of(answer)
        assert pages.policy_of(answer) == {
            "default-src": "'none'",
            "script-src": f"'nonce-{nonce}'",
            "style-src": f"'nonce-{nonce}'",
            "img-src": "'self' blob:",
            "connect-src": "'self'",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
            "object-src": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "'none'",
        }


async def test_each_answer_has_a_nonce_of_its_own(visitor: httpx.AsyncClient) -> None:
    """The same page, asked for twice, has two; neither can be guessed from the other."""
    nonces = {pages.nonce_of(await visitor.get("/signin")) for _ in range(5)}

    assert len(nonces) == 5
    assert all(len(nonce) >= 22 for nonce in nonces)


async def test_every_script_and_style_has_the_nonce(shown: dict[str, httpx.Response]) -> None:
    """Each is a file of ours with the nonce of the answer's policy; nothing is written in the page itself."""
    for path, answer in shown.items():
        page, nonce = pages.read(answer), pages.nonce_of(answer)
        sheets = [one for one in page.all("link") if one["rel"] == "stylesheet"]
        scripts = page.all("script") + [one for one in page.all("link") if one["rel"] == "modulepreload"]
        assert scripts, path
        assert sheets, path
        assert {one["nonce"] for one in (*scripts, *sheets)} == {nonce}, path
        assert all((one["src"] or "").startswith("/static/") for one in page.all("script")), path
        assert all((one["href"] or "").startswith("/static/") for one in page.all("link")), path
        assert not page.all("style"), path


async def test_nothing_is_inline(shown: dict[str, httpx.Response]) -> None:
    """No tag has a handler, a style attribute or a script for an address, and none asks another site for anything."""
    for path, answer in shown.items():
        for tag, attributes in pages.read(answer).tags:
            for name, value in attributes.items():
                assert name != "style", (path, tag)
                assert not name.startswith("on"), (path, tag, name)
                if name in {"src", "href", "action"}:
                    assert re.match(r"/(?!/)|#", value or ""), (path, tag, value)


async def test_every_field_has_a_label(shown: dict[str, httpx.Response]) -> None:
    """Each control that people fill in is named, by a label or by itself; no id is given twice."""
    for path, answer in shown.items():
        page = pages.read(answer)
        named = {one.get("for") for one in page.all("label")}
        for tag in ("input", "select", "textarea"):
            for field in page.all(tag):
                assert field.get("aria-label") or field.get("id") in named, (path, field)
        ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
        assert len(ids) == len(set(ids)), path


async def test_who_is_not_signed_in_is_led_to_the_door_and_back(visitor: httpx.AsyncClient) -> None:
    """A page of members sends others to the sign-in page, which knows where they wanted to go."""
    for path in (*MEMBER_PAGES, "/chat/abc?x=1", "/checkout/abc"):
        refused = await visitor.get(path)
        assert refused.status_code == 303
        assert refused.headers["location"].startswith("/signin?next=%2F")
        door = pages.read(await visitor.get(refused.headers["location"]))
        assert [one["data-next"] for one in door.all("form")] == [path]
        assert "Your session has ended" not in door.text


async def test_the_way_in(visitor: httpx.AsyncClient, member: httpx.AsyncClient) -> None:
    """The root leads to the chats or to the door, and members do not see the door."""
    found = [await visitor.get("/"), *[await member.get(path) for path in ("/", "/signup", "/signin?next=/plan")]]

    assert [one.headers["location"] for one in found] == ["/signin", "/chat", "/chat", "/plan"]


async def test_an_ended_session_says_so(app: FastAPI, member: httpx.AsyncClient) -> None:
    """A cookie that opens nothing any more leads to a door that says why."""
    held = {"Cookie": "; ".join(f"{name}={value}" for name, value in member.cookies.items())}
    await member.post("/auth/signout")
    async with client_of(app) as browser:
        answer = await browser.get("/settings", headers=BROWSING | held)
        door = await browser.get(answer.headers["location"], headers=BROWSING)

    assert "Your session has ended. Sign in again." in pages.read(door).text


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "chat",
        "/" + "x" * 3000,
        "/signin?next=/signin",
        "/é",
        "",
    ],
)
async def test_next_leads_to_our_own_pages_only(
    visitor: httpx.AsyncClient, member: httpx.AsyncClient, hostile: str
) -> None:
    """Whatever else the address names, sign-in leads to the chats."""
    door = pages.read(await visitor.get("/signin", params={"next": hostile}))
    passed = await member.get("/signin", params={"next": hostile})

    assert [one["data-next"] for one in door.all("form")] == ["/chat"]
    assert passed.headers["location"] == "/chat"


@pytest.mark.parametrize("path", ["/projects", "/settings"])
async def test_data_and_pages_share_addresses(member: httpx.AsyncClient, path: str) -> None:
    """Who names HTML gets the page; a program, and a browser's own fetch, get the data."""
    page = await member.get(path)
    data = [await member.get(path, headers={"Accept": accept}) for accept in ("*/*", "application/json")]

    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    assert {one.headers["content-type"] for one in data} == {"application/json"}


async def test_only_browsers_get_a_page_for_what_is_not_there(visitor: httpx.AsyncClient) -> None:
    """Who does not name HTML, or wants to change something, gets a problem document."""
    page = await visitor.get("/nowhere")
    problems = [await visitor.get("/nowhere", headers={"Accept": "*/*"}), await visitor.post("/nowhere")]

    assert "There is nothing here" in page.text
    assert {one.headers["content-type"] for one in problems} == {"application/problem+json"}


async def test_head_is_answered_for_pages_too(member: httpx.AsyncClient) -> None:
    """HEAD has the status and type of GET, and no body."""
    for path in (*MEMBER_PAGES, "/nowhere"):
        got, asked = await member.get(path), await member.head(path)
        same = ("content-type", "cache-control", "vary")
        assert asked.content == b""
        assert [asked.headers[name] for name in same] == [got.headers[name] for name in same], path


async def test_pages_are_no_part_of_the_document(client: httpx.AsyncClient) -> None:
    """The API's document lists neither pages nor static files."""
    paths = (await client.get("/openapi.json")).json()["paths"]

    assert not [one for one in paths if one.startswith(("/chat", "/static", "/signin", "/checkout", "/plan"))]
