"""
Writes server-sent events as the WHATWG HTML standard (section 9.2) wants them read.

One answer is: start, token for each piece, then usage and end; or error, which ends it too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from target_app.chat.scripted import tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_app.chat.models import Message

KEEP_ALIVE = b": keep-alive\n\n"


@dataclass(kw_only=True)
class EventWriter:
    """Numbers the events of one stream: `id: <message>:<n>`, from 0."""

    message_id: str
    written: int = 0

    def write(self, event: str, data: Mapping[str, object]) -> bytes:
        """Encode one event; JSON keeps `data` on one line whatever the text holds."""
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        block = f"id: {self.message_id}:{self.written}\nevent: {event}\ndata: {text}\n\n"
        self.written += 1
        return block.encode()

    def start(self, conversation_id: str, model: str, cached: str | None) -> bytes:
        """Say which message this will be."""
        names = {"message_id": self.message_id, "conversation_id": conversation_id, "model": model}
        return self.write("start", {**names, "cached": cached} if cached else names)

    def token(self, index: int, text: str) -> bytes:
        """Say a piece of the text."""
        return self.write("token", {"index": index, "text": text})

    def last(self, told: Mapping[str, Any]) -> list[bytes]:
        """Say how it ended: usage and end, or error."""
        if told["error"]:
            return [self.write("error", told["error"])]
        end = {"message_id": self.message_id, "finish_reason": told["finish_reason"]}
        return [self.write("usage", told["usage"]), self.write("end", end)]


def begun(
    writer: EventWriter, conversation_id: str, told: Mapping[str, Any], content: str, pieces: Sequence[int]
) -> list[bytes]:
    """Write the events of an answer so far; `pieces` are the lengths in which its text was told."""
    cuts = pairwise(accumulate(pieces, initial=0))
    texts = [content[start:stop] for start, stop in cuts]
    start = writer.start(conversation_id, told["model"], told["cached"])
    return [start, *(writer.token(index, text) for index, text in enumerate(texts))]


def retold(message: Message) -> list[bytes]:
    """Write all events of a kept answer once more, the same to the letter."""
    told = message.told or _as_it_was_told(message)
    writer = EventWriter(message_id=message.id)
    return [*begun(writer, message.conversation_id, told, message.content, told["pieces"]), *writer.last(told)]


def _as_it_was_told(message: Message) -> dict[str, Any]:
    """Make up for answers that were kept before this was kept with them."""
    pieces = [len(token) for token in tokens_of(message.content)]
    failed = {"type": "about:blank", "title": "Bad Gateway", "status": 502, "detail": "The model failed."}
    return {
        "model": message.model or "",
        "cached": None,
        "pieces": pieces,
        "usage": {"prompt_tokens": 0, "completion_tokens": len(pieces)},
        "finish_reason": "stopped" if message.status == "stopped" else "stop",
        "error": failed if message.status == "failed" else None,
    }
