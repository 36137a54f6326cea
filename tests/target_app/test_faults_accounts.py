"""Each fault of accounts and sessions opens what it says, and nothing else."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import httpx
import jwt
import pytest
from fastapi import FastAPI

import target_app.faults  # noqa: F401  registers the catalogue
from target_app.accounts import routes, sessions, signup, tokens
from target_app.fault import choose, install
from target_app.protection import limits
from tests.target_app.conftest import PASSWORD, SignUp


@pytest.fixture
def _kept() -> Iterator[None]:
    """Puts back whatever a fault replaced."""
    modules = (routes, sessions, signup, tokens, limits)
    before = [dict(vars(module)) for module in modules]
    yield
    for module, names in zip(modules, before, strict=True):
        vars(module).update(names)


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, _kept: None) -> FastAPI:
    """The service with the fault that the test names."""
    install(app, [choose(request.param)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


@with_fault("auth.open-rename")
async def test_open_rename(client: httpx.AsyncClient) -> None:
    """Nobody renames a conversation, and reads none."""
    assert (await client.patch("/conversations/1", json={"title": "x"})).status_code == 200
    assert (await client.get("/conversations/1")).status_code == 401


@with_fault("auth.open-members")
async def test_open_members(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """Nobody sees every member's address, by a route that the document names."""
    assert "/members/{group}" in (await client.get("/openapi.json")).json()["paths"]
    assert (await client.get("/members/all")).json() == ["alice@example.org"]
    assert (await alice.get("/auth/session")).status_code == 200


FORGED = {
    "auth.unsigned-token": ["UNSIGNED_1", "UNSIGNED_4", "STRIPPED", "KNOWN_SECRET_3", "KNOWN_SECRET_4", "wrong"],
    "auth.alg-none": ["UNSIGNED_1", "UNSIGNED_4"],
    "auth.sample-secret": ["KNOWN_SECRET_3"],
}


def forge(token: str, way: str) -> str:
    """Another token that says the same."""
    header, claims, signature = token.split(".")
    bare = {"UNSIGNED_1": "none", "UNSIGNED_4": "nOnE"}
    if way in bare:
        return f"{jwt.utils.base64url_encode(json.dumps({'alg': bare[way]}).encode()).decode()}.{claims}."
    if way == "STRIPPED":
        return f"{header}.{claims}."
    secret = {"KNOWN_SECRET_3": b"changeme", "KNOWN_SECRET_4": b"change-me"}.get(way, signature.encode())
    digest = hmac.digest(secret, f"{header}.{claims}".encode(), hashlib.sha256)
    return f"{header}.{claims}.{jwt.utils.base64url_encode(digest).decode()}"


@pytest.mark.parametrize(("app", "believed"), FORGED.items(), indirect=["app"])
async def test_signing(alice: httpx.AsyncClient, client: httpx.AsyncClient, believed: list[str]) -> None:
    """With each fault exactly the forgeries are believed that its sentence names, while the right token works."""
    token = str(alice.cookies.get("__Host-session"))
    answers = {
        way: await client.get("/auth/session", headers={"Cookie": f"__Host-session={forge(token, way)}"})
        for way in FORGED["auth.unsigned-token"]
    }
    assert [way for way, answer in answers.items() if answer.status_code == 200] == believed
    assert (await alice.get("/auth/session")).status_code == 200


@with_fault("auth.reuse-forgiven")
async def test_reuse_forgiven(alice: httpx.AsyncClient) -> None:
    """An old refresh token is refused, and the session lives on."""
    old = alice.cookies.get("__Secure-refresh")
    assert (await alice.post("/auth/refresh")).status_code == 200
    new = {"Cookie": f"__Host-session={alice.cookies.get('__Host-session')}"}
    del alice.headers["X-CSRF-Token"]
    alice.cookies.clear()
    assert (await alice.post("/auth/refresh", headers={"Cookie": f"__Secure-refresh={old}"})).status_code == 401
    assert (await alice.get("/auth/session", headers=new)).status_code == 200


@with_fault("auth.renames-then-refuses")
async def test_renames_then_refuses(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """A stranger is told that there is no such conversation, and it has another title."""
    made = (await alice.post("/conversations", json={"title": "mine"})).json()["id"]
    assert (await bob.patch(f"/conversations/{made}", json={"title": "x"})).status_code == 404
    assert (await alice.get(f"/conversations/{made}")).json()["title"] == "renamed by anybody"


@with_fault("auth.plan-in-settings")
async def test_plan_in_settings(alice: httpx.AsyncClient) -> None:
    """The plan is what the settings asked for, and so is the theme."""
    answer = await alice.patch("/settings", json={"theme": "dark", "plan": "PREMIUM", "role": "admin"})
    assert (answer.status_code, answer.json()["theme"]) == (200, "dark")
    assert (await alice.get("/billing/plan")).json()["plan"] == "PREMIUM"


@with_fault("auth.plan-at-sign-up")
async def test_plan_at_sign_up(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """A sign-up that asks for a plan is taken, and one that asks for none is as ever."""
    wishes = {"email": "eve@example.org", "password": "correct horse battery", "plan": "PREMIUM"}
    assert (await client.post("/auth/signup", json=wishes)).status_code == 202
    assert (await alice.get("/billing/plan")).json()["plan"] == "FREE"


@with_fault("auth.case-counts")
async def test_case_counts(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """The address in capitals signs nobody in; as it is, it does."""
    told = {"password": PASSWORD}
    assert (await client.post("/auth/signin", json={"email": "ALICE@EXAMPLE.ORG", **told})).status_code == 401
    assert (await client.post("/auth/signin", json={"email": "alice@example.org", **told})).status_code == 200
    assert (await alice.get("/auth/session")).status_code == 200


def cookies_of(browser: httpx.AsyncClient) -> dict[str, str]:
    """The header field with which a browser shows its session."""
    return {"Cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)}


SIGN_IN = {"email": "alice@example.org", "password": PASSWORD}


@with_fault("auth.deletes-nothing")
async def test_deletes_nothing(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """What is said to be deleted is there."""
    before = cookies_of(alice)
    assert (await alice.delete("/auth/account")).status_code == 204
    assert (await client.get("/auth/session", headers=before)).status_code == 200
    assert (await client.post("/auth/signin", json=SIGN_IN)).status_code == 200


@with_fault("auth.deleted-goes-on")
async def test_deleted_goes_on(alice: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    """The session outlives the account, to which nobody signs in any more."""
    before = cookies_of(alice)
    assert (await alice.delete("/auth/account")).status_code == 204
    assert (await client.get("/auth/session", headers=before)).status_code == 200
    assert (await client.post("/auth/signin", json=SIGN_IN)).status_code == 401


@with_fault("auth.deleted-comes-back")
async def test_deleted_comes_back(sign_up: SignUp, client: httpx.AsyncClient) -> None:
    """The account is shut until somebody signs up with its address, who finds it as it was."""
    alice = await sign_up("alice")
    await alice.post("/conversations", json={"title": "mine"})
    before = cookies_of(alice)
    assert (await alice.delete("/auth/account")).status_code == 204
    assert (await client.get("/auth/session", headers=before)).status_code == 401
    assert (await client.post("/auth/signin", json=SIGN_IN)).status_code == 403
    anew = await sign_up("alice")
    assert "mine" in (await anew.get("/conversations")).text
