"""Takes a question in, and finds who answers it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from target_app.accounts.dependencies import CurrentUser
from target_app.accounts.models import User
from target_app.billing import quota
from target_app.chat import history
from target_app.chat.answer import Answer, written
from target_app.chat.cache import AnswerCache, cost
from target_app.chat.failover import Providers
from target_app.chat.live import Live
from target_app.chat.models import Conversation, Message
from target_app.chat.provider import Ask, Ending, Said
from target_app.chat.schemas import NewMessage
from target_app.chat.scripted import tokens_of
from target_app.chat.slots import Slots
from target_app.database import Database, Db
from target_app.monitoring.metrics import Metrics
from target_app.preferences.choice import chosen
from target_app.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One member at the desk, and everything behind it."""

    user: User
    db: AsyncSession
    database: Database
    settings: Settings
    metrics: Metrics
    providers: Providers
    slots: Slots
    cache: AnswerCache

    async def model_for(self, new: NewMessage) -> str:
        """Choose the model that was asked for, or the member's default; raises a 403 problem if the plan has it not."""
        model = new.model or (await chosen(self.db, self.user, self.settings)).default_model
        quota.require_model(self.user, model, self.settings)
        return model

    async def ask(self, conversation: Conversation, new: NewMessage, key: str | None, question_id: str) -> Message:
        """Keep a new question and count it; both or neither."""
        await quota.spend(self.db, self.user, self.settings)
        question = Message(
            id=question_id,
            conversation_id=conversation.id,
            role="user",
            content=new.content,
            model=new.model,
            idempotency_key=key,
        )
        self.db.add(question)
        await self.db.commit()
        self.metrics.messages.inc()
        return question

    async def answer(self, question: Message, model: str, message_id: str, *, fresh: bool) -> Live:
        """Have a question answered: from the cache, unless it must be fresh, or by a provider."""
        ask = Ask(
            model=model,
            turns=await history.turns(self.db, question.conversation_id, self.settings.context_messages),
        )
        hit = None if fresh else await self.cache.find(self.user.id, ask)
        answer = Answer(
            message_id=message_id,
            conversation_id=question.conversation_id,
            question_id=question.id,
            user_id=self.user.id,
            month=f"{question.created_at:%Y-%m}",
            ask=ask,
            cached=hit.kind if hit else None,
        )
        stop = asyncio.Event()
        blocks = written(answer, hit.stream() if hit else self._measured(ask), stop, self._keep)
        live = Live(answer, blocks, stop, wait_s=self.settings.resume_wait_s)
        self.slots.add(live)
        return live

    async def _keep(self, answer: Answer) -> None:
        """Keep an answer, and let the next question come."""
        try:
            await history.keep_answer(self.database.sessions, answer)
            await self.cache.keep(answer)
        finally:
            await self.slots.free(answer.conversation_id, answer.message_id)

    async def _measured(self, ask: Ask) -> AsyncGenerator[Said, None]:
        """Ask the providers, and count what they say."""
        read, said = len(tokens_of(ask.prompt)), 0
        self.metrics.tokens.labels(kind="prompt").inc(read)
        completion = self.metrics.tokens.labels(kind="completion")
        self.metrics.active_streams.inc()
        try:
            async with aclosing(self.providers.stream(ask)) as pieces:
                async for piece in pieces:
                    if not isinstance(piece, Ending):
                        said += 1
                        completion.inc()
                    yield piece
        finally:
            self.metrics.active_streams.dec()
            self.metrics.cost.inc(cost(self.settings, read, said))


async def desk(request: Request, user: CurrentUser, db: Db) -> Desk:
    """Bring the member to the desk."""
    state = request.app.state
    return Desk(
        user=user,
        db=db,
        database=state.database,
        settings=state.settings,
        metrics=state.metrics,
        providers=state.providers,
        slots=state.slots,
        cache=AnswerCache(store=state.store, settings=state.settings, metrics=state.metrics),
    )


AtDesk = Annotated[Desk, Depends(desk)]
