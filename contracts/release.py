"""The document that a target serves, held to the one of its last release, and to what it answers besides."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from contracts.drift import drift, operations
from gonogo.contracted import Breach, Held
from gonogo.exchange import Request
from gonogo.member import Member
from gonogo.openapi import PLACE, base_path
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from contracts.routes import Route
    from contracts.troupe import Troupe
    from gonogo.exchange import Exchange
    from gonogo.profile import Profile

VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:[-+].*)?")
UNKNOWN = frozenset({404, 405, 410, 501})
"""What a target answers of a route that it does not have."""
SCENARIO, DOCUMENT = "document", "openapi"
MOST_ASKED = 20
Document = dict[str, Any]


def released_of(profile: Profile) -> Document:
    """The document of the last release, where the profile says. Raises NotEvaluable for a file that holds none."""
    promised = profile.promises.document
    if promised is None or promised.released is None:
        raise NotEvaluable("the profile names no released document")
    return read_released(profile.path.parent / promised.released)


def read_released(path: Path) -> Document:
    """The document in a file. Raises NotEvaluable for a file that holds none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotEvaluable(f"the released document cannot be read: {type(error).__name__}: {path.name}") from error
    if not isinstance(found, dict) or not isinstance(found.get("paths"), dict) or not found["paths"]:
        raise NotEvaluable(f"the released document has no paths: {path.name}")
    return found


def drift_of(profile: Profile, document: Document, say: Callable[[str], None]) -> Held:
    """What became of the released document; nothing to look at where there is none."""
    try:
        return held_to_release(released_of(profile), document)
    except NotEvaluable as error:
        say(str(error))
        return Held(looks=0)


def unlisted(troupe: Troupe, every: Mapping[str, Route], walked: Iterable[Exchange]) -> Held:
    """What answers besides: operations that the profile knows, and what was released and is no more told of."""
    profile = troupe.cast.profile
    asked = [one for one in walked if one.request.operation != DOCUMENT]
    try:
        paths = [path for path in gone_since(released_of(profile), every) if "{" not in path]
    except NotEvaluable:  # what reads the released document for its own sake says so
        paths = []
    member = Member(troupe.members[0], troupe.cast, SCENARIO)
    for path in paths[:MOST_ASKED]:
        request = Request(operation=path, method="GET", url=f"{profile.origins.api}{path}")
        asked.append(troupe.wait_for(member.exchange(request)))
    return held_to_routes(every, profile.origins.api, asked)


def held_to_release(released: Document, document: Document) -> Held:
    """What breaks whoever uses the released document, unless the version says so."""
    changes = list(drift(released, document))
    before, after = version_of(released), version_of(document)
    excused = says_so(before, after)
    said = f"version {before or 'unknown'} was released, and this is {after or 'unknown'}"
    return Held(
        looks=len(operations(released)),
        breaches=tuple(
            Breach(operation=one.path, says=f"{one.reason} ({said})")
            for one in changes
            if one.grade == "breaking" and not excused
        ),
    )


def version_of(document: Document) -> str:
    """The version that a document tells."""
    info = document.get("info")
    return str(info.get("version", "")) if isinstance(info, dict) else ""


def says_so(before: str, after: str) -> bool:
    """Whether a version says that clients may break: another major one, or below 1.0.0 another minor one (SemVer)."""
    old, new = VERSION.fullmatch(before.strip()), VERSION.fullmatch(after.strip())
    if not old or not new:
        return False
    was, now = tuple(map(int, old.groups())), tuple(map(int, new.groups()))
    return now[0] > was[0] or (now[0] == was[0] == 0 and now[1] > was[1])


def gone_since(released: Document, every: Mapping[str, Route]) -> Iterator[str]:
    """The paths that could be read when they were released, and that the document does not have any more."""
    now = {(one.method, PLACE.sub("{}", one.path)) for one in every.values()}
    prefix = base_path(released)
    for path in released["paths"]:
        asked = ("GET", f"{prefix}{path}")
        if asked in operations(released) and asked not in now:
            yield asked[1]


def held_to_routes(every: Mapping[str, Route], origin: str, exchanges: Iterable[Exchange]) -> Held:
    """What answers though the document does not have it; `exchanges` are of routes that there may be."""
    looks, breaches = 0, dict[str, Breach]()
    for one in exchanges:
        path = urlsplit(one.request.url).path
        if one.status is None or not one.request.url.startswith(origin):
            continue
        looks += 1
        method = "GET" if one.request.method == "HEAD" else one.request.method
        known = any(route.method == method and route.pattern.fullmatch(path) for route in every.values())
        if not known and one.status not in UNKNOWN:
            label = f"{method} {one.request.operation}"
            breaches.setdefault(
                label, Breach(operation=f"{method} {path}", says=f"it answers {one.status}", trail=(one,))
            )
    return Held(looks=looks, breaches=tuple(breaches.values()))
