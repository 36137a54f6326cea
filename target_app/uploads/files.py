"""Whose file it is."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from target_app.accounts.models import User
from target_app.errors import Problem
from target_app.uploads.models import Upload


async def find_own(db: AsyncSession, user: User, upload_id: str) -> Upload:
    """Find a file of `user` with its bytes; raises a 404 problem for any other."""
    stored = await db.get(Upload, upload_id, options=[undefer(Upload.content)])
    if stored is None or stored.user_id != user.id:
        raise Problem(404, "There is no such file.")
    return stored
