"""What a forger does to a token: changes what it says, and leaves its signature alone. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from gonogo.exchange import Request
    from gonogo.sections import Identity

PARTS_OF_A_JWT = 3


def tampered(request: Request, identity: Identity, bearer: str | None) -> Request:
    """
    The request with its session changed: the cookies that carry it, or the token or key.

    Raises HarnessTrouble where it carries none, since an unchanged request proves nothing.
    """
    if identity.session == "cookie":
        name, sent = "Cookie", request.headers.get("cookie")
        forged = "; ".join(tampered_pair(pair, identity.session_cookies) for pair in sent.split("; "))
    else:
        name, sent = identity.bearer.header, request.headers.get(identity.bearer.header)
        forged = sent.replace(bearer, tampered_token(bearer)) if bearer else sent
    if forged == sent:
        raise HarnessTrouble(f"{request.operation} carries no session that could be tampered with")
    return request.with_header(name, forged)


def session_field(request: Request, identity: Identity) -> str:
    """The header field in which a request carries its session."""
    return request.headers.get("Cookie" if identity.session == "cookie" else identity.bearer.header)


def tampered_pair(pair: str, names: tuple[str, ...]) -> str:
    """A cookie as a request carries it, changed where it carries the session; without names, any may."""
    name, separator, value = pair.partition("=")
    return f"{name}={tampered_token(value)}" if separator and value and (not names or name in names) else pair


def tampered_token(token: str) -> str:
    """
    The token with another content and its old signature.

    A JSON Web Token (RFC 7519) gets a second more to live, so that nothing but its signature is wrong; of
    any other token one character in the middle is changed.
    """
    parts = token.split(".")
    if len(parts) == PARTS_OF_A_JWT:
        claims = decoded(parts[1])
        if claims is not None:
            end = claims.get("exp")
            forged = {**claims, "exp": end + 1 if isinstance(end, int | float) else 1}
            return ".".join([parts[0], encoded(forged), parts[2]])
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle : middle + 1] != "A" else "B") + token[middle + 1 :]


def decoded(part: str) -> dict[str, Any] | None:
    """The claims of a token's middle part, None when it holds none."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def encoded(claims: dict[str, Any]) -> str:
    """Claims as a token's middle part."""
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
