"""What an answer tells of a limit: in RateLimit fields (draft-11), in X-RateLimit-*, or in a vendor's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from gonogo.retry_after import moment
from gonogo.structured import Malformed, items_of

if TYPE_CHECKING:
    from gonogo.budget import Limit
    from gonogo.exchange import Exchange
    from gonogo.structured import Item

Family = Literal["draft-11", "x-ratelimit", "openai", "anthropic"]
RATELIMIT, POLICY = "ratelimit", "ratelimit-policy"
FAMILIES: dict[str, tuple[Family, ...]] = {
    "draft-11": ("draft-11",),
    "x-ratelimit": ("x-ratelimit",),
    "both": ("draft-11", "x-ratelimit"),
    "openai": ("openai",),
    "anthropic": ("anthropic",),
}
X_FIELDS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
VENDORS: dict[str, tuple[str, str, str]] = {
    "openai": ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    "anthropic": (
        "anthropic-ratelimit-requests-limit",
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
}
"""Beside fields about tokens these have three of the limit of requests: its size, what is left, when there is more."""
DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII)
SECONDS = (3600.0, 60.0, 1.0, 0.001)
EPOCH_S = 1_000_000_000.0  # what is more is no time to wait: it is a date


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one answer tells of a limit: its size, what is left, and the seconds until there is more."""

    requests: int | None = None
    window_s: int | None = None
    remaining: int | None = None
    reset_s: float | None = None


def families(promised: str) -> tuple[Family, ...]:
    """The families of fields that a profile promises."""
    return FAMILIES[promised]


def told(exchange: Exchange, limit: Limit, family: Family) -> Told:
    """What an answer tells of a limit in one family of fields; what cannot be read is not told."""
    if family == "draft-11":
        return in_draft(exchange, limit)
    return in_x_fields(exchange) if family == "x-ratelimit" else in_vendors(exchange, VENDORS[family])


def in_draft(exchange: Exchange, limit: Limit) -> Told:
    """As the draft has it: of several policies that of the limit's name, or else of its size, or else the first."""
    policies, left = lenient(exchange, POLICY), lenient(exchange, RATELIMIT)
    sized = [one.value for one in policies if (one.parameters.get("q"), one.parameters.get("w")) == size(limit)]
    wanted = [limit.name, *sized]
    policy = next((one for name in wanted for one in policies if one.value == name), next(iter(policies), None))
    name = policy.value if policy else limit.name
    now = next((one for one in left if one.value == name), next(iter(left), None))
    return Told(
        requests=number(policy, "q"), window_s=number(policy, "w"), remaining=number(now, "r"), reset_s=number(now, "t")
    )


def size(limit: Limit) -> tuple[int, int]:
    """A limit's size as a policy tells it."""
    return limit.requests, int(limit.window_s)


def lenient(exchange: Exchange, field: str) -> tuple[Item, ...]:
    """The items of a field; none where it cannot be read, which another check complains of."""
    try:
        return items_of(joined(exchange, field))
    except Malformed:
        return ()


def joined(exchange: Exchange, field: str) -> str:
    """All lines of a field as one (RFC 9110, 5.3)."""
    return ", ".join(exchange.headers.all(field))


def number(item: Item | None, name: str) -> int | None:
    """A parameter that is a whole number."""
    value = item.parameters.get(name) if item else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def in_x_fields(exchange: Exchange) -> Told:
    """As most services have it; a reset is in seconds from now, or since the epoch."""
    limit, remaining, reset = (whole(exchange.headers.get(name)) for name in X_FIELDS)
    if reset is None or reset < EPOCH_S:
        return Told(requests=limit, remaining=remaining, reset_s=reset)
    return Told(requests=limit, remaining=remaining, reset_s=reset - now_at(exchange))


def in_vendors(exchange: Exchange, names: tuple[str, str, str]) -> Told:
    """As services of models have it; a reset is a duration such as 6m0s, or a moment such as 2026-01-31T12:00:00Z."""
    limit, remaining, reset = (exchange.headers.get(name) for name in names)
    return Told(requests=whole(limit), remaining=whole(remaining), reset_s=until(reset, exchange))


def until(text: str, exchange: Exchange) -> float | None:
    """The seconds until a moment (RFC 3339), or that a duration has; None for anything else."""
    found = DURATION.fullmatch(text.strip())
    if found and any(found.groups()):
        return sum(float(part) * unit for part, unit in zip(found.groups(), SECONDS, strict=True) if part)
    try:
        then = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return then.timestamp() - now_at(exchange) if then.tzinfo else None


def now_at(exchange: Exchange) -> float:
    """The moment of an answer, by the target's clock where it tells."""
    now = moment(exchange.headers.get("date"))
    return exchange.started_at if now is None else now


def whole(text: str) -> int | None:
    """A whole number, None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def remaining(exchange: Exchange) -> int | None:
    """What an answer says is left of the first limit that it tells of, in whatever fields."""
    first = next(iter(lenient(exchange, RATELIMIT)), None)
    if first is not None:
        return number(first, "r")
    said = [in_x_fields(exchange), *(in_vendors(exchange, names) for names in VENDORS.values())]
    return next((one.remaining for one in said if one.remaining is not None), None)
