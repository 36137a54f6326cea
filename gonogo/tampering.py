"""What a forger does to a token: changes what it says, and leaves its signature alone. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.exchange import Request
    from gonogo.sections import Identity

    Forge = Callable[[str], str]

PARTS_OF_A_JWT = 3


def tampered(request: Request, identity: Identity, bearer: str | None, forge: Forge | None = None) -> Request:
    """
    The request with its session changed, as `forge` does it: the cookies that carry it, or the token or key.

    Raises HarnessTrouble where it carries none, since an unchanged request proves nothing.
    """
    forge = forge or tampered_token
    if identity.session == "cookie":
        name, sent = "Cookie", request.headers.get("cookie")
        forged = "; ".join(tampered_pair(pair, identity.session_cookies, forge) for pair in sent.split("; "))
    else:
        name, sent = identity.bearer.header, request.headers.get(identity.bearer.header)
        forged = sent.replace(bearer, forge(bearer)) if bearer else sent
    if forged == sent:
        raise HarnessTrouble(f"{request.operation} carries no session that could be tampered with")
    return request.with_header(name, forged)


def session_field(request: Request, identity: Identity) -> str:
    """The header field in which a request carries its session."""
    return request.headers.get("Cookie" if identity.session == "cookie" else identity.bearer.header)


def tampered_pair(pair: str, names: tuple[str, ...], forge: Forge) -> str:
    """A cookie as a request carries it, changed where it carries the session; without names, any may."""
    name, separator, value = pair.partition("=")
    return f"{name}={forge(value)}" if separator and value and (not names or name in names) else pair


def tampered_token(token: str) -> str:
    """
    The token with another content and its old signature.

    A JSON Web Token (RFC 7519) gets a second more to live, so that nothing but its signature is wrong; of
    any other token one character in the middle is changed.
    """
    signed = read_jwt(token)
    if signed:
        header, _, signature = token.split(".")
        return f"{header}.{encoded(longer(signed[1]))}.{signature}"
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle : middle + 1] != "A" else "B") + token[middle + 1 :]


def read_jwt(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A JSON Web Token's header and claims; None for any other token."""
    parts = token.split(".")
    if len(parts) != PARTS_OF_A_JWT:
        return None
    header, claims = decoded(parts[0]) or {}, decoded(parts[1])
    return (header, claims) if claims is not None else None


def is_signed(field: str) -> bool:
    """Whether a header field holds a JSON Web Token whose header names how it is signed."""
    return bool(jwts_in(field))


def jwts_in(field: str) -> list[dict[str, Any]]:
    """The claims of each JSON Web Token in a header field whose header names how it is signed."""
    found = (read_jwt(text) for text in re.split(r"[ ;=]+", field))
    return [one[1] for one in found if one is not None and "alg" in one[0]]


def longer(claims: dict[str, Any]) -> dict[str, Any]:
    """The claims with a second more to live."""
    end = claims.get("exp")
    return {**claims, "exp": end + 1 if isinstance(end, int | float) else 1}


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
