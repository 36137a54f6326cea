"""What a health answer says of the service's condition, in the words of the format that it promises. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.exchange import Exchange


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of health: its words for good and for bad, and its media types. Without words any may stand there."""

    well: frozenset[str] = frozenset()
    ill: frozenset[str] = frozenset()
    media_types: tuple[str, ...]
    says_so: bool = False
    """Whether it must say how it is, though in words of its own."""


SPRING = "application/vnd.spring-boot.actuator"
FORMATS = {
    "health+json": Format(
        well=frozenset({"pass", "ok", "up", "warn"}),
        ill=frozenset({"fail", "error", "down"}),
        media_types=("application/health+json", "application/json"),
    ),
    "spring": Format(
        well=frozenset({"up", "unknown"}),
        ill=frozenset({"down", "out_of_service"}),
        media_types=("application/json", *(f"{SPRING}.v{version}+json" for version in (3, 2))),
    ),
    "json": Format(media_types=("application/json", "application/health+json"), says_so=True),
    "plain": Format(media_types=("text/plain",)),
}
"""The formats that a profile can promise: draft-inadarei-api-health-check-06, Spring Boot's Actuator,
any JSON document with a field that says how it is, plain text."""

NEGATION = re.compile(r"^(not|non|un)[ _-]?")
GOOD_NEWS = {"pass", "ok", "up", "warn", "healthy", "alive", "live", "ready", "running", "serving", "available"}
GOOD_NEWS |= {"operational", "online", "green", "success", "passing", "warning", "degraded", "yellow"}
BAD_NEWS = {"fail", "error", "down", "failed", "failing", "failure", "critical", "broken", "dead", "offline"}
BAD_NEWS |= {"out_of_service", "out of service", "red"}
SAYS_SO = ("status", "healthy", "ok", "alive", "live", "ready", "up", "available", "success")
"""The fields in which a service says how it is, some as a word, some as yes or no."""
LONGEST_WORD = 40


def status_in(exchange: Exchange) -> str | None:
    """The status that an answer names, in lower case: that of a document, or a word that is all of a plain text."""
    try:
        document = exchange.json()
    except NotEvaluable:
        text = exchange.text.strip().lower()
        return text if 0 < len(text) <= LONGEST_WORD and not text.startswith("<") else None
    status = document.get("status") if isinstance(document, dict) else document
    return status.lower() if isinstance(status, str) else None


def said_in(exchange: Exchange, wanted: Format) -> str | None:
    """How an answer says that the service is: by its status, or in some formats by any field that may say so."""
    status = status_in(exchange)
    if status is not None or not wanted.says_so:
        return status
    document = exchange.json()
    said = document.items() if isinstance(document, dict) else ()
    return next(
        (f"{name}: {value}".lower() for name, value in said if name in SAYS_SO and isinstance(value, bool)), None
    )


def flaw_in(exchange: Exchange) -> str | None:
    """What an answer says that is plainly not well; None when it says no such thing."""
    try:
        document = exchange.json()
    except NotEvaluable:
        document = None
    for field in SAYS_SO if isinstance(document, dict) else ():
        if document.get(field) is False:
            return f"{field}: false"
    status = status_in(exchange) or ""
    return status if status in BAD_NEWS or (status not in GOOD_NEWS and NEGATION.sub("", status) in GOOD_NEWS) else None
