"""What a format is: something that writes one conversation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from target_app.exports.records import ExportedConversation


class Pen(Protocol):
    """Writes a file piece by piece. A pen writes one file, and runs in any thread, one call at a time."""

    def start(self) -> bytes:
        """Give what comes before the first conversation."""

    def write(self, conversation: ExportedConversation) -> bytes:
        """Give what there is to say of a conversation; nothing if the format can say it only at the end."""

    def finish(self) -> bytes:
        """Give what comes after the last conversation."""
