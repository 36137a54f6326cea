"""A stream's raw record has every moment of it, so that all that is told of it can be reckoned again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gonogo.trouble import UsageError
from load.broken import Broken
from load.client import Answer
from load.dialected import Dialected
from load.raw import Raw, writable
from load.stream import Reading
from tests.load.truth import DIALECT

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000


def test_every_moment_is_kept(tmp_path: Path) -> None:
    """Moments are milliseconds since the stream was meant; what did not come is none."""
    reading = Reading(Dialected(DIALECT))
    for number, moment in enumerate((130, 150, 150, 190)):
        reading.feed(b'event: token\ndata: {"index":%d,"text":"a"}\n\n' % number, (1000 + moment) * MS)
    raw = Raw(str(tmp_path / "deep" / "raw"))
    raw.keep(7, 1000 * MS, Answer(sent_ns=1010 * MS, headers_ns=1100 * MS, status=200), reading, Broken.CUT)
    raw.keep(7, 2000 * MS, Answer(), Reading(Dialected(DIALECT)), None)
    raw.close()

    (file,) = (tmp_path / "deep" / "raw").iterdir()
    first, second = (json.loads(line) for line in file.read_text().splitlines())
    assert first == {
        "person": 7,
        "intended_ns": 1000 * MS,
        "sent_ms": 10.0,
        "headers_ms": 100.0,
        "first_event_ms": 130.0,
        "first_token_ms": 130.0,
        "last_token_ms": 190.0,
        "ended_ms": None,
        "gaps_ms": [20.0, 40.0],
        "tokens": 4,
        "together": 1,
        "by_kernel": False,
        "status": 200,
        "broken": "cut",
    }
    assert (second["first_token_ms"], second["broken"], second["tokens"]) == (None, None, 0)


def test_nowhere_to_write(tmp_path: Path) -> None:
    """A folder that cannot be one is named in a sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"--raw .*file/raw: nothing can be written there: Not a directory"):
        writable(str(tmp_path / "file" / "raw"))
