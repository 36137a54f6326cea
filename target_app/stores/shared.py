"""A store in Redis, shared by all workers of the service."""

import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from target_app.store import StoreDown, Taken

PREFIX = "chat:"
CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 2.0
# After a failure the server is left alone for so long.
PAUSE_S = 1.0

COUNT = """
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum
"""
RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
# The clock is the server's, so that workers whose clocks differ agree. Times are whole microseconds.
TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and oldest + window <= now do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local used = redis.call('LLEN', KEYS[1])
local allowed = used < limit
if allowed then
  redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  used = used + 1
end
return {allowed and 1 or 0, used, (oldest or now) + window - now}
"""


class RedisStore:
    """A store in Redis, shared by all workers. Each of its keys starts with PREFIX."""

    def __init__(self, url: str) -> None:
        self.redis: Any = Redis.from_url(  # redis-py's types tell sync and async answers apart poorly
            url,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_timeout=ANSWER_TIMEOUT_S,
            # A connection that the server closed while it was idle is opened again once.
            retry=Retry(NoBackoff(), 1),
        )
        self._down_until = 0.0
        self._count = self.redis.register_script(COUNT)
        self._renew = self.redis.register_script(RENEW)
        self._release = self.redis.register_script(RELEASE)
        self._take = self.redis.register_script(TAKE)

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        # Without the pause every request would wait for a server that hangs.
        if time.monotonic() < self._down_until:
            raise StoreDown
        try:
            yield
        except (RedisError, OSError) as error:
            self._down_until = time.monotonic() + PAUSE_S
            raise StoreDown from error

    async def get(self, key: str) -> bytes | None:
        """See Store."""
        async with self._reached():
            found: bytes | None = await self.redis.get(PREFIX + key)
            return found

    async def put(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """See Store."""
        async with self._reached():
            await self.redis.set(PREFIX + key, value, px=_ms(ttl_s))

    async def drop(self, key: str) -> None:
        """See Store."""
        async with self._reached():
            await self.redis.delete(PREFIX + key)

    async def count(self, key: str, amount: int = 1, *, ttl_s: float) -> int:
        """See Store."""
        async with self._reached():
            return int(await self._count(keys=[PREFIX + key], args=[amount, _ms(ttl_s)]))

    async def claim(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """See Store."""
        async with self._reached():
            return bool(await self.redis.set(PREFIX + key, owner, px=_ms(ttl_s), nx=True))

    async def renew(self, key: str, owner: bytes, *, ttl_s: float) -> bool:
        """See Store."""
        async with self._reached():
            return bool(await self._renew(keys=[PREFIX + key], args=[owner, _ms(ttl_s)]))

    async def release(self, key: str, owner: bytes) -> bool:
        """See Store."""
        async with self._reached():
            return bool(await self._release(keys=[PREFIX + key], args=[owner]))

    async def take(self, key: str, *, limit: int, window_s: float) -> Taken:
        """See Store."""
        async with self._reached():
            window_us = round(window_s * 1_000_000)
            allowed, used, reset_us = await self._take(keys=[PREFIX + key], args=[limit, window_us])
        return Taken(allowed=bool(allowed), used=used, reset_s=reset_us / 1_000_000)

    async def ping(self) -> None:
        """See Store."""
        async with self._reached():
            await self.redis.ping()

    async def close(self) -> None:
        """See Store."""
        # The client would connect again for whoever comes late, and nobody would close that.
        self._down_until = math.inf
        await self.redis.aclose()


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
