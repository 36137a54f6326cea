"""Which models there are, and which of them the member's plan includes."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from target_app.accounts.dependencies import CurrentUser
from target_app.billing import catalogue, quota
from target_app.billing.catalogue import PlanId
from target_app.database import Db
from target_app.errors import problems
from target_app.preferences.choice import chosen
from target_app.settings import Config

router = APIRouter(tags=["chat"])


class ModelOut(BaseModel):
    """A model, and who may ask it."""

    id: str
    plan: PlanId = Field(description="The smallest plan that includes it.")
    available: bool = Field(description="Whether the member's plan includes it.")
    default: bool = Field(description="Whether it answers when a message names no model.")


class ModelList(BaseModel):
    """Every model on offer."""

    items: list[ModelOut]


@router.get("/models", operation_id="list_models", summary="List models", responses=problems(401, 429))
async def list_models(user: CurrentUser, db: Db, settings: Config) -> ModelList:
    """List every model, also those that a larger plan would bring."""
    included = quota.plan_of(user, settings).models
    default = (await chosen(db, user, settings)).default_model
    return ModelList(
        items=[
            ModelOut(id=name, plan=plan, available=name in included, default=name == default)
            for name, plan in catalogue.models(settings).items()
        ]
    )
