"""From a known or forgotten password to a new one. Whatever was opened with the old one is closed."""

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts import sessions
from target_app.accounts.models import User, VerificationToken
from target_app.accounts.passwords import hash_password
from target_app.accounts.tokens import hash_opaque, read_reset
from target_app.database import utcnow
from target_app.settings import Settings


async def reset(db: AsyncSession, settings: Settings, token: str, password: str) -> User | None:
    """
    Use a mailed link: set the password and end all sessions; None if the link is unknown, used or expired.

    Whoever opens the link holds the mailbox, so the address is proven too. Links of earlier sign-ups end, or
    they would bring the passwords of those back.
    """
    claimed = read_reset(settings, token)
    user = await db.get(User, claimed.user_id) if claimed else None
    if claimed is None or user is None or hash_opaque(user.password_hash) != claimed.replaces:
        return None
    if not await _replace(db, user, password):
        return None
    now = utcnow()
    await db.execute(update(User).where(User.id == user.id).values(verified_at=func.coalesce(User.verified_at, now)))
    links = update(VerificationToken).where(VerificationToken.user_id == user.id, VerificationToken.used_at.is_(None))
    await db.execute(links.values(used_at=now))
    await sessions.end_others(db, user.id, keep=None)
    await db.commit()
    return user


async def change(db: AsyncSession, user: User, password: str, *, keep: str) -> bool:
    """Set the password of a member, and end every session but `keep`; False if another change came first."""
    changed = await _replace(db, user, password)
    if changed:
        await sessions.end_others(db, user.id, keep=keep)
        await db.commit()
    return changed


async def _replace(db: AsyncSession, user: User, password: str) -> bool:
    """Set the password if it still is what was read, so that of two changes at once only one wins."""
    fresh = await hash_password(password)
    same = update(User).where(User.id == user.id, User.password_hash == user.password_hash)
    changed = await db.scalars(same.values(password_hash=fresh).returning(User.id))
    return changed.first() is not None
