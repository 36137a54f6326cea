"""An answer while it is written, and everybody who hears it: the one who asked, or who came back for the rest."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from target_app.chat.events import KEEP_ALIVE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from target_app.chat.answer import Answer

log = logging.getLogger(__name__)

ALL = 1_000_000_000


class Live:
    """
    One answer being written.

    Its next event is made when somebody wants to hear it, so that nobody is served faster than they read.
    When all have left, it waits `wait_s` seconds for someone to come back, and then ends.
    """

    def __init__(
        self, answer: Answer, blocks: AsyncGenerator[bytes, None], stop: asyncio.Event, *, wait_s: float
    ) -> None:
        self.answer = answer
        self.said: list[bytes] = []
        self.listeners = 0
        self.wait_s = wait_s
        self._blocks = blocks
        self._stop = stop
        self._wanted = 0
        self._failure: Exception | None = None
        self._news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None
        self.task = asyncio.ensure_future(self._write())

    def stop(self) -> None:
        """Say no more: the answer ends as it is."""
        self._stop.set()
        self.go_on()

    def go_on(self) -> None:
        """Write to the end, also if nobody hears."""
        self._wanted = ALL
        self._tell()

    def join(self) -> None:
        """Note that somebody hears."""
        self.listeners += 1
        self.wait_on()

    def wait_on(self) -> None:
        """Let an answer that nobody hears wait longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def leave(self) -> None:
        """Note that somebody left."""
        self.listeners -= 1
        if self.listeners or self.task.done():
            return
        if self.wait_s:
            self.wait_alone()
        else:
            await self.end()

    def wait_alone(self) -> None:
        """End when nobody comes in time."""
        if not self.listeners and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.wait_s, self.stop)

    async def end(self) -> None:
        """Stop, and wait until what was said is kept."""
        self.stop()
        await asyncio.shield(asyncio.wait({self.task}))

    async def hear(self, index: int, quiet_s: float) -> AsyncGenerator[bytes, None]:
        """
        Give the events from this one on, and a comment whenever nothing came for `quiet_s` seconds.

        Raises what nobody expected of the model or the database. Who hears has joined, and leaves.
        """
        while True:
            if index < len(self.said):
                yield self.said[index]
                index += 1
            elif self.task.done():
                break
            elif not await self._more(index + 1, quiet_s):
                yield KEEP_ALIVE
        if self._failure is not None:
            raise self._failure

    async def _more(self, wanted: int, quiet_s: float) -> bool:
        """Ask for so many events; tell whether anything happened in time."""
        if wanted > self._wanted:
            self._wanted = wanted
            self._tell()
        # Not awaited itself: who stops to hear would cancel it for all.
        done, _ = await asyncio.wait({self._news}, timeout=quiet_s)
        return bool(done)

    def _tell(self) -> None:
        self._news.set_result(None)
        self._news = asyncio.get_running_loop().create_future()

    async def _write(self) -> None:
        try:
            async with aclosing(self._blocks) as blocks:
                while True:
                    while self._wanted <= len(self.said):
                        await asyncio.wait({self._news})
                    block = await anext(blocks, None)
                    if block is None:
                        return
                    self.said.append(block)
                    self._tell()
        except Exception as error:
            # Whoever hears gets it raised; with nobody there it would be lost.
            self._failure = error
            log.exception("An answer could not be finished")
        finally:
            self.wait_on()
            self._tell()
