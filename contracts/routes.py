"""The operations of a target's document, each with what the profile knows of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gonogo.harmless import something_for_all
from gonogo.openapi import PLACE, documented, is_public
from gonogo.template import names_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.openapi import Documented
    from gonogo.profile import Profile

ENDS_SESSIONS = frozenset({"signout", "delete_account", "change_password", "reset_password", "end_session", "refresh"})
SOUNDS_LIKE_AN_END = re.compile(
    r"(?i)(sign|log)[-_]?(out|off)|passw|refresh|revoke|deactivat|/(account|me|sessions?)\b"
)
FAILS = 500
ANYBODYS = frozenset({"email", "name", "correlation"})
"""What anybody may make up, beside what every operation may be told."""
MONEY = frozenset({"create_order", "payment_webhook"})


@dataclass(frozen=True, kw_only=True)
class Route:
    """
    One operation of the document.

    `names` are the profile's operations that speak to it; the first counts for limits. `credential` says who sends
    it. `ends` says that it may end the session of who sends it, `wants_known` that it
    takes what cannot be made up, such as a mailed token.
    """

    method: str
    path: str
    names: tuple[str, ...]
    statuses: tuple[str, ...]
    credential: str
    public: bool
    ends: bool
    streams: bool
    has_id: bool
    wants_token: bool = False
    wants_known: bool = False

    @property
    def label(self) -> str:
        """How the document and its reports call it."""
        return f"{self.method} {self.path}"

    @property
    def operation(self) -> str:
        """What limits count it as."""
        return self.names[0] if self.names else self.label

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its paths look like."""
        return re.compile("[^/]+".join(map(re.escape, PLACE.sub("{}", self.path).split("{}"))))

    @property
    def unsafe(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD", "OPTIONS"}


def routes(profile: Profile, document: dict[str, Any]) -> dict[str, Route]:
    """Every operation of a document by its label. Raises NotEvaluable for what is none."""
    known: dict[tuple[str, str], list[str]] = {}
    for name, one in profile.operations.items():
        if one.path[:1] == "/":
            known.setdefault((one.method, PLACE.sub("{}", one.path).rstrip("/")), []).append(name)
    found = [route(profile, document, one, known.get(one.shape, [])) for one in documented(document)]
    return {one.label: one for one in found}


def route(profile: Profile, document: dict[str, Any], one: Documented, names: list[str]) -> Route:
    """One operation with what the profile knows of it."""
    described = profile.operations[names[0]] if names else None
    responses = raw(document, one).get("responses", {})
    return Route(
        method=one.method,
        path=one.path,
        names=tuple(names),
        statuses=tuple(map(str, responses)),
        credential=described.credential if described else "session",
        public=is_public(one, profile.public) or bool(set(names) & set(profile.public)),
        ends=bool(set(names) & ENDS_SESSIONS) or (not names and ends_by_its_name(one)),
        streams=any("text/event-stream" in (answer.get("content") or {}) for answer in responses.values()),
        has_id=bool(PLACE.search(one.path)),
        wants_known=bool(names) and all(unknowable(profile, name) for name in names),
        wants_token=profile.csrf is not None and takes_field(raw(document, one), profile.csrf.name),
    )


def unknowable(profile: Profile, name: str) -> bool:
    """Whether an operation's query, fields or body want something that only the target or its owner knows."""
    one = profile.operations[name]
    wanted = {known for part in (one.query, one.headers, one.json_body, one.form) for known in names_in(part)}
    return bool(wanted - set(something_for_all(profile)) - ANYBODYS)


def takes_field(operation: dict[str, Any], name: str) -> bool:
    """Whether the document says that an operation takes a header field."""
    return any(
        one.get("in") == "header" and str(one.get("name", "")).lower() == name.lower()
        for one in operation.get("parameters", ())
    )


def raw(document: dict[str, Any], one: Documented) -> dict[str, Any]:
    """What the document says of an operation."""
    item: dict[str, Any] = next((item for path, item in document["paths"].items() if one.path.endswith(path)), {})
    found: dict[str, Any] = item.get(one.method.lower(), {})
    return found


def ends_by_its_name(one: Documented) -> bool:
    """Whether an operation that the profile does not know sounds as if it ended sessions."""
    return not one.is_safe and bool(SOUNDS_LIKE_AN_END.search(one.path))


def left_out(profile: Profile, every: Mapping[str, Route]) -> Iterator[tuple[str, str]]:
    """The operations that are not fuzzed, each with the reason."""
    for label, one in every.items():
        described = [profile.operations[name] for name in one.names]
        if any(status >= FAILS for known in described for status in known.expect):
            yield label, "it fails when it does as it should"
        elif set(one.names) & MONEY and not profile.allows("money"):
            yield label, f"environment {profile.environment} does not allow money"
        elif one.credential == "operator" and profile.operator is None:
            yield label, "the profile has no operator"
