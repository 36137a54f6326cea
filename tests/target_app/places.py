"""
Where the service in test keeps its data: a database of its own for each test, and a store.

SQLite and this process, unless SERVICES_DATABASE_URL and SERVICES_REDIS_URL name a PostgreSQL server and a Redis.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from target_app.database import Database
from target_app.migrations import upgrade

DATABASE_SERVER = os.environ.get("SERVICES_DATABASE_URL")
REDIS_SERVER = os.environ.get("SERVICES_REDIS_URL")


async def _command(sql: str) -> None:
    engine = create_async_engine(f"{DATABASE_SERVER}/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(sql))
    await engine.dispose()


async def _migrate(url: str) -> None:
    database = Database(url)
    await upgrade(database.engine)
    await database.close()


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Make a database with all tables and no rows, and give its name: a file, or a template of the server."""
    if DATABASE_SERVER is None:
        path = str(folder / "empty.db")
        asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
        yield path
        return
    name = f"empty_{uuid4().hex}"
    asyncio.run(_command(f"CREATE DATABASE {name}"))
    asyncio.run(_migrate(f"{DATABASE_SERVER}/{name}"))
    yield name
    asyncio.run(_command(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def fresh_database(folder: Path) -> Iterator[str]:
    """Make a database without any table; give its URL."""
    if DATABASE_SERVER is None:
        yield f"sqlite+aiosqlite:///{folder / 'fresh.db'}"
        return
    name = f"fresh_{uuid4().hex}"
    asyncio.run(_command(f"CREATE DATABASE {name}"))
    yield f"{DATABASE_SERVER}/{name}"
    asyncio.run(_command(f"DROP DATABASE {name} WITH (FORCE)"))


@asynccontextmanager
async def copy_of(empty: str, folder: Path) -> AsyncIterator[str]:
    """Copy a database for one test; give its URL."""
    if DATABASE_SERVER is None:
        path = folder / "chat.db"
        shutil.copy(empty, path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    name = f"test_{uuid4().hex}"
    await _command(f"CREATE DATABASE {name} TEMPLATE {empty}")
    yield f"{DATABASE_SERVER}/{name}"
    await _command(f"DROP DATABASE {name} WITH (FORCE)")


def empty_redis() -> str | None:
    """Give the URL of this worker's part of Redis, emptied; None for the store in the process."""
    if REDIS_SERVER is None:
        return None
    url = f"{REDIS_SERVER}/{os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw')}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
