"""Access tokens (signed, short-lived) and opaque tokens (random, kept as a hash)."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

from target_app.database import new_id, utcnow
from target_app.settings import Settings

ALGORITHM = "HS256"
CLAIMS = ["sub", "sid", "iat", "exp", "jti"]
# An access token has no audience, so that neither kind of token is ever taken for the other.
RESET_AUDIENCE = "password-reset"
# Each request brings its token, and is asked for it several times.
MOST_REMEMBERED = 10_000
RESET_CLAIMS = ["sub", "aud", "iat", "exp", "replaces"]


@dataclass(frozen=True, kw_only=True)
class Access:
    """What an access token says."""

    user_id: str
    session_id: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Reset:
    """Whose password may be replaced, and which one: `replaces` is the fingerprint of what is stored."""

    user_id: str
    replaces: str


def life_s(settings: Settings, email: str) -> int:
    """Say for how many seconds an access token of the member with this address lives."""
    lives = settings.access_tokens_s
    return lives.get(email, lives.get(f"@{email.rpartition('@')[2]}", settings.access_token_s))


def issue_access(settings: Settings, *, user_id: str, session_id: str, lives_s: int) -> tuple[str, Access]:
    """Sign an access token for a session; give the token and what it says."""
    issued = utcnow().replace(microsecond=0)
    expires = issued + timedelta(seconds=lives_s)
    claims = {"sub": user_id, "sid": session_id, "iat": issued, "exp": expires, "jti": new_id()}
    token = jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=ALGORITHM)
    return token, Access(user_id=user_id, session_id=session_id, expires_at=expires)


def read_access(settings: Settings, token: str) -> Access | None:
    """Return what a token says, or None if it is not ours, not whole or too old."""
    try:
        access = _verified(settings.secret_key.get_secret_value(), token)
    except jwt.InvalidTokenError:
        return None
    return access if access.expires_at > utcnow() else None


@lru_cache(maxsize=MOST_REMEMBERED)
def _verified(key: str, token: str) -> Access:
    """Read a token that was good once. Its signature stays right, its time does not; what was refused is read anew."""
    claims = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": CLAIMS})
    expires = datetime.fromtimestamp(claims["exp"], UTC)
    return Access(user_id=claims["sub"], session_id=claims["sid"], expires_at=expires)


def issue_reset(settings: Settings, *, user_id: str, password_hash: str) -> str:
    """
    Sign the token of a mailed link to a new password.

    It names the password that it replaces. So it works once, and no more after any other change.
    """
    issued = utcnow().replace(microsecond=0)
    expires = issued + timedelta(seconds=settings.reset_token_s)
    replaces = hash_opaque(password_hash)
    claims = {"sub": user_id, "aud": RESET_AUDIENCE, "iat": issued, "exp": expires, "replaces": replaces}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=ALGORITHM)


def read_reset(settings: Settings, token: str) -> Reset | None:
    """Return what the token of a mailed link says, or None if it is not ours, not whole or too old."""
    try:
        claims = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            algorithms=[ALGORITHM],
            audience=RESET_AUDIENCE,
            options={"require": RESET_CLAIMS},
        )
    except jwt.InvalidTokenError:
        return None
    return Reset(user_id=claims["sub"], replaces=claims["replaces"])


def new_opaque() -> str:
    """Return a token that says nothing and cannot be guessed."""
    return secrets.token_urlsafe(32)


def hash_opaque(token: str) -> str:
    """Return what is stored of an opaque token, so that a stolen table opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
