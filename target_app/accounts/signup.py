"""From a sign-up to a proven address."""

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import User, VerificationToken
from target_app.accounts.tokens import hash_opaque, new_opaque
from target_app.database import utcnow


async def find_user(db: AsyncSession, email: str) -> User | None:
    """Return the member with this address, verified or not."""
    return (await db.scalars(select(User).where(User.email == email))).one_or_none()


async def register(db: AsyncSession, wanted: User, *, link_lives: timedelta) -> str | None:
    """
    Keep the sign-up, and return the token to mail; None if the address has a verified account.

    In that case a token is kept all the same, used up from the start: so that the time of the answer does not
    tell which addresses have an account.
    """
    user = await find_user(db, wanted.email) or await _insert(db, wanted)
    now = utcnow()
    token = new_opaque()
    db.add(
        VerificationToken(
            token_hash=hash_opaque(token),
            user_id=user.id,
            name=wanted.name,
            password_hash=wanted.password_hash,
            expires_at=now + link_lives,
            used_at=None if user.verified_at is None else now,
        ),
    )
    await db.commit()
    return token if user.verified_at is None else None


async def _insert(db: AsyncSession, wanted: User) -> User:
    copy = User(email=wanted.email, name=wanted.name, password_hash=wanted.password_hash)
    db.add(copy)
    try:
        await db.flush()
    except IntegrityError:
        # Another sign-up with this address came first, between our look and our insert.
        await db.rollback()
        return (await db.scalars(select(User).where(User.email == wanted.email))).one()
    return copy


async def verify(db: AsyncSession, token: str) -> User | None:
    """Use up the token and mark its member verified; None if it is unknown, used or expired."""
    now = utcnow()
    row = await db.get(VerificationToken, hash_opaque(token))
    if row is None or row.expires_at <= now:
        return None
    # One statement looks and marks, so that of two requests at once only one wins. It ends the
    # member's other links too.
    used = await db.scalars(
        update(VerificationToken)
        .where(VerificationToken.user_id == row.user_id, VerificationToken.used_at.is_(None))
        .values(used_at=now)
        .returning(VerificationToken.token_hash),
    )
    if row.token_hash not in used:
        return None
    user = await db.get_one(User, row.user_id)
    user.verified_at, user.password_hash, user.name = now, row.password_hash, row.name
    await db.commit()
    return user
