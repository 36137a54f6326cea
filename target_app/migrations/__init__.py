"""Brings the store to the shape of the code, and drafts the next step. Each step is a file in `versions`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

HOME = Path(__file__).parent


async def upgrade(engine: AsyncEngine) -> None:
    """Apply every step that the store has not seen."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda live: command.upgrade(_config(live), "head"))


async def draft(engine: AsyncEngine, message: str) -> None:
    """Write a step from the difference between the store, brought to the newest step, and the models."""
    await upgrade(engine)
    async with engine.begin() as connection:
        await connection.run_sync(_draft, message)


async def check(engine: AsyncEngine) -> None:
    """Raise alembic's error if the models ask for something that no step brings."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda live: command.check(_config(live)))


def _draft(connection: Connection, message: str) -> None:
    number = len(list((HOME / "versions").glob("*.py"))) + 1
    command.revision(_config(connection), message, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
