"""What is said in a conversation: send, read back, stop."""

from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.dependencies import CurrentUser
from target_app.accounts.models import User
from target_app.billing import quota
from target_app.chat import history
from target_app.chat.answer import Answer, AnswerEvents, AnswerStream, Status
from target_app.chat.dependencies import own_conversation, scripted_model
from target_app.chat.models import Conversation, Message
from target_app.chat.schemas import History, MessageOut, NewMessage, StopOut
from target_app.chat.scripted import ScriptedModel, tokens_of
from target_app.chat.slots import TheSlots
from target_app.chat.sources import measured, told_again
from target_app.database import Db, Sessions, new_id
from target_app.errors import Problem, problems
from target_app.monitoring.metrics import Measures
from target_app.preferences.choice import chosen
from target_app.settings import Config, Settings

router = APIRouter(prefix="/{conversation_id}")

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
        "description": "The answer as server-sent events: start, token for each piece, usage, end; or error.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}


async def model_for(db: AsyncSession, user: User, new: NewMessage, settings: Settings) -> str:
    """Choose the model that was asked for, or the member's default; raises 403 if the plan has it not."""
    model = new.model or (await chosen(db, user, settings)).default_model
    quota.require_model(user, model, settings)
    return model


async def known_question(db: AsyncSession, conversation: Conversation, new: NewMessage) -> Message | None:
    """Find the question that this one repeats; raises 409 if its key was used for another one."""
    if new.idempotency_key is None:
        return None
    known = await history.question_with(db, conversation.id, new.idempotency_key)
    if known is not None and known.content != new.content:
        raise Problem(409, "This idempotency key was used for another message. Choose a new one.")
    return known


async def ask(db: AsyncSession, user: User, conversation: Conversation, new: NewMessage, settings: Settings) -> Message:
    """Keep a new question and count it."""
    await quota.spend(db, user, settings)
    question = Message(
        conversation_id=conversation.id, role="user", content=new.content, idempotency_key=new.idempotency_key
    )
    db.add(question)
    await db.commit()
    return question


def answer_from(question: Message, kept: Message | None, model: str) -> Answer:
    """Make the answer to be written, or the one that was kept to be told again."""
    return Answer(
        message_id=kept.id if kept else new_id(),
        conversation_id=question.conversation_id,
        question_id=question.id,
        model=model,
        prompt=question.content,
        status=cast("Status", kept.status) if kept else "writing",
    )


@router.post(
    "/messages",
    operation_id="send_message",
    summary="Send a message and stream the answer",
    status_code=200,
    response_class=AnswerStream,
    responses={**STREAMED, **problems(401, 403, 404, 409, 413, 422, 429)},
)
async def send_message(  # noqa: PLR0913, PLR0917  FastAPI fills each in by name
    new: NewMessage,
    conversation: Annotated[Conversation, Depends(own_conversation)],
    provider: Annotated[ScriptedModel, Depends(scripted_model)],
    user: CurrentUser,
    db: Db,
    slots: TheSlots,
    maker: Sessions,
    settings: Config,
    metrics: Measures,
) -> AnswerStream:
    """
    Send a message and stream the answer.

    The message is kept before the stream starts, the answer before its end is told. Who repeats a message
    with the same `idempotency_key` is told the same answer again, and nothing is kept or counted twice.
    """
    if len(new.content) > settings.message_limit_chars:
        raise Problem(413, f"A message has at most {settings.message_limit_chars} characters, not {len(new.content)}.")
    async with slots.taken(conversation.id) as slot:
        model = await model_for(db, user, new, settings)
        known = await known_question(db, conversation, new)
        kept = await history.answer_to(db, known) if known else None
        question = known or await ask(db, user, conversation, new, settings)
    if known is None:
        metrics.messages.inc()
        metrics.tokens.labels(kind="prompt").inc(len(tokens_of(new.content)))
    answer = answer_from(question, kept, model)
    tokens = told_again(kept) if kept else measured(provider.stream(new.content), metrics, provider.name)
    events = AnswerEvents(answer, tokens, slot, settings.stream_keep_alive_s)
    return AnswerStream(events, partial(history.keep_answer, maker))


@router.get("/messages", operation_id="history", summary="Read a conversation", responses=problems(401, 404, 422, 429))
async def read_history(conversation: Annotated[Conversation, Depends(own_conversation)], db: Db) -> History:
    """Give everything that was said, oldest first."""
    said = await history.read(db, conversation.id)
    return History(items=[MessageOut.model_validate(message) for message in said])


@router.post(
    "/stop",
    operation_id="stop_message",
    summary="Stop the answer being written",
    status_code=202,
    responses=problems(401, 403, 404, 422, 429),
)
async def stop_message(conversation: Annotated[Conversation, Depends(own_conversation)], slots: TheSlots) -> StopOut:
    """Stop the answer being written; what was said so far is kept."""
    return StopOut(stopping=await slots.stop(conversation.id))
