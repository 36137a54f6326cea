"""Faults of how a stream is written: its bytes, its line ends, its letters, and what its events hold."""

import json
import re

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.chat import history
from target_app.chat.answer import Answer
from target_app.chat.desk import Desk
from target_app.chat.live import Live
from target_app.chat.models import Message as Question
from target_app.fault import fault
from target_app.faults.chat import _ChangedStream, _streams

BUFFERS = 3
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
TOKEN = b"\nevent: token\n"


@fault("stream.bom", detected_by={"stream.well-formed"})
class ByteOrderMark(_ChangedStream):
    """An editor's byte order mark stands before the stream."""

    def change(self, block: bytes) -> bytes:
        """Put it there."""
        return b"\xef\xbb\xbf" + block if b"\nevent: start\n" in block else block


@fault("stream.mixed-line-ends", detected_by={"stream.well-formed"})
class MixedLineEnds(_ChangedStream):
    """One of the programs that write the stream ends its lines as Windows does."""

    def change(self, block: bytes) -> bytes:
        """Change the ends of the usage event's lines."""
        return block.replace(b"\n", b"\r\n") if b"\nevent: usage\n" in block else block


@fault("stream.raw-newline", detected_by={"stream.well-formed", "stream.text-intact"})
class RawNewline(_ChangedStream):
    """A line end in the text is written as it is, and cuts the data in two."""

    def change(self, block: bytes) -> bytes:
        """Take the escape away."""
        return block.replace(b"\\n", b"\n") if TOKEN in block else block


@fault("stream.cut-event", detected_by={"stream.terminal-event", "stream.well-formed", "chat.stop-told"})
class CutEvent(_ChangedStream):
    """The stream stops before the blank line of its last event, which no client gets to see."""

    def change(self, block: bytes) -> bytes:
        """Cut it off."""
        return block.removesuffix(b"\n") if b"\nevent: end\n" in block else block


@fault("stream.cut-connection", detected_by={"operation.send_message", "quota.model-inside"})
class CutConnection:
    """The connection breaks in the middle of an answer."""

    def __init__(self, app: ASGIApp, blocks: int = 4) -> None:
        self.app = app
        self.blocks = blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first blocks, and never say that this was all."""
        sent = 0

        async def cut(message: Message) -> None:
            nonlocal sent
            sent += message["type"] == "http.response.body"
            if sent <= self.blocks:
                await send(message)

        await self.app(scope, receive, cut if _streams(scope) else send)


@fault("stream.torn-letters", detected_by={"stream.text-intact", "chat.saved-once"})
class TornLetters(_ChangedStream):
    """What the model sends is decoded piece by piece, and a letter of several bytes falls between two pieces."""

    def change(self, block: bytes) -> bytes:
        """Break the first such letter of each token."""
        return BEYOND_ASCII.sub("\ufffd\ufffd", block.decode(), count=1).encode() if TOKEN in block else block


@fault("stream.twice-escaped", detected_by={"stream.text-intact"})
class TwiceEscaped(_ChangedStream):
    """Quotes and backslashes are escaped by hand, and then by the encoder."""

    def change(self, block: bytes) -> bytes:
        """Escape the text of a token once more."""
        head, mark, data = block.partition(b"data: ")
        if TOKEN not in block:
            return block
        token = json.loads(data)
        token["text"] = token["text"].replace("\\", "\\\\").replace('"', '\\"')
        return head + mark + json.dumps(token, ensure_ascii=False).encode() + b"\n\n"


@fault("stream.field-gone", detected_by={"stream.event-shapes"})
class FieldGone(_ChangedStream):
    """A field of the token event got another name with the last release."""

    def change(self, block: bytes) -> bytes:
        """Give it that name."""
        return block.replace(b'"index":', b'"position":') if TOKEN in block else block


@fault("stream.number-as-text", detected_by={"stream.event-shapes", "stream.usage-told"})
class NumberAsText(_ChangedStream):
    """The counts of the usage event are texts."""

    def change(self, block: bytes) -> bytes:
        """Put them in quotes."""
        return re.sub(rb'(_tokens":)(\d+)', rb'\1"\2"', block) if b"\nevent: usage\n" in block else block


@fault("chat.kept-as-ascii", detected_by={"chat.saved-once"})
def kept_as_ascii(_app: FastAPI) -> None:
    """What the database cannot hold becomes a question mark."""
    keep = history.keep_answer

    async def keep_ascii(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
        whole, answer.said = answer.said, [piece.encode("ascii", "replace").decode() for piece in answer.said]
        await keep(maker, answer)
        answer.said = whole

    history.keep_answer = keep_ascii


@fault("chat.crossed-histories", detected_by={"chat.separate-histories"})
def crossed_histories(_app: FastAPI) -> None:
    """Answers are collected in a few buffers, and the fourth at the same time writes over the first."""
    keep = history.keep_answer
    take = Desk.answer
    begun: list[Answer] = []

    async def note(desk: Desk, question: Question, model: str, message_id: str, *, fresh: bool) -> Live:
        live = await take(desk, question, model, message_id, fresh=fresh)
        begun.append(live.answer)
        return live

    async def keep_the_last(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
        buffer = begun[begun.index(answer) :: BUFFERS]
        own, answer.said = answer.said, buffer[-1].said
        await keep(maker, answer)
        answer.said = own

    setattr(Desk, "answer", note)  # noqa: B010  a method is no variable to a type checker
    history.keep_answer = keep_the_last
