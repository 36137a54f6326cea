"""Removes what has expired, now and then."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, update
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.models import RefreshToken, Session, VerificationToken
from target_app.billing.models import Order
from target_app.chat.models import Message
from target_app.database import Database, new_id, utcnow
from target_app.settings import Settings
from target_app.store import Store

log = logging.getLogger(__name__)


async def purge(db: AsyncSession, settings: Settings, now: datetime) -> None:
    """
    Remove tokens that nobody can use any more, sessions without any, and idempotency keys of long ago.

    A refresh token that was used stays until it expires: its second use must be recognised.
    """
    await db.execute(delete(VerificationToken).where(VerificationToken.expires_at <= now))
    await db.execute(delete(RefreshToken).where(RefreshToken.expires_at <= now))
    # An access token may outlive the refresh token that it was given out with.
    over = now - timedelta(seconds=settings.refresh_token_s + settings.access_token_s)
    in_use = exists().where(RefreshToken.session_id == Session.id)
    await db.execute(delete(Session).where(Session.created_at <= over, ~in_use))
    forgotten = now - timedelta(seconds=settings.idempotency_key_s)
    for table in (Message, Order):
        keyed = (table.idempotency_key.is_not(None), table.created_at <= forgotten)
        await db.execute(update(table).where(*keyed).values(idempotency_key=None))
    await db.commit()


async def purge_now_and_then(database: Database, store: Store, settings: Settings, ending: asyncio.Event) -> None:
    """Purge at the start and then again and again, until the service is ending; of all workers one does it."""
    while not ending.is_set():
        try:
            if await store.claim("purge", new_id().encode(), ttl_s=settings.purge_interval_s / 2):
                async with database.sessions() as db:
                    await purge(db, settings, utcnow())
        except Exception:
            log.exception("Expired rows could not be removed; they will be next time")
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.purge_interval_s):
                await ending.wait()
