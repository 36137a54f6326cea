"""
Builds the request of an operation, and reads what the profile wants of its answer. Pure: no I/O, no clock.

The names that stand on their own in `gonogo.source` and `gonogo.curl` can be had here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gonogo.body import encode, percent, urlencoded
from gonogo.cookies import CookieStore
from gonogo.curl import curl
from gonogo.exchange import Headers, Request
from gonogo.source import read_source
from gonogo.template import Filler, names_in, text_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.description import Operation
    from gonogo.exchange import Exchange
    from gonogo.profile_model import Profile

__all__ = ["Credentials", "build", "capture", "curl", "read_source", "variables_of"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """
    What tells the target who is asking. Each can be left out.

    `cookies` is a Cookie field's value, or a store that knows one for each URL. `headers` are sent
    last, and replace whatever else has their name.
    """

    cookies: CookieStore | str = ""
    bearer: str | None = None
    csrf: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def without_csrf(self) -> Credentials:
        """The same without a CSRF token."""
        return replace(self, csrf=None)

    def with_csrf(self, token: str) -> Credentials:
        """The same with another CSRF token."""
        return replace(self, csrf=token)

    def with_header(self, name: str, value: str) -> Credentials:
        """The same with one header field more."""
        return replace(self, headers=(*self.headers, (name, value)))

    def anonymous(self) -> Credentials:
        """Nobody's credentials; only the extra header fields stay."""
        return Credentials(headers=self.headers)

    def cookies_for(self, url: str) -> str:
        """Return the Cookie field's value for a URL."""
        return self.cookies.header_for(url) if isinstance(self.cookies, CookieStore) else self.cookies


def build(profile: Profile, operation_name: str, variables: Mapping[str, Any], *, credentials: Credentials) -> Request:
    """
    Build the request of an operation.

    Raises HarnessTrouble for an operation that the profile does not describe, and for a variable that
    is missing or that has no place where it should stand.
    """
    operation = described(profile, operation_name)
    filler = Filler(operation=operation_name, variables=variables, environ=profile.secrets)
    token = token_of(profile, operation, credentials)
    send_as = profile.csrf.send_as if profile.csrf and token else ""
    body = encode(
        operation,
        filler,
        form_field=token if send_as == "form-field" else {},
        json_field=token if send_as == "json-field" else {},
    )
    url = url_of(profile, operation, filler)
    headers = Headers((("Content-Type", body.media_type),) if body.media_type else ())
    fields = [
        *fields_of(profile, operation, filler),
        *who(profile, operation, credentials, url),
        *(token.items() if send_as == "header" else ()),
        *credentials.headers,
    ]
    for name, value in fields:
        headers = headers.with_field(*checked(name, value, operation_name))
    return Request(
        operation=operation_name,
        method=operation.method,
        url=url,
        headers=headers,
        body=body.content,
        streams=operation.streams,
        redirects=operation.redirects,
    )


def described(profile: Profile, name: str) -> Operation:
    """Return an operation. Raises HarnessTrouble when the profile does not describe it."""
    if name not in profile.operations:
        raise HarnessTrouble(f"the profile {profile.name} does not describe the operation {name}")
    return profile.operations[name]


def url_of(profile: Profile, operation: Operation, filler: Filler) -> str:
    """Return the absolute URL."""
    kind = operation.origin or ("webhook" if operation.credential == "signature" else "api")
    origin = getattr(profile.origins, kind) or profile.origins.api
    path = filler.text(operation.path, lambda value: segment(value, filler.operation))
    query = urlencoded(pairs_of(operation, filler))
    return f"{origin}{path}{'?' if query else ''}{query}"


def segment(value: str, operation: str) -> str:
    """Encode a value for a path. Raises HarnessTrouble for one that would lead to another path."""
    if value in {"", ".", ".."}:
        raise HarnessTrouble(f"operation {operation} cannot have '{value}' in its path")
    return percent(value)


def pairs_of(operation: Operation, filler: Filler) -> Iterator[tuple[str, str]]:
    """Every field of the query; a list gives one for each of its items."""
    for name, template in operation.query.items():
        value = filler.value(template)
        for item in value if isinstance(value, list | tuple) else [value]:
            yield name, text_of(item)


def fields_of(profile: Profile, operation: Operation, filler: Filler) -> Iterator[tuple[str, str]]:
    """The header fields that come from the profile."""
    if operation.streams:
        yield "Accept", "text/event-stream"
    yield from profile.access.headers.items()
    for name, template in operation.headers.items():
        yield name, filler.text(template)
    if operation.credential == "operator" and profile.operator:
        yield from profile.operator.headers.items()


def who(profile: Profile, operation: Operation, credentials: Credentials, url: str) -> Iterator[tuple[str, str]]:
    """The header fields that tell who is asking; only operations of a member's session have them."""
    if operation.credential != "session":
        return
    cookies = credentials.cookies_for(url)
    if cookies:
        yield "Cookie", cookies
    if credentials.bearer is not None and profile.identity.session != "cookie":
        bearer = profile.identity.bearer
        yield bearer.header, f"{bearer.prefix}{credentials.bearer}"


def token_of(profile: Profile, operation: Operation, credentials: Credentials) -> dict[str, str]:
    """Return the CSRF token under its name, where the request wants one."""
    wanted = operation.method not in SAFE and operation.credential == "session"
    if profile.csrf is None or credentials.csrf is None or not wanted:
        return {}
    return {profile.csrf.name: credentials.csrf}


def checked(name: str, value: str, operation: str) -> tuple[str, str]:
    """Return a header field. Raises HarnessTrouble for one that would break the request apart."""
    if not FIELD_NAME.fullmatch(name) or not FIELD_VALUE.fullmatch(value):
        raise HarnessTrouble(
            f"operation {operation} cannot send the header field {name!r}: it holds a control character"
        )
    return name, value


def variables_of(profile: Profile, operation_name: str) -> tuple[str, ...]:
    """Return the variables that an operation's templates need, in the order of their first use."""
    operation = described(profile, operation_name)
    parts = operation.model_dump(include={"multipart"})["multipart"]
    templates = [operation.path, operation.query, operation.headers, operation.json_body, operation.form, parts]
    return tuple(dict.fromkeys(name for template in templates for name in names_in(template)))


def capture(operation: Operation, exchange: Exchange) -> dict[str, str]:
    """Return what an operation captures of an answer; what is not there is left out."""
    found = {name: read_source(source, exchange) for name, source in operation.capture.items()}
    return {name: value for name, value in found.items() if value is not None}
