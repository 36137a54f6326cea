"""Gathers what is to be exported. Only what is the member's own is found."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from target_app.accounts.models import User
from target_app.chat import history
from target_app.chat.models import Conversation, Message
from target_app.errors import Problem
from target_app.exports.records import ExportedConversation, ExportedMessage


def as_record(conversation: Conversation, messages: Sequence[Message]) -> ExportedConversation:
    """Copy a conversation out of the database."""
    return ExportedConversation(
        id=conversation.id,
        title=conversation.title,
        project_id=conversation.project_id,
        created_at=conversation.created_at.isoformat(),
        messages=tuple(
            ExportedMessage(
                role=message.role,
                content=message.content,
                status=message.status,
                created_at=message.created_at.isoformat(),
            )
            for message in messages
        ),
    )


async def find_own(db: AsyncSession, user: User, ids: Sequence[str]) -> list[Conversation]:
    """Find conversations of the member, in the order asked for; raises a 404 problem if one is missing."""
    mine = select(Conversation).where(Conversation.user_id == user.id, Conversation.id.in_(ids))
    found = {conversation.id: conversation for conversation in await db.scalars(mine)}
    if not found.keys() >= set(ids):
        raise Problem(404, "There is no such conversation. Nothing was exported.")
    return [found[one] for one in dict.fromkeys(ids)]


async def read(
    maker: async_sessionmaker[AsyncSession], conversations: Sequence[Conversation]
) -> AsyncIterator[ExportedConversation]:
    """Read conversations with all their messages, one at a time; no connection is held between two."""
    for conversation in conversations:
        async with maker() as db:
            messages = await history.read(db, conversation.id)
        yield as_record(conversation, messages)
