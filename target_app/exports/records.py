"""What is exported, free of the database, so that a thread may render it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExportedMessage:
    """One thing that was said. `created_at` is ISO 8601."""

    role: str
    content: str
    status: str
    created_at: str


@dataclass(frozen=True, kw_only=True)
class ExportedConversation:
    """One conversation with all its messages, oldest first."""

    id: str
    title: str
    project_id: str | None
    created_at: str
    messages: tuple[ExportedMessage, ...]
