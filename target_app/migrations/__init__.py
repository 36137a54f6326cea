"""Brings the database to the shape of the code, and back; drafts the next step. Each step is a file in `versions`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

HOME = Path(__file__).parent

# Whoever migrates holds this: PostgreSQL's lock by a number that only we use, and SQLite's one for writing.
LOCKS = {"postgresql": "SELECT pg_advisory_xact_lock(7267013)", "sqlite": "BEGIN IMMEDIATE"}


async def upgrade(engine: AsyncEngine, step: str = "head") -> None:
    """Apply every step that the database has not seen. Of workers that start at once one does, the others wait."""
    async with engine.begin() as connection:
        await connection.run_sync(_locked, lambda config: _upgrade(config, step))


async def downgrade(engine: AsyncEngine, step: str) -> None:
    """Take back every step after this one; "base" takes back all, and everything that was kept."""
    async with engine.begin() as connection:
        await connection.run_sync(_locked, lambda config: command.downgrade(config, step))


async def draft(engine: AsyncEngine, message: str) -> None:
    """Write a step from the difference between the store, brought to the newest step, and the models."""
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.run_sync(_draft, message)


async def check(engine: AsyncEngine) -> None:
    """Raise alembic's error if the models ask for something that no step brings."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda live: command.check(_config(live)))


def _locked(connection: Connection, work: Callable[[Config], None]) -> None:
    connection.exec_driver_sql(LOCKS[connection.dialect.name])
    work(_config(connection))


def _upgrade(config: Config, step: str) -> None:
    """Apply the steps that are missing; most often there are none, and alembic would load every file to see that."""
    steps = frozenset(path.name for path in (HOME / "versions").glob("*.py"))
    taken = MigrationContext.configure(config.attributes["connection"]).get_current_revision()
    if step != "head" or taken is None or taken != _newest(HOME, steps):
        command.upgrade(config, step)


@cache
def _newest(home: Path, _steps: frozenset[str]) -> str | None:
    """Name the last of these steps; their files are read once."""
    return ScriptDirectory(str(home)).get_current_head()


def _draft(connection: Connection, message: str) -> None:
    number = len(list((HOME / "versions").glob("*.py"))) + 1
    command.revision(_config(connection), message, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
