"""What a member chose, or would get without choosing."""

from collections.abc import Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User
from target_app.billing.catalogue import default_model
from target_app.preferences.models import Preferences
from target_app.settings import Settings

# Made once: that takes longer than running it.
OF_USER = select(Preferences).where(Preferences.user_id == bindparam("user"))


async def chosen(db: AsyncSession, user: User, settings: Settings) -> Preferences:
    """Give the member's preferences; those of a member who never chose are not stored."""
    found = await db.scalar(OF_USER, {"user": user.id})
    default = default_model(settings)
    return found or Preferences(user_id=user.id, theme="system", language="en", default_model=default)


async def change(db: AsyncSession, user: User, settings: Settings, given: Mapping[str, str]) -> Preferences:
    """Change what is given, and give all as it is now."""
    try:
        return await _change(db, user, settings, given)
    except IntegrityError:
        # The first choice of this member, and another request made it first. Now there is a row to change.
        await db.rollback()
        return await _change(db, user, settings, given)


async def _change(db: AsyncSession, user: User, settings: Settings, given: Mapping[str, str]) -> Preferences:
    preferences = await chosen(db, user, settings)
    for name, value in given.items():
        setattr(preferences, name, value)
    await keep(db, preferences)
    return preferences


async def keep(db: AsyncSession, preferences: Preferences) -> None:
    """Keep what was chosen."""
    db.add(preferences)
    await db.commit()
