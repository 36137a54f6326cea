"""What is said in a conversation: send, hear the rest, read back, stop."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy.exc import IntegrityError

from target_app.chat import history
from target_app.chat.answer import answer_id
from target_app.chat.dependencies import own_conversation
from target_app.chat.desk import AtDesk, Desk
from target_app.chat.events import retold
from target_app.chat.live import Live
from target_app.chat.models import Conversation, Message
from target_app.chat.place import CURSOR
from target_app.chat.schemas import History, Key, MessageOut, NewMessage, StopOut
from target_app.chat.slots import Busy
from target_app.chat.stream import EventStream, LiveStream, told, told_elsewhere
from target_app.database import Db, new_id
from target_app.errors import Problem, problems

router = APIRouter(prefix="/conversations/{conversation_id}", tags=["chat"])

EXAMPLE = """id: 5f0c:0
event: start
data: {"message_id":"5f0c","conversation_id":"77ab","model":"scripted-small"}

id: 5f0c:1
event: token
data: {"index":0,"text":"Hello"}

id: 5f0c:2
event: usage
data: {"prompt_tokens":2,"completion_tokens":1}

id: 5f0c:3
event: end
data: {"message_id":"5f0c","finish_reason":"stop"}

"""
STREAMED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer as server-sent events: start, token for each piece, usage, end; or error. "
        "start and usage say `cached` where no model was asked.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}
ALL_TOLD: dict[int | str, dict[str, Any]] = {204: {"description": "All of it was told."}}
LastEventId = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=100, description="The id of the last event that came.")
]
IdempotencyKey = Annotated[
    Key | None, Header(description="A retry with the same key is told the same answer. As `idempotency_key`.")
]
CacheControl = Annotated[str, Header(description="With `no-cache`, a model is asked in any case.")]
Own = Annotated[Conversation, Depends(own_conversation)]

# How often, and how far apart, the answer of a twin is looked for.
TWIN_POLLS = 20
TWIN_POLL_S = 0.05


def key_of(new: NewMessage, header: str | None) -> str | None:
    """Give the idempotency key of a message; raises 422 if it has two."""
    if header and new.idempotency_key and header != new.idempotency_key:
        raise Problem(422, "The message has one idempotency key in its header and another in its body.")
    return header or new.idempotency_key


def after(last_event_id: str | None, message_id: str) -> int:
    """Give the number of the next event to tell; raises 422 if the last one was of another message."""
    if not last_event_id:
        return 0
    of_message, _, number = last_event_id.rpartition(":")
    if of_message != message_id or not (number.isascii() and number.isdigit()):
        raise Problem(422, f"Last-Event-ID names no event of the message {message_id}.")
    return int(number) + 1


async def known_question(desk: Desk, conversation: Conversation, new: NewMessage, key: str | None) -> Message | None:
    """Find the question that this one repeats; raises 409 if its key was used for another one."""
    known = await history.question_with(desk.db, conversation.id, key) if key else None
    if known is not None and (known.content, known.model) != (new.content, new.model):
        raise Problem(409, "This idempotency key was used for another message. Choose a new one.")
    return known


async def stream_of(desk: Desk, conversation: Conversation, message_id: str, last: str | None) -> Response | None:
    """Tell an answer from the event after `last` on, whether it is being written or was; None if there is none."""
    index = after(last, message_id)
    live = desk.slots.live(message_id)
    if live is not None and live.answer.conversation_id == conversation.id:
        return LiveStream(live, index, desk.settings.stream_keep_alive_s)
    written = await desk.slots.being_written(conversation.id) == message_id
    kept = await history.answer_with(desk.db, conversation.id, message_id)
    if kept is not None:
        rest = retold(kept)[index:]
        return EventStream(told(rest)) if rest else Response(status_code=204)
    if written:
        return EventStream(told_elsewhere(desk.slots, desk.database.sessions, conversation.id, message_id, index))
    return None


async def without_the_store(desk: Desk, answer: Response) -> Response:
    """Give the request's connection to the store back first: a stream would hold it for as long as it lasts."""
    await desk.db.close()
    return answer


async def begin(
    desk: Desk, conversation: Conversation, new: NewMessage, key: str | None, known: Message | None, *, fresh: bool
) -> Live | None:
    """
    Take the question in, and have it answered.

    Gives None if a twin with the same key may be doing so; raises 409 if another question is being answered.
    """
    model = await desk.model_for(new)
    question_id = known.id if known else new_id()
    message_id = answer_id(question_id)
    try:
        await desk.slots.take(conversation.id, message_id)
    except Busy:
        if key is None:
            raise
        return None
    try:
        question = known or await desk.ask(conversation, new, key, question_id)
        return await desk.answer(question, model, message_id, fresh=fresh)
    except IntegrityError:
        await desk.db.rollback()
        await desk.db.refresh(conversation)
        await desk.slots.free(conversation.id, message_id)
        return None
    except BaseException:
        await desk.slots.free(conversation.id, message_id)
        raise


@router.post(
    "/messages",
    operation_id="send_message",
    summary="Send a message and stream the answer",
    status_code=200,
    response_class=EventStream,
    responses={**STREAMED, **ALL_TOLD, **problems(401, 403, 404, 409, 413, 422, 429, 503)},
)
async def send_message(
    new: NewMessage,
    conversation: Own,
    desk: AtDesk,
    idempotency_key: IdempotencyKey = None,
    last_event_id: LastEventId = None,
    cache_control: CacheControl = "",
) -> Response:
    """
    Send a message and stream the answer.

    The message is kept before the stream starts, the answer before its end is told. Who repeats a message
    with the same key is told the same answer again, from the event after Last-Event-ID on, and nothing is
    kept or counted twice. A message whose answer failed is not counted.
    """
    longest = desk.settings.message_limit_chars
    if len(new.content) > longest:
        raise Problem(413, f"A message has at most {longest} characters, not {len(new.content)}.")
    key = key_of(new, idempotency_key)
    for _ in range(TWIN_POLLS):
        known = await known_question(desk, conversation, new, key)
        again = await stream_of(desk, conversation, answer_id(known.id), last_event_id) if known else None
        if again is not None:
            return await without_the_store(desk, again)
        live = await begin(desk, conversation, new, key, known, fresh="no-cache" in cache_control)
        if live is not None:
            return await without_the_store(desk, LiveStream(live, 0, desk.settings.stream_keep_alive_s))
        await asyncio.sleep(TWIN_POLL_S)
    raise Busy


@router.get(
    "/messages/{message_id}/stream",
    operation_id="resume_message",
    summary="Stream an answer again, from where it was cut",
    status_code=200,
    response_class=EventStream,
    responses={**STREAMED, **ALL_TOLD, **problems(401, 404, 422, 429, 503)},
)
async def resume_message(
    message_id: str, conversation: Own, desk: AtDesk, last_event_id: LastEventId = None
) -> Response:
    """
    Stream an answer from the event after Last-Event-ID on, or from its start; 204 when all of it was told.

    An answer being written waits a moment for a client that was cut off, then it ends as stopped. The
    `message_id` is that of the start event.
    """
    stream = await stream_of(desk, conversation, message_id, last_event_id)
    if stream is None:
        raise Problem(404, "There is no such answer.")
    return await without_the_store(desk, stream)


@router.get("/messages", operation_id="history", summary="Read a conversation", responses=problems(401, 404, 422, 429))
async def read_history(
    conversation: Own,
    db: Db,
    limit: Annotated[int | None, Query(ge=1, le=1000, description="All if left out.")] = None,
    cursor: Annotated[str | None, Query(pattern=CURSOR, description="`next_cursor`")] = None,
) -> History:
    """Give what was said, oldest first. What is said meanwhile comes on a later page."""
    said = await history.page(db, conversation.id, limit, cursor)
    more = limit is not None and len(said) > limit
    items = [MessageOut.model_validate(message) for message in said[:limit]]
    return History(items=items, next_cursor=history.cursor_of(said[len(items) - 1]) if more else None)


@router.post(
    "/stop",
    operation_id="stop_message",
    summary="Stop the answer being written",
    status_code=202,
    responses=problems(401, 403, 404, 422, 429, 503),
)
async def stop_message(conversation: Own, desk: AtDesk) -> StopOut:
    """Stop the answer being written; what was said so far is kept."""
    return StopOut(stopping=await desk.slots.stop(conversation.id))
