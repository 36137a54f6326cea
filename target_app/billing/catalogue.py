"""The plans on sale. Prices are decided here and nowhere else, least of all by a client."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_app.settings import Settings

PlanId = Literal["FREE", "PREMIUM", "ENTERPRISE"]
PaidPlanId = Literal["PREMIUM", "ENTERPRISE"]

DEFAULT_MODEL = "scripted-small"
MODELS: Mapping[str, PlanId] = {
    "scripted-nano": "FREE",
    "scripted-mini": "FREE",
    DEFAULT_MODEL: "FREE",
    "scripted-fast": "FREE",
    "scripted-plain": "FREE",
    "scripted-large": "PREMIUM",
    "scripted-long": "PREMIUM",
    "scripted-max": "ENTERPRISE",
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a member pays each month, and what for. `monthly_messages` is None where there is no limit."""

    id: PlanId
    price_cents: int
    currency: str = "usd"
    monthly_messages: int | None
    models: tuple[str, ...] = ()


# From the smallest to the largest: each includes the models of those before it.
PLANS: Mapping[str, Plan] = {
    "FREE": Plan(id="FREE", price_cents=0, monthly_messages=100),
    "PREMIUM": Plan(id="PREMIUM", price_cents=990, monthly_messages=500),
    "ENTERPRISE": Plan(id="ENTERPRISE", price_cents=9900, monthly_messages=None),
}


def models(settings: Settings) -> Mapping[str, PlanId]:
    """Give every model on offer with the smallest plan that includes it."""
    return settings.models or MODELS


def default_model(settings: Settings) -> str:
    """Give the model of who never chose: our usual one, or else the first on offer."""
    offered = models(settings)
    return DEFAULT_MODEL if DEFAULT_MODEL in offered else next(iter(offered))


def plans(settings: Settings) -> dict[str, Plan]:
    """Give the plans as this service sells them, with their sizes and models."""
    return {name: plan_named(settings, name) for name in PLANS}


def plan_named(settings: Settings, plan_id: str) -> Plan:
    """Give one of the plans as this service sells it. Raises KeyError."""
    sizes = {
        "FREE": settings.free_messages,
        "PREMIUM": settings.premium_messages,
        "ENTERPRISE": settings.enterprise_messages,
    }
    included = smaller_or_same(plan_id)
    names = tuple(name for name, smallest in models(settings).items() if smallest in included)
    return replace(PLANS[plan_id], monthly_messages=sizes[plan_id], models=names)


def smaller_or_same(plan_id: str) -> list[str]:
    """Name the plans up to this one."""
    names = list(PLANS)
    return names[: names.index(plan_id) + 1]


def larger(plan_id: str) -> list[str]:
    """Name the plans above this one."""
    names = list(PLANS)
    return names[names.index(plan_id) + 1 :]
