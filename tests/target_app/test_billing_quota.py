"""Plans: how many messages a month, which models, and what a refusal tells."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from target_app.accounts.models import User
from target_app.billing import catalogue, quota
from target_app.errors import Problem
from target_app.settings import Environment, Settings


def settings_with(**changes: object) -> Settings:
    """Settings of a service in test."""
    return Settings.model_validate({"environment": Environment.TEST, **changes})


def with_settings(**changes: object) -> pytest.MarkDecorator:
    """Start the service with other settings."""
    return pytest.mark.parametrize("changes", [changes])


@pytest.fixture
def changes() -> dict[str, object]:
    """What a test wants otherwise."""
    return {}


@pytest.fixture
def settings(settings: Settings, changes: dict[str, object]) -> Settings:
    """The usual settings with the changes of the test."""
    return Settings.model_validate({**settings.model_dump(), **changes})


async def start(member: httpx.AsyncClient) -> str:
    """Start a conversation; the path of its messages."""
    return f"/conversations/{(await member.post('/conversations', json={'title': 'Chat'})).json()['id']}/messages"


async def use(member: httpx.AsyncClient) -> tuple[int | None, int]:
    """How many messages are allowed, and how many used."""
    plan = (await member.get("/billing/plan")).json()
    return plan["monthly_messages"], plan["used_messages"]


async def upgrade(app: FastAPI, plan: str) -> None:
    """Put the only member on a plan, as a payment would."""
    async with app.state.database.sessions.begin() as db:
        (await db.get(User, await user_id(app))).plan = plan


async def user_id(app: FastAPI) -> str:
    """The id of the only member."""
    async with app.state.database.sessions() as db:
        found = await db.connection()
        return str((await found.exec_driver_sql("SELECT id FROM users")).scalar_one())


@with_settings(free_messages=2)
async def test_quota_ends_with_a_way_out(alice: httpx.AsyncClient, settings: Settings) -> None:
    """The first message over the month's quota is refused with a way out; deleting messages gives none back."""
    path = await start(alice)
    for content in ("one", "two"):
        assert (await alice.post(path, json={"content": content})).status_code == 200
    refused = await alice.post(path, json={"content": "three"})
    assert settings.free_messages == 2
    assert (refused.status_code, refused.json()["title"]) == (403, "Quota used up")
    assert "POST /billing/orders" in refused.json()["detail"]
    assert refused.json()["upgrade_to"] == ["PREMIUM", "ENTERPRISE"]
    assert len((await alice.get(path)).json()["items"]) == 4
    await alice.delete(path.removesuffix("/messages"))
    assert (await alice.post(await start(alice), json={"content": "three"})).status_code == 403
    assert await use(alice) == (2, 2)


@with_settings(free_messages=1)
async def test_an_upgrade_opens_the_way(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """With a larger plan the next message is taken; what was used before stays counted."""
    path = await start(alice)
    await alice.post(path, json={"content": "one"})
    assert (await alice.post(path, json={"content": "two"})).status_code == 403
    await upgrade(app, "PREMIUM")
    assert (await alice.post(path, json={"content": "two"})).status_code == 200
    assert await use(alice) == (500, 2)


@with_settings(free_messages=5)
async def test_quota_is_exact_when_all_come_at_once(alice: httpx.AsyncClient) -> None:
    """Of ten messages at the same time exactly the five that are left are taken."""
    paths = [await start(alice) for _ in range(10)]
    answers = await asyncio.gather(*(alice.post(path, json={"content": "Hi"}) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [403] * 5
    assert await use(alice) == (5, 5)


async def test_enterprise_has_no_limit(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """The largest plan counts and never refuses."""
    await upgrade(app, "ENTERPRISE")
    assert (await alice.post(await start(alice), json={"content": "Hi"})).status_code == 200
    assert await use(alice) == (None, 1)


@with_settings(enterprise_messages=1)
async def test_the_largest_plan_names_no_larger_one(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """Where the largest plan is limited and used up, no plan is named that does not exist."""
    await upgrade(app, "ENTERPRISE")
    path = await start(alice)
    await alice.post(path, json={"content": "Hi"})
    assert (await alice.post(path, json={"content": "Hi"})).json()["upgrade_to"] == []


async def test_a_month_ends_in_utc(app: FastAPI, alice: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The count starts anew with the first moment of the next month in UTC, and not before."""
    settings = settings_with(free_messages=1)
    user = User(id=await user_id(app), plan="FREE")
    assert alice
    async with app.state.database.sessions.begin() as db:
        monkeypatch.setattr(quota, "utcnow", lambda: datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
        await quota.spend(db, user, settings)
        with pytest.raises(Problem) as refused:
            await quota.spend(db, user, settings)
        assert refused.value.extra["resets_on"] == "2027-01-01"
        monkeypatch.setattr(quota, "utcnow", lambda: datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC))
        await quota.spend(db, user, settings)


async def test_models_tell_what_a_plan_has(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """Every model is listed with the smallest plan that has it; the five of the free plan are available to her."""
    before = (await alice.get("/models")).json()["items"]
    await upgrade(app, "PREMIUM")
    after = (await alice.get("/models")).json()["items"]
    assert before[2] == {"id": "scripted-small", "plan": "FREE", "available": True, "default": True}
    assert [(one["id"], one["plan"]) for one in before] == list(catalogue.MODELS.items())
    assert sum(one["available"] for one in before) == 5
    assert sum(one["available"] for one in after) == 7


async def test_each_model_answers_or_is_refused_as_listed(alice: httpx.AsyncClient) -> None:
    """What the list calls available answers, what it does not is refused with the plans that would bring it."""
    path = await start(alice)
    for model in (await alice.get("/models")).json()["items"]:
        answer = await alice.post(path, json={"content": "Hi", "model": model["id"]})
        assert answer.status_code == (200 if model["available"] else 403)
    assert answer.json()["upgrade_to"] == ["ENTERPRISE"]
    assert await use(alice) == (100, 5)


@with_settings(models="small=FREE, large:8b=PREMIUM")
async def test_models_are_configuration(alice: httpx.AsyncClient) -> None:
    """Models that the settings name take the place of ours; the first is everybody's default."""
    items = (await alice.get("/models")).json()["items"]
    answer = await alice.post(await start(alice), json={"content": "Hi"})
    assert [(one["id"], one["available"], one["default"]) for one in items] == [
        ("small", True, True),
        ("large:8b", False, False),
    ]
    assert '"model":"small"' in answer.text
    assert (await alice.get("/settings")).json()["default_model"] == "small"


async def test_models_want_a_session(client: httpx.AsyncClient) -> None:
    """The list depends on the member, so a stranger gets none."""
    assert (await client.get("/models")).status_code == 401


def test_a_model_of_no_plan_is_refused() -> None:
    """A model whose plan does not exist stops the service at its start."""
    with pytest.raises(ValidationError, match="models"):
        settings_with(models="small=GOLD")


@with_settings(message_quotas="@example.org=1", free_messages=3)
async def test_members_with_a_quota_of_their_own(alice: httpx.AsyncClient) -> None:
    """Members of a domain have the number of messages that is set for it, and their plan tells it."""
    path = await start(alice)
    answers = [await alice.post(path, json={"content": content}) for content in ("one", "two")]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert await use(alice) == (1, 1)


def test_an_address_goes_before_its_domain() -> None:
    """What is set for one address counts, not what is set for its domain; nobody else is touched."""
    settings = settings_with(message_quotas="@a.example=1,ada@a.example=2", free_messages=9)
    quotas = {one: quota.plan_of(User(email=one, plan="FREE"), settings).monthly_messages for one in ADDRESSES}
    assert quotas == {"ada@a.example": 2, "bob@a.example": 1, "eve@b.example": 9}


ADDRESSES = ("ada@a.example", "bob@a.example", "eve@b.example")
