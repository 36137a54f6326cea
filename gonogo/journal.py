"""Writes and reads journals: append-only files of records, contiguous, closed by a count and a hash."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

from gonogo.evidence import RECORD, End, Evidence, JournalRead, Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Journal:
    """
    One writer's file of records.

    `redact` is applied to every line before it is written. Each line is flushed, so that a killed
    process loses at most the line it was writing; `close` writes the `end` record.
    """

    def __init__(self, path: Path, redact: Callable[[str], str] = str) -> None:
        """Open a new journal; one that exists already is not touched (FileExistsError)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.redact = redact
        self.count = 0
        self.hash = hashlib.sha256()
        self.file = path.open("xb")

    def write(self, record: Record) -> None:
        """Append one record."""
        line = self._line(record)
        self.hash.update(line)
        self.count += 1
        self._append(line)

    def close(self) -> None:
        """Write the end record and put everything on disk; a second call does nothing."""
        if self.file.closed:
            return
        self._append(self._line(End(count=self.count, sha256=self.hash.hexdigest())))
        os.fsync(self.file.fileno())
        self.file.close()

    def _line(self, record: Record) -> bytes:
        body = {"seq": self.count, **record.model_dump(mode="json")}
        return self.redact(json.dumps(body, ensure_ascii=False)).encode(errors="backslashreplace") + b"\n"

    def _append(self, line: bytes) -> None:
        self.file.write(line)
        self.file.flush()


def read_journal(path: Path) -> JournalRead:
    """
    Read one journal, whatever state it is in.

    Trouble (torn, not contiguous, not closed, changed afterwards) is said, never raised; the records
    before it are kept.
    """
    digest = hashlib.sha256()
    records: list[Record] = []
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines):
        try:
            body = json.loads(line)
            seq = body.pop("seq")
            record = RECORD.validate_python(body)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return _troubled(path, records, f"line {number + 1} is torn or not a record")
        if seq != number:
            return _troubled(path, records, f"line {number + 1} has seq {seq}: a record is missing")
        if isinstance(record, End):
            return _ended(path, records, record, digest.hexdigest(), len(lines))
        digest.update(line)
        records.append(record)
    return _troubled(path, records, "it was never closed")


def _ended(path: Path, records: list[Record], end: End, digest: str, lines: int) -> JournalRead:
    if end.count != len(records) or end.sha256 != digest:
        return _troubled(path, records, "its content does not match its closing hash")
    if lines != len(records) + 1:
        return _troubled(path, records, "something follows its end")
    return JournalRead(name=path.stem, records=tuple(records), sha256=digest)


def _troubled(path: Path, records: list[Record], trouble: str) -> JournalRead:
    return JournalRead(name=path.stem, records=tuple(records), trouble=trouble)


def mask(path: Path, redact: Callable[[str], str]) -> None:
    """Take what `redact` finds out of a journal that nobody writes to any more; one that was whole still is."""
    whole = read_journal(path).trouble is None
    lines = redact(path.read_bytes().decode(errors="replace")).encode(errors="replace").splitlines(keepends=True)
    if whole:
        digest = hashlib.sha256(b"".join(lines[:-1])).hexdigest()
        lines[-1] = json.dumps({**json.loads(lines[-1]), "sha256": digest}).encode() + b"\n"
    path.write_bytes(b"".join(lines))


def read_evidence(run: Path) -> Evidence:
    """Read every journal of a run's folder, in the order of their names."""
    return Evidence(journals=tuple(read_journal(path) for path in sorted((run / "evidence").glob("*.jsonl"))))
