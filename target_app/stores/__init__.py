"""The stores: in this process, for a service of one worker; and in Redis, shared by all workers."""

from target_app.store import Store
from target_app.stores.memory import MemoryStore
from target_app.stores.shared import RedisStore


def open_store(url: str | None) -> Store:
    """Return the store at a Redis URL, or one in this process."""
    return MemoryStore() if url is None else RedisStore(url)
