"""Alembic runs this file for every command. The connection is handed over by our own code."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

import target_app.app  # noqa: F401  imports every model, so that the metadata is whole
from target_app.database import Base, UtcDateTime


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401  any schema item
    """Write our own types as what the store sees: a step must not change with the code."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
