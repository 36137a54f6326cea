"""Faults of answers that are cut, stopped, left or asked for twice."""

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from target_app.accounts.dependencies import CurrentUser
from target_app.chat import history, messages
from target_app.chat.answer import Answer
from target_app.chat.dependencies import own_conversation
from target_app.chat.live import Live
from target_app.chat.models import Conversation
from target_app.chat.schemas import NewMessage
from target_app.chat.slots import Slots
from target_app.database import Db
from target_app.errors import Problem
from target_app.fault import fault
from target_app.faults.chat import _ChangedStream


def _after(shift: int) -> None:
    number_after = messages.after

    def shifted(last_event_id: str | None, message_id: str) -> int:
        number = number_after(last_event_id, message_id)
        return max(number + shift, 0) if number else 0

    messages.after = shifted


@fault("chat.resume-loses", detected_by={"chat.resumed-whole"})
def resume_loses(_app: FastAPI) -> None:
    """Who comes back for the rest of an answer misses an event."""
    _after(1)


@fault("chat.resume-repeats", detected_by={"chat.resumed-whole"})
def resume_repeats(_app: FastAPI) -> None:
    """Who comes back for the rest of an answer hears the last event once more."""
    _after(-1)


@fault("chat.resume-anew", detected_by={"chat.resumed-whole"})
def resume_anew(_app: FastAPI) -> None:
    """Last-Event-ID is not looked at: the answer begins anew."""
    _after(-1_000_000)


@fault("chat.foreign-resumable", detected_by={"chat.isolation-resume"})
def foreign_resumable(app: FastAPI) -> None:
    """Any member can hear the rest of any answer."""

    async def conversation_for(request: Request, conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
        if not request.url.path.endswith("/stream"):
            return await own_conversation(conversation_id, user, db)
        conversation = await db.get(Conversation, conversation_id)
        if conversation is None:
            raise Problem(404, "There is no such conversation.")
        return conversation

    app.dependency_overrides[own_conversation] = conversation_for


@fault("chat.stop-ignored", detected_by={"chat.stop-ends"})
def stop_ignored(_app: FastAPI) -> None:
    """An answer that is to be stopped goes on."""

    async def agree(slots: Slots, conversation_id: str) -> bool:
        return await slots.being_written(conversation_id) is not None

    setattr(Slots, "stop", agree)  # noqa: B010  a method is no variable to a type checker


@fault("chat.stop-forgets", detected_by={"chat.stop-kept"})
def stop_forgets(_app: FastAPI) -> None:
    """What was said before the stop is not kept."""
    keep = history.keep_answer

    async def keep_whole(maker: async_sessionmaker[AsyncSession], answer: Answer) -> None:
        if answer.status != "stopped":
            await keep(maker, answer)

    history.keep_answer = keep_whole


@fault("chat.stop-silent", detected_by={"chat.stop-told"})
class StopSilent(_ChangedStream):
    """An answer that is stopped just breaks off."""

    def change(self, block: bytes) -> bytes:
        """Drop the end of what was stopped."""
        return b"" if b'"finish_reason":"stopped"' in block else block


@fault("chat.key-ignored", detected_by={"chat.retry-adds-nothing"})
def key_ignored(_app: FastAPI) -> None:
    """A message that is sent again with its key is a new message."""

    def no_key(new: NewMessage, header: str | None) -> str | None:
        _ = new, header
        return None

    messages.key_of = no_key


@fault("chat.leaving-goes-on", detected_by={"chat.leaving-ends"})
def leaving_goes_on(_app: FastAPI) -> None:
    """An answer whose client left is written to its end, and paid for."""

    async def leave(live: Live) -> None:
        live.listeners -= 1
        live.go_on()

    setattr(Live, "leave", leave)  # noqa: B010  the same


@fault("chat.leaving-holds", detected_by={"chat.leaving-frees"})
def leaving_holds(_app: FastAPI) -> None:
    """An answer whose client left waits for ever, and keeps its conversation busy."""

    async def leave(live: Live) -> None:
        _ = live

    setattr(Live, "leave", leave)  # noqa: B010  the same
