"""Writes server-sent events as the WHATWG HTML standard (section 9.2) wants them read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
