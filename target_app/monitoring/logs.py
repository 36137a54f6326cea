"""
One JSON object a line, with the id of the request, and nothing that names or authenticates a person.

The code logs no personal data. What others put into messages is cleaned of addresses and tokens, and what
an exception says is left out unless its class is ours: it may quote what a member wrote.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

REQUEST_ID: ContextVar[str] = ContextVar("REQUEST_ID")
PACKAGE = __name__.partition(".")[0]
ADDRESS = re.compile(r"[^\s<>\"'(=]+@[^\s<>\"')]+")
# Longer than any id; signed and opaque tokens all are.
TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]{40,}")


def configure(level: str) -> None:
    """
    Write the log of the process to its standard error, ours from `level` on.

    Other people's is written from INFO on at most: below, drivers quote what they store.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=max(logging.INFO, logging.getLevelName(level)), handlers=[handler], force=True)
    logging.getLogger(PACKAGE).setLevel(level)
    logging.captureWarnings(capture=True)


def clean(text: str) -> str:
    """Take addresses and tokens out of a text."""
    return TOKEN.sub("[token]", ADDRESS.sub("[address]", text))


def is_ours(error: BaseException) -> bool:
    """Tell whether the words of an exception are ours, and so safe to keep."""
    return type(error).__module__.partition(".")[0] == PACKAGE


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object: time, level, logger, message, request_id, and `facts` if it has any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": clean(record.getMessage()),
            "request_id": REQUEST_ID.get(None),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = [_told(error) for error in _chain(record.exc_info[1])]
        return json.dumps(line, ensure_ascii=False)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what it came from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _told(error: BaseException) -> dict[str, Any]:
    frames = [
        f"{frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    words = {"message": clean(str(error))} if is_ours(error) else {}
    return {"type": f"{type(error).__module__}.{type(error).__qualname__}", **words, "frames": frames}
