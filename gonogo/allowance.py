"""What an answer tells of a limit, in the fields of draft-ietf-httpapi-ratelimit-headers-11 and in X-RateLimit-*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gonogo.burst import moment
from gonogo.structured import Malformed, items_of

if TYPE_CHECKING:
    from gonogo.budget import Limit
    from gonogo.exchange import Exchange
    from gonogo.structured import Item

Family = Literal["draft-11", "x-ratelimit"]
RATELIMIT, POLICY = "ratelimit", "ratelimit-policy"
FAMILIES: dict[str, tuple[Family, ...]] = {
    "draft-11": ("draft-11",),
    "x-ratelimit": ("x-ratelimit",),
    "both": ("draft-11", "x-ratelimit"),
}
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
    return in_draft(exchange, limit) if family == "draft-11" else in_x_fields(exchange)


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
    parts = ("limit", "remaining", "reset")
    limit, remaining, reset = (whole(exchange.headers.get(f"x-ratelimit-{part}")) for part in parts)
    if reset is None or reset < EPOCH_S:
        return Told(requests=limit, remaining=remaining, reset_s=reset)
    now = moment(exchange.headers.get("date"))
    return Told(requests=limit, remaining=remaining, reset_s=reset - (exchange.started_at if now is None else now))


def whole(text: str) -> int | None:
    """A whole number, None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def remaining(exchange: Exchange) -> int | None:
    """What an answer says is left of the first limit that it tells of, in whatever fields."""
    first = next(iter(lenient(exchange, RATELIMIT)), None)
    return in_x_fields(exchange).remaining if first is None else number(first, "r")
