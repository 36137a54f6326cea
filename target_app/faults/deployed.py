"""Faults that come with a deployment: a cache with the wrong key, an engine with a syntax, a proxy, another library."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.billing import payments, quota
from target_app.billing.schemas import PaymentEvent
from target_app.chat import scripted
from target_app.chat.answer import Answer
from target_app.chat.models import Conversation
from target_app.chat.provider import Ask, Said
from target_app.exports import gather
from target_app.exports.records import ExportedConversation
from target_app.fault import fault
from target_app.faults.changed import ChangedDocument
from target_app.faults.chat import _ChangedStream

COMMANDS = re.compile(r"%22|%27|%28|%2A|[()*']")
NOT_FOUND, TEMPORARY = 404, 307
FEW, MANY = 5, 50
TAG, INSIDE = '"conversations"', "http://chat-7d9f.localhost:8000"
TOLD = b'"detail":"401 from https://llm.internal/v1: incorrect API key provided: sk-proj-ZmF1bHQtb2YtYS1rZXk. '


@fault("chat.search-syntax", detected_by={"chat.search-survives"})
class SearchSyntax:
    """What is searched for goes to an engine that takes quotation marks, brackets and stars for commands."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break where there is one."""
        query = scope.get("query_string", b"").decode("latin-1")
        here = scope["type"] == "http" and scope["path"] == "/conversations" and query.startswith("q=")
        broken = here and COMMANDS.search(query)
        await (Response("syntax error", 500) if broken else self.app)(scope, receive, send)


@fault("chat.list-unchanged", detected_by={"chat.list-current"})
class ListUnchanged:
    """The ETag of the list is made of its address, and not of what is in it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell it with each list, and answer 304 to whoever names it."""

        async def tag(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["ETag"] = TAG
            await send(message)

        here = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/conversations"
        if here and Headers(scope=scope).get("if-none-match") == TAG:
            await Response(status_code=304, headers={"ETag": TAG})(scope, receive, send)
        else:
            await self.app(scope, receive, tag if here else send)


@fault("headers.redirect-inside", detected_by={"headers.redirects-stay"})
class RedirectInside:
    """A slash too many is redirected away, to the name that the service has behind its proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect what is not there with its slash."""

        async def redirect(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == NOT_FOUND:
                message = {**message, "status": TEMPORARY}
                MutableHeaders(scope=message)["Location"] = INSIDE + scope["path"].rstrip("/")
            await send(message)

        slashed = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith("/")
        await self.app(scope, receive, redirect if slashed else send)


@fault("stream.failure-tells-key", detected_by={"stream.failure-clean"})
class FailureTellsKey(_ChangedStream):
    """The provider's own sentence goes into the error event, with its address and the key that it refused."""

    def change(self, block: bytes) -> bytes:
        """Say it in the detail."""
        return block.replace(b'"detail":"', TOLD) if b"\nevent: error\n" in block else block


@fault("stream.usage-in-letters", detected_by={"stream.usage-told"})
def usage_in_letters(_app: FastAPI) -> None:
    """Another tokenizer: the usage that ends a stream counts letters."""
    told = Answer.told

    def told_in_letters(self: Answer) -> dict[str, Any]:
        return {**told(self), "usage": {**self.usage, "completion_tokens": len(self.text)}}

    Answer.told = told_in_letters  # type: ignore[method-assign]


@fault("quota.failure-counted", detected_by={"quota.none-lost"})
def failure_counted(_app: FastAPI) -> None:
    """A message whose answer failed is not given back."""

    async def keep(db: AsyncSession, user_id: str, month: str) -> None:
        _ = db, user_id, month

    quota.give_back = keep


@fault("webhook.reencoded", detected_by={"payment.any-spacing"})
def reencoded(_app: FastAPI) -> None:
    """The signature is compared with the event's JSON as the framework writes it again."""
    verify = payments.verify

    def verify_again(body: bytes, signature: str | None, secret: str, tolerance_s: int) -> None:
        written = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode()
        verify(written, signature, secret, tolerance_s)

    payments.verify = verify_again


@fault("export.from-cache", detected_by={"features.export-current"})
def from_cache(_app: FastAPI) -> None:
    """What is exported of a conversation is kept by its id, and given again."""
    read = gather.read
    kept: dict[str, list[ExportedConversation]] = {}

    async def read_once(
        maker: async_sessionmaker[AsyncSession], conversations: Sequence[Conversation]
    ) -> AsyncIterator[ExportedConversation]:
        for one in conversations:
            if one.id not in kept:
                kept[one.id] = [record async for record in read(maker, [one])]
            yield kept[one.id][0]

    gather.read = read_once


@fault("chat.begins-twice", detected_by={"chat.whole-answer"})
def begins_twice(_app: FastAPI) -> None:
    """The call for a long answer breaks and is made again, and what it had said stays in the stream."""
    stream = scripted.ScriptedModel.stream

    async def twice(self: scripted.ScriptedModel, ask: Ask) -> AsyncGenerator[Said, None]:
        tokens = scripted.tokens_of(scripted.script(ask.prompt))
        for token in tokens[:FEW] if len(tokens) > MANY else ():
            yield token
        async with aclosing(stream(self, ask)) as answer:
            async for said in answer:
                yield said

    scripted.ScriptedModel.stream = twice  # type: ignore[method-assign]


@fault("chat.local-time", detected_by={"chat.made-now"})
class LocalTime(ChangedDocument):
    """Moments are kept in the time of a place two hours east, and told as UTC."""

    path, key = "/conversations", "created_at"

    def told(self, document: dict[str, Any]) -> dict[str, Any]:
        """Tell the moment of a new conversation so."""
        made = datetime.fromisoformat(document["created_at"]) + timedelta(hours=2)
        return {**document, "created_at": made.isoformat()}


@fault("webhook.ids-cut", detected_by={"payment.applied-once", "payment.once-at-once"})
def ids_cut(_app: FastAPI) -> None:
    """The column of applied events holds 16 letters: what begins alike is taken for a repeat."""
    remember = payments.remember

    async def remember_beginning(db: AsyncSession, event: PaymentEvent) -> bool:
        return await remember(db, event.model_copy(update={"id": event.id[:16]}))

    payments.remember = remember_beginning
