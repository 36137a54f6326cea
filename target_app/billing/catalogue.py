"""The plans on sale. Prices are decided here and nowhere else, least of all by a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlanId = Literal["FREE", "PREMIUM", "ENTERPRISE"]
PaidPlanId = Literal["PREMIUM", "ENTERPRISE"]
ModelId = Literal[
    "scripted-nano",
    "scripted-mini",
    "scripted-small",
    "scripted-fast",
    "scripted-plain",
    "scripted-large",
    "scripted-long",
    "scripted-max",
]

FREE_MODELS: tuple[ModelId, ...] = (
    "scripted-nano",
    "scripted-mini",
    "scripted-small",
    "scripted-fast",
    "scripted-plain",
)
PREMIUM_MODELS: tuple[ModelId, ...] = (*FREE_MODELS, "scripted-large", "scripted-long")
ENTERPRISE_MODELS: tuple[ModelId, ...] = (*PREMIUM_MODELS, "scripted-max")
DEFAULT_MODEL: ModelId = "scripted-small"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a member pays each month, and what for."""

    id: PlanId
    price_cents: int
    currency: str = "usd"
    monthly_messages: int
    models: tuple[ModelId, ...]


PLANS: dict[str, Plan] = {
    "FREE": Plan(id="FREE", price_cents=0, monthly_messages=100, models=FREE_MODELS),
    "PREMIUM": Plan(id="PREMIUM", price_cents=990, monthly_messages=500, models=PREMIUM_MODELS),
    "ENTERPRISE": Plan(id="ENTERPRISE", price_cents=9900, monthly_messages=20_000, models=ENTERPRISE_MODELS),
}
