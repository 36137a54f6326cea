"""A store in this process, for a service of one worker."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from target_app.store import Taken

Value = TypeVar("Value")

MOST_KEYS = 10_000
MOST_BYTES = 64 * 1024 * 1024
# What Python takes for an entry beside its key and value, roughly.
ENTRY_BYTES = 300


class _Kept(Generic[Value]):
    """Values that end. Beyond `most`, each measured by `weigh`, what was used least recently goes first."""

    def __init__(self, clock: Callable[[], float], *, most: int, weigh: Callable[[str, Value], int]) -> None:
        self.clock = clock
        self.most = most
        self.weigh = weigh
        self.weight = 0
        self.entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def get(self, key: str) -> Value | None:
        ends, value = self.entries.get(key, (0.0, None))
        if value is None:
            return None
        if ends <= self.clock():
            self.drop(key)
            return None
        self.entries.move_to_end(key)
        return value

    def put(self, key: str, value: Value, ends: float) -> None:
        self.drop(key)
        self.entries[key] = (ends, value)
        self.weight += self.weigh(key, value)
        while self.weight > self.most:
            self.drop(next(iter(self.entries)))

    def drop(self, key: str) -> None:
        _, value = self.entries.pop(key, (0.0, None))
        if value is not None:
            self.weight -= self.weigh(key, value)

    def ends(self, key: str) -> float:
        return self.entries[key][0]


class MemoryStore:
    """A store in this process. It takes at most MOST_BYTES for values, and MOST_KEYS counters and windows."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._values = _Kept[bytes](
            clock, most=MOST_BYTES, weigh=lambda key, value: len(key) + len(value) + ENTRY_BYTES
        )
        self._counts = _Kept[int](clock, most=MOST_KEYS, weigh=lambda _key, _count: 1)
        self._windows = _Kept[deque[float]](clock, most=MOST_KEYS, weigh=lambda _key, _passed: 1)

    async def get(self, key: str) -> bytes | None:
        """See Store."""
        return self._values.get(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """See Store."""
        self._values.put(key, value, self.clock() + ttl_s)

    async def drop(self, key: str) -> None:
        """See Store."""
        self._values.drop(key)
        self._counts.drop(key)

    async def count(self, key: str, amount: int = 1, *, ttl_s: float) -> int:
        """See Store."""
        before = self._counts.get(key)
        ends = self.clock() + ttl_s if before is None else self._counts.ends(key)
        self._counts.put(key, (before or 0) + amount, ends)
        return (before or 0) + amount

    async def claim(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """See Store."""
        if self._values.get(key) is not None:
            return False
        await self.put(key, owner, ttl_s=ttl_s)
        return True

    async def renew(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """See Store."""
        if self._values.get(key) != owner:
            return False
        await self.put(key, owner, ttl_s=ttl_s)
        return True

    async def release(self, key: str, owner: bytes) -> bool:
        """See Store."""
        if self._values.get(key) != owner:
            return False
        self._values.drop(key)
        return True

    async def take(self, key: str, *, limit: int, window_s: float) -> Taken:
        """See Store."""
        now = self.clock()
        passed = self._windows.get(key) or deque()
        while passed and passed[0] + window_s <= now:
            passed.popleft()
        allowed = len(passed) < limit
        if allowed:
            passed.append(now)
            self._windows.put(key, passed, now + window_s)
        return Taken(allowed=allowed, used=len(passed), reset_s=(passed[0] if passed else now) + window_s - now)

    async def ping(self) -> None:
        """See Store."""

    async def close(self) -> None:
        """See Store."""
