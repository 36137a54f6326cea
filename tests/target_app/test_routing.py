"""The table of operations."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from target_app.accounts.dependencies import current_user
from target_app.accounts.models import User
from target_app.app import build_app
from target_app.routing import attach
from target_app.settings import Settings
from tests.target_app.conftest import client_of


async def test_each_app_has_its_own_overrides(app: FastAPI, settings: Settings) -> None:
    """What is put in the place of a dependency of one app is not asked for another one."""
    other = build_app(settings)
    other.dependency_overrides[current_user] = lambda: User(id="somebody", plan="FREE")
    async with client_of(app) as here, client_of(other) as there:
        assert (await here.get("/conversations")).status_code == httpx.codes.UNAUTHORIZED
        assert (await there.get("/conversations")).status_code == httpx.codes.OK
    await other.state.database.close()


def test_takes_operations_only() -> None:
    """A router in a router is refused: what the outer one adds to its operations would be lost."""
    outer = APIRouter(prefix="/outer")
    outer.include_router(APIRouter())
    with pytest.raises(TypeError, match="no operation"):
        attach(FastAPI(), [outer])
