"""Passwords: Argon2id, hashed in a thread so that others are served meanwhile."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

# OWASP's password storage advice for Argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


async def hash_password(password: str) -> str:
    """Return the hash to store."""
    return await asyncio.to_thread(_hasher.hash, password)


async def password_matches(stored: str | None, password: str) -> bool:
    """
    Say whether the password is the stored one.

    Without a stored one it hashes all the same, so that the time of the answer does not tell which
    addresses have an account.
    """
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    if stored is None:
        _hasher.hash(password)
        return False
    try:
        return _hasher.verify(stored, password)
    except VerifyMismatchError:
        return False
