"""What a forger does to a token: changes what it says, and leaves its signature alone. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

PARTS_OF_A_JWT = 3


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
            forged = {**claims, "exp": int(claims.get("exp") or 0) + 1}
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
