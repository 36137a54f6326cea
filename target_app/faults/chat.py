"""Faults of the chat: its event stream, what is kept of it, and for whom."""

import asyncio
import re

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import CurrentUser
from target_app.chat import history
from target_app.chat.answer import Answer
from target_app.chat.dependencies import own_conversation
from target_app.chat.models import Conversation
from target_app.chat.models import Message as Said
from target_app.database import Db
from target_app.errors import Problem
from target_app.fault import fault

FIRST_TOKEN = re.compile(rb'(event: token\ndata: \{"index":0,[^\n]*).\}\n\n$')


def _streams(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"]
    return path.endswith("/messages")


class _ChangedStream:
    """Passes the events of each answer through `change`, one block at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def change(self, block: bytes) -> bytes:
        """Give what is sent instead of `block`; nothing drops it."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": self.change(message.get("body", b""))}
            await send(message)

        await self.app(scope, receive, changed if _streams(scope) else send)


@fault("stream.no-end", detected_by={"stream.terminal-event", "chat.stop-told"})
class NoEnd(_ChangedStream):
    """An answer stops without saying that it is finished."""

    def change(self, block: bytes) -> bytes:
        """Drop the terminal event."""
        return b"" if b"\nevent: end\n" in block else block


@fault("stream.swallowed-error", detected_by={"stream.reports-failure"})
class SwallowedError(_ChangedStream):
    """When the model fails half way, the stream just ends."""

    def change(self, block: bytes) -> bytes:
        """Drop the error event."""
        return b"" if b"\nevent: error\n" in block else block


@fault(
    "stream.broken-json",
    detected_by={
        *(
            "stream.payloads",
            "stream.text-intact",
            "chat.answers",
            "chat.whole-answer",
            "chat.saved-once",
            "chat.separate",
        ),
        *("chat.resumed-whole", "chat.retry-adds-nothing", "chat.stop-kept"),
    },
)
class BrokenJson(_ChangedStream):
    """The data of the first token is cut short."""

    def change(self, block: bytes) -> bytes:
        """Cut the end of the object off."""
        return FIRST_TOKEN.sub(rb"\1\n\n", block)


@fault("stream.usage-zero", detected_by={"stream.usage-told"})
class UsageZero(_ChangedStream):
    """The usage that ends a stream says zero, as where the upstream was not asked for it."""

    def change(self, block: bytes) -> bytes:
        """Say zero."""
        return re.sub(rb'"completion_tokens":\s*\d+', b'"completion_tokens":0', block)


@fault("stream.buffered", detected_by={"stream.incremental", "stream.incremental-compressed"})
class Buffered:
    """A proxy collects the whole answer and delivers it at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the body back until it is complete."""
        held = bytearray()

        async def hold(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            held.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await send({"type": "http.response.body", "body": bytes(held)})

        await self.app(scope, receive, hold if _streams(scope) else send)


@fault("stream.slow-start", detected_by={"stream.first-token"})
class SlowStart:
    """The queue is long: the first byte waits, then all goes well."""

    def __init__(self, app: ASGIApp, seconds: float = 1.5) -> None:
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait before the service hears of the message."""
        if _streams(scope):
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@fault("stream.wrong-type", detected_by={"stream.content-type"})
class WrongType:
    """The stream is called plain text, which no browser reads as events."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the content type of streams, and of nothing else."""

        async def renamed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    (name, value.replace(b"text/event-stream", b"text/plain")) for name, value in message["headers"]
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, renamed if _streams(scope) else send)


@fault(
    "chat.not-saved",
    detected_by={"chat.saved-once", "chat.stop-kept", "chat.retry-adds-nothing", "quota.none-lost"},
)
def not_saved(_app: FastAPI) -> None:
    """The answer is streamed and then forgotten."""

    async def forget(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
        _ = maker, answer

    history.keep_answer = forget


@fault("chat.saved-twice", detected_by={"chat.saved-once", "chat.retry-adds-nothing"})
def saved_twice(_app: FastAPI) -> None:
    """Each answer is kept two times."""
    keep_once = history.keep_answer

    async def keep_twice(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
        await keep_once(maker, answer)
        twin = Said(conversation_id=answer.conversation_id, role="assistant", content=answer.text, status=answer.status)
        async with maker.begin() as db:
            db.add(twin)

    history.keep_answer = keep_twice


@fault("chat.foreign-readable", detected_by={"chat.isolation", "auth.own-things-only"})
def foreign_readable(app: FastAPI) -> None:
    """Any member can read what was said in any conversation."""

    async def conversation_for(request: Request, conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
        if request.method != "GET" or not request.url.path.endswith("/messages"):
            return await own_conversation(conversation_id, user, db)
        conversation = await db.get(Conversation, conversation_id)
        if conversation is None:
            raise Problem(404, "There is no such conversation.")
        return conversation

    app.dependency_overrides[own_conversation] = conversation_for
