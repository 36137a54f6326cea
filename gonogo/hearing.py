"""
Hears a suite in a process of its own: what it learnt that is secret, what goes to its log, what people see.

A suite tells each secret through a pipe before it uses it. Whatever text arrives afterwards is written without
it, and so that nobody who shows it obeys it. All pipes are read to their end: what a suite that is killed has
said before stays.
"""

from __future__ import annotations

import codecs
import json
import os
import selectors
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TextIO

from gonogo.redaction import Vault
from gonogo.visible import ORDER_IN_LOG, visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gonogo.run import Run

TELL_FD = "GONOGO_TELL_FD"
CHUNK = 65536
LONGEST_LINE = 1 << 20
KEPT_BACK = 1 << 15  # of a line that is longer, so much waits for what follows: a secret may have begun in it


class TellingVault(Vault):
    """A vault that tells every secret that is new to it, and its name, before anybody can use it."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        super().__init__()
        self.tell = tell

    def add(self, value: str, name: str) -> None:
        """Register a secret under a variable's name, and tell it. Raises HarnessTrouble for one that is too short."""
        new = value not in self._values
        super().add(value, name)
        if new:
            self.tell(value, name)


def teller() -> Callable[[str, str], None]:
    """What tells a secret to the parent that listens; without one there is nobody to tell it to."""
    if TELL_FD not in os.environ:
        return lambda *_: None
    pipe = os.fdopen(int(os.environ.pop(TELL_FD)), "wb", buffering=0)
    os.set_inheritable(pipe.fileno(), False)  # noqa: FBT003  its only argument

    def tell(value: str, name: str) -> None:
        line = json.dumps([value, name]).encode() + b"\n"
        while line:
            line = line[pipe.write(line) :]

    return tell


class Speech:
    """What arrives in pieces, as whole lines without secrets that can be shown; a line without end is cut."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self.redact = redact
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.rest = ""

    def hear(self, piece: bytes) -> str:
        """What can be written now; an empty piece is the end, and gives the rest."""
        self.rest += self.decoder.decode(piece, final=not piece)
        end = self.rest.rfind("\n") + 1 if piece else len(self.rest)
        if not end and len(self.rest) > LONGEST_LINE:
            self.rest = self.redact(self.rest)
            end = len(self.rest[:-KEPT_BACK].rstrip(":#"))  # an order to a CI runner stays in one piece
        said, self.rest = self.rest[:end], self.rest[end:]
        return visible(self.redact(said), ORDER_IN_LOG)


class Hearing:
    """The pipes of one suite: where it tells secrets, its standard output and its standard error."""

    def __init__(self, run: Run, suite: str, told: IO[bytes], log: TextIO) -> None:
        self.run = run
        self.journal: Path = run.folder / "evidence" / f"{suite}.jsonl"
        self.told = told
        self.rest = b""
        self.log = log
        os.set_blocking(told.fileno(), False)

    def listen(self, out: IO[bytes], err: IO[bytes]) -> None:
        """Hear everything to its end; when we cannot go on, the pipes are closed, so that the suite cannot either."""
        log, people = Speech(self.run.vault.redact), Speech(self.run.vault.redact)
        with selectors.DefaultSelector() as selector, self.told, out, err:
            selector.register(self.told, selectors.EVENT_READ, self.learn)
            selector.register(out, selectors.EVENT_READ, lambda: self.pass_on(out, log, self.write))
            selector.register(err, selectors.EVENT_READ, lambda: self.pass_on(err, people, self.show))
            while selector.get_map():
                for key, _ in selector.select():
                    if not key.data():
                        selector.unregister(key.fileobj)

    def learn(self) -> bool:
        """Take over what has been told so far; whether there may be more."""
        try:
            while piece := os.read(self.told.fileno(), CHUNK):
                *lines, self.rest = (self.rest + piece).split(b"\n")
                for line in lines:
                    self.run.learn(*json.loads(line))
        except BlockingIOError:
            return True
        return False

    def pass_on(self, pipe: IO[bytes], speech: Speech, use: Callable[[str], None]) -> bool:
        """Pass on what has been said, after what was told before it was; whether there may be more."""
        piece = os.read(pipe.fileno(), CHUNK)
        self.learn()
        use(speech.hear(piece))
        return bool(piece)

    def write(self, text: str) -> None:
        """Write to the log, at once."""
        self.log.write(text)
        self.log.flush()

    def show(self, text: str) -> None:
        """Show people what a suite says to them, which is indented and comes once it is at work; log the rest."""
        at_work = self.journal.exists()
        for line in text.splitlines(keepends=True):
            if not (at_work and line.startswith("  ")):
                self.write(line)
                continue
            with suppress(BrokenPipeError):  # nobody reads on; the run goes on for its verdict
                sys.stderr.write(line)
                sys.stderr.flush()
