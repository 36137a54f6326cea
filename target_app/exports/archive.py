"""A ZIP that is sent while it is written: one conversation at a time is in memory, except for the PDF."""

from __future__ import annotations

import io
import zipfile
from asyncio import to_thread
from typing import IO, TYPE_CHECKING

from target_app.database import utcnow
from target_app.exports import formats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from target_app.exports.pen import Pen
    from target_app.exports.records import ExportedConversation

    Read = Callable[[], AsyncIterator[ExportedConversation]]


class Outlet(io.RawIOBase):
    """A file that can only be written to, and gives away what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: bytes) -> int:  # type: ignore[override]  # the ZIP writes bytes, and nothing else like them
        """Keep a piece until it is taken."""
        self.pieces.append(bytes(piece))
        return len(piece)

    def take(self) -> bytes:
        """Give what was written since the last time."""
        taken, self.pieces = b"".join(self.pieces), []
        return taken


async def archive(read: Read, names: Sequence[formats.Format]) -> AsyncIterator[bytes]:
    """
    Yield a ZIP with one file a format. `read` is called for each, and yields the conversations anew.

    Rendering takes a while, and others must not wait for it: it runs in a thread. Whoever stops listening, or an
    error on the way, leaves a file without its end, which no reader takes for whole.
    """
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w") as bundle:
        for name in dict.fromkeys(names):
            file_name, make = formats.FORMATS[name]
            pen = await to_thread(make)
            with bundle.open(_entry(file_name), "w") as file:
                await to_thread(_start, pen, file)
                async for conversation in read():
                    await to_thread(_write, pen, file, conversation)
                    yield outlet.take()
                await to_thread(_finish, pen, file)
            yield outlet.take()
    yield outlet.take()


def _entry(file_name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(file_name, date_time=utcnow().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _start(pen: Pen, file: IO[bytes]) -> None:
    file.write(pen.start())


def _write(pen: Pen, file: IO[bytes], conversation: ExportedConversation) -> None:
    file.write(pen.write(conversation))


def _finish(pen: Pen, file: IO[bytes]) -> None:
    file.write(pen.finish())
