"""Faults of what the model is asked, and of what it says."""

from collections import defaultdict
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.dependencies import CurrentUser
from target_app.chat import scripted
from target_app.chat.dependencies import own_conversation
from target_app.chat.models import Conversation
from target_app.chat.provider import Ask
from target_app.database import Db
from target_app.fault import fault
from target_app.faults.chat import _ChangedStream, _streams


@fault(
    "chat.wrong-answer",
    detected_by={"chat.answers", "chat.separate", "chat.resumed-whole", "stream.text-intact", "chat.whole-answer"},
)
def wrong_answer(_app: FastAPI) -> None:
    """The model gets an empty prompt, and is polite about it."""
    scripted.script = _polite


def _polite(prompt: str, polite: str = scripted.POLITE) -> str:
    del prompt
    return polite


@fault("chat.cut-short", detected_by={"chat.whole-answer"})
def cut_short(_app: FastAPI) -> None:
    """No answer has more than fifty tokens, and the stream ends in good form."""
    whole = scripted.script

    def script(prompt: str, polite: str = scripted.POLITE) -> str:
        return "".join(scripted.tokens_of(whole(prompt, polite))[:50])

    scripted.script = script


@fault("chat.forgets", detected_by={"chat.remembers"})
def forgets(_app: FastAPI) -> None:
    """The model is sent the last message alone."""
    answer = scripted.ScriptedModel._answer  # noqa: SLF001  the fault replaces what the model keeps to itself

    def without_history(self: scripted.ScriptedModel, ask: Ask) -> str:
        return answer(self, replace(ask, turns=ask.turns[-1:]))

    scripted.ScriptedModel._answer = without_history  # type: ignore[method-assign]  # noqa: SLF001  the same


@fault("chat.crossed-streams", detected_by={"chat.separate"})
class CrossedStreams(_ChangedStream):
    """Each stream ends with what the others said: state that requests share."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.said: defaultdict[bytes, bytes] = defaultdict(bytes)

    def change(self, block: bytes) -> bytes:
        """Keep what each message says, and show that of the others as comments."""
        message = block.partition(b"id: ")[2].partition(b":")[0]
        if b"event: token\n" in block:
            self.said[message] += block.partition(b'"text":"')[2].rpartition(b'"')[0]
        if b"event: usage\n" in block:
            others = b" ".join(words for name, words in self.said.items() if name != message)
            return b": cached " + others + b"\n\n" + block
        return block


@fault(
    "chat.foreign-writable", detected_by={"chat.isolation-writing", "auth.own-things-only", "auth.own-things-untouched"}
)
def foreign_writable(app: FastAPI) -> None:
    """Any member can speak in any conversation."""

    async def conversation_for(request: Request, conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
        found = await db.get(Conversation, conversation_id) if request.method == "POST" else None
        return found or await own_conversation(conversation_id, user, db)

    app.dependency_overrides[own_conversation] = conversation_for


@fault("stream.stray-line", detected_by={"stream.well-formed"})
class StrayLine(_ChangedStream):
    """A log line of the server gets into the stream."""

    def change(self, block: bytes) -> bytes:
        """Let it in before the first event."""
        return b"INFO served from cache\n" + block if b"event: start\n" in block else block


@fault("chat.blank-taken", detected_by={"chat.blank-refused"})
class BlankTaken:
    """A blank message is taken for a question."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fill it with a dot, so that nobody notices."""

        async def filled() -> Message:
            message: dict[str, Any] = dict(await receive())
            body = message.get("body", b"")
            return {**message, "body": body.replace(b'"   "', b'"..."')} if body else message

        await self.app(scope, filled if _streams(scope) else receive, send)
