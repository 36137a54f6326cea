"""Each fault of accounts and sessions opens what it says, and nothing else."""

import httpx
import pytest
from fastapi import FastAPI

from target_app.fault import choose, install


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest) -> FastAPI:
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
