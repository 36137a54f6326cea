"""What is kept of a chat."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from target_app.database import Base, keyed_index, new_id, utcnow


class Conversation(Base):
    """A conversation of one member; without its project it lives on."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_user_id_created_at_id", "user_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    project_id: Mapped[str | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)


class Message(Base):
    """
    One thing that was said.

    `answers` names the question that an assistant's message answers: a question has one answer at most.
    `model` is the one that a question asked for by name, or that answered; `told` is what the stream said
    beside the text, so that it can be told again to the letter.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "idempotency_key"),
        Index("ix_messages_conversation_id_created_at", "conversation_id", "created_at"),
        keyed_index("messages"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    answers: Mapped[str | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    role: Mapped[str] = mapped_column(String(10))
    content: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="complete")
    model: Mapped[str | None] = mapped_column(String(50))
    told: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utcnow)
