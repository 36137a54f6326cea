"""What a line of curl says when it is sent: taken apart, so that its secrets are known, and shown to a terminal."""

from __future__ import annotations

import io
import os
import re
import subprocess
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.evidence import Exchanged

JWT = re.compile(r"eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*")
STATUS = re.compile(rb"HTTP/[\d.]+ (\d{3})")
AT_ONCE = 65_536
SHOWN_OF_A_FILE = 20_000


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came, each piece with the seconds since curl was started, and curl's exit code."""

    pieces: tuple[tuple[float, bytes], ...]
    took_s: float
    code: int

    @property
    def said(self) -> bytes:
        """Everything that came."""
        return b"".join(piece for _, piece in self.pieces)

    @property
    def pace(self) -> str:
        """When the body came, in a sentence."""
        _, body = taken_apart(self.said)
        begins, passed, times = len(self.said) - len(body), 0, []
        for moment, piece in self.pieces:
            passed += len(piece)
            if passed > begins:
                times.append(moment)
        if not times:
            return f"ended after {self.took_s:.2f} s"
        pieces = "1 piece" if len(times) == 1 else f"{len(times)} pieces"
        return f"the body began after {times[0]:.2f} s, came in {pieces}, ended after {self.took_s:.2f} s"


def little(filled: dict[str, str]) -> dict[str, str]:
    """The environment of a line: where programs are, and the variables that it needs."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | filled


def hear(line: str, filled: dict[str, str]) -> Heard:
    """Send a line, which must be one of ours, and listen until it ends."""
    began, pieces = time.monotonic(), []
    read, write = os.pipe()
    with subprocess.Popen(["bash", "-c", line], env=little(filled), stdout=write, stderr=write) as process:  # noqa: S603, S607  of our own form
        os.close(write)
        with open(read, "rb", buffering=0) as pipe:  # noqa: PTH123  a descriptor has no path
            while piece := pipe.read(AT_ONCE):
                pieces.append((time.monotonic() - began, piece))
    return Heard(pieces=tuple(pieces), took_s=time.monotonic() - began, code=process.returncode)


def taken_apart(said: bytes) -> tuple[list[Headers], bytes]:
    """The header fields of each answer, of which redirects and interim ones go before, and the last one's body."""
    heads = []
    while STATUS.match(said) and b"\r\n\r\n" in said:
        head, _, said = said.partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
        heads.append(Headers(tuple((name.strip(), value.strip()) for name, _, value in lines)))
    return heads, said


def exchange_of(heard: Heard, sent: Exchanged) -> Exchange:
    """What was heard, as the exchange that the line is."""
    heads, body = taken_apart(heard.said)
    found = STATUS.match(heard.said)
    return Exchange(
        id=sent.id,
        person=sent.person,
        request=Request(operation=sent.operation, method=sent.method, url=sent.url),
        status=int(found[1]) if found else None,
        headers=heads[-1] if heads else Headers(),
        body=body,
        cookies=tuple(parse_set_cookie(raw) for head in heads for raw in head.all("set-cookie")),
    )


def readable(said: bytes) -> str:
    """What was said, as text; of a ZIP archive what is in it."""
    body = taken_apart(said)[1]
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return said.decode("utf-8", "backslashreplace")
    head = said[: len(said) - len(body)].decode("utf-8", "backslashreplace")
    return "".join((head, *listed(body)))


def listed(archive: bytes) -> Iterator[str]:
    """Each file of an archive: its name and size, and where it is text how it begins."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            for one in files.infolist():
                with files.open(one) as file:
                    start = file.read(SHOWN_OF_A_FILE)
                yield f"-- {one.filename}, {one.file_size} bytes\n"
                if b"\0" not in start and not start.startswith(b"%PDF"):
                    yield start.decode("utf-8", "backslashreplace").rstrip("\n") + "\n"
                if one.file_size > len(start):
                    yield f"-- the rest, {one.file_size - len(start)} bytes, is not shown\n"
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as trouble:
        yield f"-- it cannot be unpacked: {trouble}\n"


def harmless(text: str) -> str:
    """What the target said, for a terminal: nothing of it can move the cursor, turn text around or hide."""
    text = text.replace("\r\n", "\n")
    return "".join(letter if letter.isprintable() or letter in "\n\t" else f"\\u{{{ord(letter):x}}}" for letter in text)
