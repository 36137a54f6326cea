"""The stores: in this process, for a service of one worker; and in Redis, shared by all workers."""

from target_app.store import Store
from target_app.stores.memory import MemoryStore


def open_store(url: str | None) -> Store:
    """Return the store at a Redis URL, or one in this process."""
    if url is None:
        return MemoryStore()
    from target_app.stores.shared import RedisStore  # noqa: PLC0415  a second of every start, for those who use it

    return RedisStore(url)
