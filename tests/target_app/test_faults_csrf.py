"""Each fault of the protection against forged requests lets through what it says, and nothing else."""

import httpx
import pytest
from fastapi import FastAPI

from target_app.fault import REGISTRY, choose, install
from target_app.faults import csrf as family
from target_app.faults import links, origins
from target_app.protection import csrf

TOKEN = "X-CSRF-Token"
EVIL = {"Origin": "https://evil.example"}
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(csrf, "csrf_token", csrf.csrf_token)
    monkeypatch.setattr(csrf, "EXEMPT_PATHS", csrf.EXEMPT_PATHS)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


async def tried(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> list[str]:
    """Name the ways to forge a request that the service lets through."""
    right = alice.headers[TOKEN]
    ways = {
        "nothing": {TOKEN: ""},
        "wrong": {TOKEN: "0" * len(right)},
        "foreign": {TOKEN: bob.headers[TOKEN]},
        "origin": {TOKEN: right, **EVIL},
        "cross-site": {TOKEN: right, **CROSS_SITE},
        "own": {TOKEN: right, "Origin": str(alice.base_url)},
    }
    answers = {way: await alice.post("/projects", json={"name": way}, headers=headers) for way, headers in ways.items()}
    signin = await bob.post("/auth/signin", json={}, headers={**EVIL, **CROSS_SITE})
    let = [way for way, answer in answers.items() if answer.status_code == 201]
    return [*let, *(["signin"] if signin.status_code != 403 else [])]


def test_every_fault_of_this_family_is_tested_here() -> None:
    """No fault of this family lacks a test in this file."""
    modules = {family.__name__, links.__name__, origins.__name__}
    ours = {name for name, fault in REGISTRY.items() if fault.unit.__module__ in modules}
    assert ours == {
        *LETS_THROUGH,
        "csrf.short-token",
        "csrf.acts-then-refuses",
        "csrf.get-signout",
        "csrf.delete-open",
        "csrf.double-submit",
        "csrf.method-by-link",
        "csrf.method-by-header",
        "csrf.logout-by-link",
        "csrf.old-token-good",
        "csrf.undescribed-open",
    }


async def test_a_healthy_service_takes_only_its_own_pages(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Without a fault only the right token from the own origin is accepted."""
    assert await tried(alice, bob) == ["own"]


LETS_THROUGH = {
    "csrf.off": ["nothing", "wrong", "foreign", "own"],
    "csrf.presence-only": ["wrong", "foreign", "own"],
    "csrf.unbound": ["foreign", "own"],
    "csrf.one-for-all": ["foreign", "own"],
    "csrf.origin-ignored": ["origin", "own"],
    "csrf.cross-site-ignored": ["cross-site", "own"],
    "csrf.signin-open": ["own", "signin"],
    "csrf.own-origin-refused": [],
}


@pytest.mark.parametrize(("app", "through"), LETS_THROUGH.items(), indirect=["app"])
async def test_a_fault_lets_through_what_it_says(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, through: list[str]
) -> None:
    """With each fault, exactly the requests get through that its sentence names."""
    assert await tried(alice, bob) == through


@with_fault("csrf.short-token")
async def test_short_token(alice: httpx.AsyncClient) -> None:
    """The token has sixteen hexadecimal digits, and works."""
    assert len(alice.headers[TOKEN]) == 16
    assert (await alice.post("/projects", json={"name": "House"})).status_code == 201


@with_fault("csrf.acts-then-refuses")
async def test_acts_then_refuses(alice: httpx.AsyncClient) -> None:
    """Without its token a request is refused, and carried out all the same."""
    answer = await alice.post("/projects", json={"name": "House"}, headers={TOKEN: ""})
    del alice.headers[TOKEN]
    silent = await alice.post("/projects", json={"name": "Garden"})
    assert (answer.status_code, silent.status_code) == (403, 403)
    assert [one["name"] for one in (await alice.get("/projects")).json()["items"]] == ["Garden"]


@with_fault("csrf.method-by-header")
async def test_method_by_header(alice: httpx.AsyncClient) -> None:
    """A field of the header deletes, without a token."""
    made = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    del alice.headers[TOKEN]
    assert (await alice.head(f"/projects/{made}")).status_code == 200
    asked = await alice.head(f"/projects/{made}", headers={"X-HTTP-Method-Override": "DELETE"})
    assert asked.status_code == 204


@with_fault("csrf.logout-by-link")
async def test_logout_by_link(alice: httpx.AsyncClient) -> None:
    """A GET on the old path ends the session; the new one still wants more."""
    assert (await alice.get("/auth/signout")).status_code == 405
    assert (await alice.get("/auth/logout")).status_code == 204
    assert (await alice.get("/auth/session")).status_code == 401


@with_fault("csrf.old-token-good")
async def test_old_token_good(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """The token of the session before is believed, and nobody else's."""
    old = alice.headers[TOKEN]
    assert (await alice.post("/projects", json={"name": "House"})).status_code == 201
    assert (await bob.post("/projects", json={"name": "Yard"})).status_code == 201
    del alice.headers[TOKEN]
    signin = {"email": "alice@example.org", "password": "correct horse battery staple"}
    alice.cookies.clear()
    assert (await alice.post("/auth/signin", json=signin)).status_code == 200
    for token, status in ((old, 201), (bob.headers[TOKEN], 403), ("0" * 64, 403)):
        assert (await alice.post("/projects", json={"name": "x"}, headers={TOKEN: token})).status_code == status


@with_fault("csrf.get-signout")
async def test_get_signout(alice: httpx.AsyncClient) -> None:
    """A GET on the way out ends the session."""
    assert (await alice.get("/auth/signout")).status_code == 204
    assert (await alice.get("/auth/session")).status_code == 401


@with_fault("csrf.delete-open")
async def test_delete_open(alice: httpx.AsyncClient) -> None:
    """What deletes is done without a token, and nothing else is."""
    made = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    del alice.headers[TOKEN]
    assert (await alice.post("/projects", json={"name": "Garden"})).status_code == 403
    assert (await alice.delete(f"/projects/{made}")).status_code == 204


@with_fault("csrf.undescribed-open")
async def test_undescribed_open(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """The new route is in the document, wants a session, and no token."""
    del alice.headers[TOKEN]
    assert "/invitations" in (await client.get("/openapi.json")).json()["paths"]
    assert (await client.post("/invitations")).status_code == 401
    assert (await alice.post("/invitations")).status_code == 200


@with_fault("csrf.double-submit")
async def test_double_submit(alice: httpx.AsyncClient) -> None:
    """Whoever plants the cookie chooses the token; a token without its cookie is wrong."""
    session = alice.cookies.get("__Host-session")
    forged = {TOKEN: "x", "Cookie": f"__Host-session={session}; csrf_token=x"}
    assert (await alice.post("/projects", json={"name": "House"}, headers={TOKEN: "x"})).status_code == 403
    assert (await alice.post("/projects", json={"name": "House"}, headers=forged)).status_code == 201


@with_fault("csrf.method-by-link")
async def test_method_by_link(alice: httpx.AsyncClient) -> None:
    """A link deletes, without a token."""
    made = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    del alice.headers[TOKEN]
    assert (await alice.get(f"/projects/{made}")).status_code == 200
    assert (await alice.get(f"/projects/{made}?_method=DELETE")).status_code == 204
