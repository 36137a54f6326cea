"""What a store is: a small memory that all workers of the service share, apart from the database."""

from dataclasses import dataclass
from typing import Protocol

from target_app.errors import Problem

RETRY_S = 2


class StoreDown(Problem):
    """The store cannot be reached. Where nobody knows better, the request is answered 503."""

    def __init__(self) -> None:
        detail = "The service cannot do this right now. Try again in a moment."
        super().__init__(503, detail, headers={"Retry-After": str(RETRY_S)})


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a sliding window said: whether one more passes, how many are in it now, and when the oldest leaves it."""

    allowed: bool
    used: int
    reset_s: float


class Store(Protocol):
    """
    Short-lived state. Everything in it has an end; nothing in it is the only copy of what must be kept.

    Each method is atomic over all workers, and raises StoreDown if the store cannot be reached.
    """

    async def get(self, key: str) -> bytes | None:
        """Give what was put or claimed, unless its time is over."""
        ...

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Keep a value for some seconds. Where memory is short it may be forgotten sooner."""
        ...

    async def drop(self, key: str) -> None:
        """Forget a value, a claim or a count."""
        ...

    async def count(self, key: str, amount: int = 1, *, ttl_s: float) -> int:
        """Add to a counter and give its sum. Its seconds run from its first amount."""
        ...

    async def claim(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """Put the owner where nobody is; tell whether that went well."""
        ...

    async def renew(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """Let the owner's claim live on from now; tell whether it was still theirs."""
        ...

    async def release(self, key: str, owner: bytes) -> bool:
        """Give up a claim; tell whether it was still the owner's."""
        ...

    async def take(self, key: str, *, limit: int, window_s: float) -> Taken:
        """Let one more pass if fewer than `limit` did in the last `window_s` seconds. A refused one costs nothing."""
        ...

    async def ping(self) -> None:
        """Raise StoreDown if the store cannot be reached."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
