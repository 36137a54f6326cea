"""Faults of what a plan allows, and of what is answered without a model."""

import asyncio
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing import catalogue, quota
from target_app.chat import cache
from target_app.chat.provider import Turn
from target_app.errors import Problem
from target_app.fault import fault
from target_app.faults.changed import ChangedDocument
from target_app.settings import Settings

PAUSE_S = 0.1


@fault("quota.unlimited", detected_by={"quota.enforced"})
def unlimited(_app: FastAPI) -> None:
    """Every message is counted, and none refused."""

    async def spend(db: AsyncSession, user: User, settings: Settings) -> None:
        _ = settings
        values = {"user_id": user.id, "month": quota.this_month(), "allowed": quota.WITHOUT_LIMIT}
        await db.execute(quota.SPEND_ONE, values)

    quota.spend = spend


@fault("quota.raced", detected_by={"quota.enforced"})
def raced(_app: FastAPI) -> None:
    """The count is read, and a moment later written: what comes together passes together."""

    async def spend(db: AsyncSession, user: User, settings: Settings) -> None:
        allowed = quota.plan_of(user, settings).monthly_messages
        if allowed is not None and await quota.used(db, user) >= allowed:
            raise Problem(403, "No more messages.", extra={"upgrade_to": catalogue.larger(user.plan)})
        await asyncio.sleep(PAUSE_S)
        values = {"user_id": user.id, "month": quota.this_month(), "allowed": quota.WITHOUT_LIMIT}
        await db.execute(quota.SPEND_ONE, values)

    quota.spend = spend


@fault("quota.counted-twice", detected_by={"quota.none-lost"})
def counted_twice(_app: FastAPI) -> None:
    """A message is counted when it comes, and when it is answered."""
    once = quota.spend

    async def spend(db: AsyncSession, user: User, settings: Settings) -> None:
        await once(db, user, settings)
        await once(db, user, settings)

    quota.spend = spend


@fault("quota.dead-end", detected_by={"quota.way-out"})
def dead_end(_app: FastAPI) -> None:
    """Who has used up a plan is told no more than that."""
    told = quota.spend

    async def spend(db: AsyncSession, user: User, settings: Settings) -> None:
        try:
            await told(db, user, settings)
        except Problem as problem:
            raise Problem(403, "No more messages.") from problem

    quota.spend = spend


@fault("quota.model-open", detected_by={"quota.model-outside"})
def model_open(_app: FastAPI) -> None:
    """Whoever names a model gets it, whatever the plan."""

    def require_model(user: User, model: str, settings: Settings) -> None:
        _ = user, model, settings

    quota.require_model = require_model


@fault("quota.model-shut", detected_by={"quota.model-inside"})
def model_shut(_app: FastAPI) -> None:
    """Of the plan's models only the usual one answers."""
    require = quota.require_model

    def require_model(user: User, model: str, settings: Settings) -> None:
        require(user, model, settings)
        if model != catalogue.default_model(settings):
            raise Problem(503, "This model is not available.")

    quota.require_model = require_model


@fault("quota.model-hidden", detected_by={"quota.models-listed"})
class ModelHidden(ChangedDocument):
    """The list of models lacks one."""

    path, key = "/models", "items"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Leave it out."""
        return {"items": [one for one in document["items"] if one["id"] != "scripted-plain"]}


@fault("cache.shared", detected_by={"chat.cache-own"})
def cache_shared(_app: FastAPI) -> None:
    """Members are answered from each other's answers."""
    exact, place = cache._exact_key, cache._place_key  # noqa: SLF001  what the fault gets wrong is in there
    cache._exact_key = lambda user_id, ask: exact(user_id[:0], ask)  # noqa: SLF001  the same
    cache._place_key = lambda user_id, ask: place(user_id[:0], ask)  # noqa: SLF001  the same


@fault("cache.without-context", detected_by={"chat.cache-in-context"})
def cache_without_context(_app: FastAPI) -> None:
    """The cache looks at the last words alone, not at what was said before."""
    whole = cache._digest  # noqa: SLF001  the same

    def last_words(model: str, turns: tuple[Turn, ...]) -> str:
        return whole(model, turns[-1:])

    cache._digest = last_words  # noqa: SLF001  the same
