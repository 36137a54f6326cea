"""Reads and keeps what was said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from target_app.billing import quota
from target_app.chat import place
from target_app.chat.answer import Answer
from target_app.chat.models import Message
from target_app.chat.place import MICROSECOND, place_of
from target_app.chat.provider import Turn
from target_app.database import utcnow

IN_ORDER = (Message.created_at, Message.id)
# Made once: that takes longer than running it.
NEWEST = (
    select(Message.role, Message.content)
    .where(Message.conversation_id == bindparam("conversation"), Message.content != "")
    .order_by(*(one.desc() for one in IN_ORDER))
    .limit(bindparam("most"))
)
QUESTION_ASKED = select(Message.created_at).where(Message.id == bindparam("question"))


async def read(db: AsyncSession, conversation_id: str) -> Sequence[Message]:
    """Give all messages of a conversation, oldest first."""
    found = await db.scalars(select(Message).where(Message.conversation_id == conversation_id).order_by(*IN_ORDER))
    return found.all()


async def page(db: AsyncSession, conversation_id: str, limit: int | None, cursor: str | None) -> Sequence[Message]:
    """Give the messages after a place, and one more than `limit` if there are more."""
    wanted = select(Message).where(Message.conversation_id == conversation_id).order_by(*IN_ORDER)
    if cursor is not None:
        wanted = wanted.where(tuple_(Message.created_at, Message.id) > place_of(cursor))
    found = await db.scalars(wanted if limit is None else wanted.limit(limit + 1))
    return found.all()


def cursor_of(message: Message) -> str:
    """Name the place of a message."""
    return place.cursor_of(message.created_at, message.id)


async def turns(db: AsyncSession, conversation_id: str, most: int) -> tuple[Turn, ...]:
    """Give what was said last, oldest first, as a model is told it. What failed before its first word is left out."""
    found = (await db.execute(NEWEST, {"conversation": conversation_id, "most": most})).all()
    return tuple(Turn(role=role, content=content) for role, content in reversed(found))


async def question_with(db: AsyncSession, conversation_id: str, key: str) -> Message | None:
    """Find the question that was sent with this idempotency key."""
    wanted = select(Message).where(Message.conversation_id == conversation_id, Message.idempotency_key == key)
    return (await db.scalars(wanted)).first()


async def answer_to(db: AsyncSession, question: Message) -> Message | None:
    """Find the answer that was kept for a question."""
    return (await db.scalars(select(Message).where(Message.answers == question.id))).first()


async def answer_with(db: AsyncSession, conversation_id: str, message_id: str) -> Message | None:
    """Find a kept answer of this conversation."""
    found = await db.get(Message, message_id, populate_existing=True)
    return found if found and found.answers and found.conversation_id == conversation_id else None


async def keep_answer(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
    """Keep an answer, unless its conversation was deleted while it was written. A failure is not counted."""
    try:
        async with maker.begin() as db:
            asked = await _asked(db, answer)
            if asked is not None:
                # Clocks may stand still or differ; an answer comes after its question.
                await _keep(db, answer, max(utcnow(), asked + MICROSECOND))
    except IntegrityError:
        # It may have been deleted since we looked.
        async with maker() as db:
            if await _asked(db, answer) is not None:
                raise


async def _asked(db: AsyncSession, answer: Answer) -> datetime | None:
    moment: datetime | None = await db.scalar(QUESTION_ASKED, {"question": answer.question_id})
    return moment


async def _keep(db: AsyncSession, answer: Answer, moment: datetime) -> None:
    db.add(
        Message(
            id=answer.message_id,
            created_at=moment,
            conversation_id=answer.conversation_id,
            answers=answer.question_id,
            role="assistant",
            content=answer.text,
            status=answer.status,
            model=answer.ask.model,
            told=answer.told(),
        )
    )
    if answer.status == "failed":
        await quota.give_back(db, answer.user_id, answer.month)
