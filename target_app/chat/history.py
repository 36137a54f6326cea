"""Reads and keeps what was said."""

from collections.abc import Sequence

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from target_app.chat.answer import Answer
from target_app.chat.models import Message

# A question and its answer may carry the same moment; the question comes first.
IN_ORDER = (Message.created_at, case((Message.role == "user", 0), else_=1))


async def read(db: AsyncSession, conversation_id: str) -> Sequence[Message]:
    """Give all messages of a conversation, oldest first."""
    found = await db.scalars(select(Message).where(Message.conversation_id == conversation_id).order_by(*IN_ORDER))
    return found.all()


async def question_with(db: AsyncSession, conversation_id: str, key: str) -> Message | None:
    """Find the question that was sent with this idempotency key."""
    wanted = select(Message).where(Message.conversation_id == conversation_id, Message.idempotency_key == key)
    return (await db.scalars(wanted)).first()


async def answer_to(db: AsyncSession, question: Message) -> Message | None:
    """Find the answer that was kept for a question."""
    return (await db.scalars(select(Message).where(Message.answers == question.id))).first()


async def keep_answer(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
    """Keep an answer, unless its conversation was deleted while it was written."""
    async with maker.begin() as db:
        if await db.get(Message, answer.question_id) is not None:
            db.add(
                Message(
                    id=answer.message_id,
                    conversation_id=answer.conversation_id,
                    answers=answer.question_id,
                    role="assistant",
                    content=answer.text,
                    status=answer.status,
                )
            )
