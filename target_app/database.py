"""The store: engine, sessions, and what every table shares."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Request
from sqlalchemy import DateTime, Dialect, Index, MetaData, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from target_app.patience import PatientConnection
from target_app.trips import OneTripDriver


def new_id() -> str:
    """Return a fresh primary key: 32 hexadecimal characters."""
    return uuid4().hex


def utcnow() -> datetime:
    """Return the time now, aware of its zone."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC and given back aware: SQLite itself forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into a plain UTC one."""
        _ = dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        _ = dialect
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The base of every table. `Mapped[datetime]` means an aware UTC moment."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  SQLAlchemy reads it as a plain attribute


def keyed_index(table: str) -> Index:
    """Index rows with an idempotency key by their age, so that old keys are found to be removed."""
    keyed = text("idempotency_key IS NOT NULL")
    name = f"ix_{table}_created_at_keyed"
    return Index(name, "created_at", sqlite_where=keyed, postgresql_where=keyed)


class Database:
    """One engine and its sessions."""

    def __init__(self, url: str) -> None:
        own = {"connect_args": {"factory": PatientConnection}, "module": OneTripDriver()}
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine: AsyncEngine = create_async_engine(url, **own if is_sqlite else {})
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        if is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)

    async def ping(self) -> None:
        """Ask the store something; raises what the driver raises."""
        async with self.sessions() as db:
            await db.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401  the driver's own type
    cursor = connection.cursor()
    # Without the first, SQLite ignores ON DELETE CASCADE; the others let readers and a writer work side by side.
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA busy_timeout = 0")  # who waits for another writer does so in PatientConnection
    cursor.close()


async def sessions(request: Request) -> async_sessionmaker[AsyncSession]:
    """Return the maker of sessions, for work that outlives or interleaves with the request."""
    maker: async_sessionmaker[AsyncSession] = request.app.state.database.sessions
    return maker


Sessions = Annotated[async_sessionmaker[AsyncSession], Depends(sessions)]


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """Give the request its session. Whoever writes also commits, before the answer is sent."""
    maker: async_sessionmaker[AsyncSession] = request.app.state.database.sessions
    async with maker() as db:
        yield db


Db = Annotated[AsyncSession, Depends(session)]
