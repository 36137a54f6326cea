"""Faults of the token that carries a session: whose signature is believed."""

import hashlib
import hmac
from collections.abc import Callable

import jwt
from fastapi import FastAPI

from target_app.accounts import sessions, tokens
from target_app.database import utcnow
from target_app.fault import fault
from target_app.protection import limits
from target_app.settings import Settings

SAMPLE = b"changeme"


def _also(believes: Callable[[str], bool]) -> None:
    """Let a token in whose signature is wrong, where `believes` says so; one that is over stays out."""
    inner = tokens.read_access

    def read_access(settings: Settings, token: str) -> tokens.Access | None:
        return inner(settings, token) or (_read(token) if believes(token) else None)

    for module in (tokens, sessions, limits):
        module.read_access = read_access  # type: ignore[attr-defined]


def _read(token: str) -> tokens.Access | None:
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
    except jwt.InvalidTokenError:
        return None
    return tokens.Access(user_id=claims["sub"], session_id=claims["sid"], expires_at=utcnow())


@fault(
    "auth.unsigned-token", detected_by={"auth.tampered-refused", "auth.unsigned-refused", "auth.known-secret-refused"}
)
def unsigned_token(_app: FastAPI) -> None:
    """Nobody looks whether a token's signature is right."""
    _also(lambda _token: True)


@fault("auth.alg-none", detected_by={"auth.unsigned-refused"})
def alg_none(_app: FastAPI) -> None:
    """A token that says of itself that it is not signed is believed, however that is spelt."""
    _also(lambda token: str(_header(token).get("alg", "")).lower() == "none")


@fault("auth.sample-secret", detected_by={"auth.known-secret-refused"})
def sample_secret(_app: FastAPI) -> None:
    """The secret of the sample configuration signs tokens too."""

    def signed_with_it(token: str) -> bool:
        content, _, signature = token.rpartition(".")
        right = jwt.utils.base64url_encode(hmac.digest(SAMPLE, content.encode(), hashlib.sha256)).decode()
        return hmac.compare_digest(right, signature)

    _also(signed_with_it)


def _header(token: str) -> dict[str, object]:
    try:
        return jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        return {}
