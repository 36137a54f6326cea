"""
What a target's OpenAPI document says that it answers, beside what the profile describes. Pure.

The document only tells what there is. What it says of security is not believed: an operation that forgot its
guard says that it is open.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gonogo.body import FORM, percent, urlencoded
from gonogo.exchange import Headers, Request
from gonogo.operation import SAFE
from gonogo.specimen import Specimens
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.profile import Profile

METHODS = ("get", "put", "post", "delete", "patch")
PLACE = re.compile(r"\{([^}]*)\}")
JSON, MULTIPART, BOUNDARY = "application/json", "multipart/form-data", "gonogo-nothing"
PUBLIC_ID = "id:"


@dataclass(frozen=True, kw_only=True)
class Documented:
    """One operation of a document: `path` is below the API's origin, `parameters` and `bodies` are its schemas."""

    method: str
    path: str
    id: str = ""
    parameters: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How messages call it; no name of a profile's operation looks like it."""
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """What it is matched by: the names in its path are anybody's choice."""
        return self.method, PLACE.sub("{}", self.path).rstrip("/")

    @property
    def is_safe(self) -> bool:
        """Whether it only reads."""
        return self.method in SAFE


def undescribed(profile: Profile, document: Any) -> list[Documented]:  # noqa: ANN401  whatever the target served
    """
    Every operation of the document that the profile neither describes nor calls public.

    Raises NotEvaluable for what is no OpenAPI document.
    """
    described = {
        (one.method, PLACE.sub("{}", one.path).rstrip("/"))
        for one in profile.operations.values()
        if one.path[:1] == "/"
    }
    return [one for one in documented(document) if one.shape not in described and not is_public(one, profile.public)]


def is_public(one: Documented, public: tuple[str, ...]) -> bool:
    """Whether the profile's `public` names it: by its path, its method and path, or `id:` and its operationId."""
    return bool({one.path, one.name, f"{PUBLIC_ID}{one.id}"} & set(public))


def documented(document: Any) -> Iterator[Documented]:  # noqa: ANN401  whatever the target served
    """Every operation of a document. Raises NotEvaluable for what is none."""
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, dict):
        raise NotEvaluable("what the target serves as its OpenAPI document has no paths")
    prefix = base_path(document)
    for path, item in paths.items():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield read_operation(document, method.upper(), f"{prefix}{path}", item, item[method])


def base_path(document: dict[str, Any]) -> str:
    """The path of the first server: its host is not believed, for nothing is sent to strangers."""
    servers = document.get("servers")
    first = servers[0].get("url", "") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else ""
    return urlsplit(str(first)).path.rstrip("/")


def read_operation(
    document: dict[str, Any], method: str, path: str, item: dict[str, Any], operation: dict[str, Any]
) -> Documented:
    """Read one operation, with the parameters that it shares with its path."""
    look = Specimens(document).resolved
    shared = [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]
    parameters = {(one.get("in", ""), one.get("name", "")): one for one in map(look, shared)}
    content = look(operation.get("requestBody") or {}).get("content") or {}
    return Documented(
        method=method,
        path=path,
        id=str(operation.get("operationId", "")),
        parameters={key: Specimens(document).of_parameter(one) for key, one in parameters.items() if wanted(one)},
        bodies={kind.partition(";")[0]: Specimens(document).of_media(media) for kind, media in content.items()},
    )


def wanted(parameter: dict[str, Any]) -> bool:
    """Whether a request needs a parameter. What goes in a header or a cookie is a credential, and left out."""
    return parameter.get("in") == "path" or (bool(parameter.get("required")) and parameter.get("in") == "query")


def request_of(
    profile: Profile, one: Documented, known: Mapping[str, Any], fields: tuple[tuple[str, str], ...] = ()
) -> Request:
    """A request of an operation as its schemas have it; ids that are known by their names stand in for made-up ones."""

    def place(found: re.Match[str]) -> str:
        name = found[1]
        return percent(str(known.get(name) or one.parameters.get(("path", name), BOUNDARY)))

    query = urlencoded((name, str(value)) for (where, name), value in one.parameters.items() if where == "query")
    media_type, body = body_of(one)
    headers = Headers((*profile.access.headers.items(), *fields))
    return Request(
        operation=one.name,
        method=one.method,
        url=f"{profile.origins.api}{PLACE.sub(place, one.path)}{'?' if query else ''}{query}",
        headers=headers.with_field("Content-Type", media_type) if media_type else headers,
        body=body,
    )


def body_of(one: Documented) -> tuple[str, bytes]:
    """A body and its media type: JSON where it is taken, else a form, else parts; both empty where none is."""
    if JSON in one.bodies:
        return JSON, json.dumps(one.bodies[JSON]).encode()
    fields = one.bodies.get(FORM, one.bodies.get(MULTIPART))
    if not isinstance(fields, dict):
        return "", b""
    if FORM in one.bodies:
        return FORM, urlencoded((name, str(value)) for name, value in fields.items()).encode()
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="nothing.txt"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{MULTIPART}; boundary={BOUNDARY}", f"{parts}--{BOUNDARY}--\r\n".encode()
