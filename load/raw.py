"""Each stream of a load as a line of JSON, for whoever wants to reckon for themselves; written where asked for only."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from load.broken import Broken
    from load.client import Answer
    from load.stream import Reading

MS_NS = 1e6


def writable(folder: str) -> Path:
    """The folder, which is made if it is not there. Raises UsageError where nothing can be written into it."""
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise UsageError(f"--raw {folder}: nothing can be written there: {error.strerror or error}") from error


class Raw:
    """One process's streams, in a file of its own, so that several processes can share the folder."""

    def __init__(self, folder: str) -> None:
        """Open the file. Raises UsageError where nothing can be written."""
        path = writable(folder) / f"streams-{socket.gethostname()}-{os.getpid()}.jsonl"
        self.file: IO[str] = path.open("a", encoding="utf-8")

    def keep(self, number: int, intended_ns: int, answer: Answer, reading: Reading, broken: Broken | None) -> None:
        """Write one stream down: milliseconds since it was meant, None where it did not come to that."""

        def since(moment_ns: int) -> float | None:
            return round((moment_ns - intended_ns) / MS_NS, 3) if moment_ns else None

        line = {
            "person": number,
            "intended_ns": intended_ns,
            "sent_ms": since(answer.sent_ns),
            "headers_ms": since(answer.headers_ns),
            "first_event_ms": since(reading.first_event_ns),
            "first_token_ms": since(reading.first_token_ns),
            "last_token_ms": since(reading.last_token_ns),
            "ended_ms": since(answer.ended_ns),
            "gaps_ms": [round(gap / MS_NS, 3) for gap in reading.gaps],
            "tokens": reading.tokens,
            "together": reading.together,
            "by_kernel": answer.by_kernel,
            "status": answer.status,
            "broken": str(broken) if broken else None,
        }
        self.file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Write the rest."""
        self.file.close()
