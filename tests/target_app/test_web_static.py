"""Static files: where they are, how long they stay, and that all is there."""

import re

import httpx
import pytest
from fastapi import FastAPI

from target_app.protection.headers import SECURITY_HEADERS
from target_app.web.site import Site
from tests.target_app import pages
from tests.target_app.pages import BROWSING

IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")
# What Trusted Types refuse, and what would run a text.
SINKS = re.compile(r"\.(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")


async def test_every_static_file_is_kept_for_good(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Each has its type, the security headers, and an address that holds a fingerprint."""
    site: Site = app.state.site
    kinds = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
    assert len(site.static) > 10
    for name, text in site.static.items():
        answer = await client.get(site.url(name))
        assert answer.text == text
        assert answer.headers["content-type"] == kinds[name.rpartition(".")[2]]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        for header in SECURITY_HEADERS.keys() - {"Cache-Control"}:
            assert answer.headers.get_list(header) == [SECURITY_HEADERS[header]]
        assert "ratelimit" not in answer.headers


async def test_other_files_are_not_there(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Neither an old fingerprint, nor a template, nor a path out of the folder."""
    site: Site = app.state.site
    right = f"/static/{site.fingerprint}"
    for path in ("/static/0123456789abcdef/api.js", f"{right}/layout.html", f"{right}/..%2fsite.py", f"{right}/"):
        assert (await client.get(path)).status_code == 404, path


async def test_other_words_have_another_address(app: FastAPI, client: httpx.AsyncClient) -> None:
    """A changed file is found under a new fingerprint, and a changed template shows at once."""
    site: Site = app.state.site
    before = site.url("ready.js")
    site.rewrite("ready.js", '"true"', '"changed"')
    site.rewrite("signin.html", "Welcome back", "Changed")

    assert site.url("ready.js") != before
    assert '"changed"' in (await client.get(site.url("ready.js"))).text
    assert "Changed" in (await client.get("/signin", headers=BROWSING)).text
    assert "changed" not in Site().static["ready.js"]
    with pytest.raises(LookupError, match=r"ready\.js does not hold 'nothing'"):
        site.rewrite("ready.js", "nothing", "x")


def test_modules_import_what_is_there() -> None:
    """Each import names a module beside it."""
    static = Site().static
    for name, text in static.items():
        if name.endswith(".js"):
            missing = [one for one in IMPORT.findall(text) if one.removeprefix("./") not in static]
            assert not missing, (name, missing)


async def test_a_page_asks_for_all_its_modules_at_once(client: httpx.AsyncClient) -> None:
    """What a page's module imports is named in the page, each once, and nothing else is."""
    page = pages.read(await client.get("/signup", headers=BROWSING))
    asked = [(one["href"] or "").rpartition("/")[2] for one in page.all("link") if one["rel"] == "modulepreload"]

    assert sorted(asked) == ["api.js", "form.js", "news.js", "ready.js", "session.js"]


def test_no_module_turns_text_into_markup() -> None:
    """None uses what parses a text as HTML or as a program."""
    found = {name: SINKS.findall(text) for name, text in Site().static.items() if name.endswith(".js")}

    assert not {name: sinks for name, sinks in found.items() if sinks}


def test_every_text_is_small_and_asks_nobody_else() -> None:
    """No file is longer than 250 lines, and none names another host."""
    site = Site()
    for name, text in (site.static | site.templates).items():
        assert text.count("\n") <= 250, name
        hosts = set(re.findall(r"(?:https?:)?//([a-z0-9.-]+\.[a-z]{2,})", text)) - {"www.w3.org"}
        assert not hosts, (name, hosts)
