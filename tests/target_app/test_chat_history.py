"""What is kept of an answer whose question may be deleted meanwhile."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import IntegrityError

from target_app.chat import history
from target_app.chat.answer import Answer
from target_app.chat.provider import ask_of


def answer_to(question_id: str, conversation_id: str) -> Answer:
    """Give a whole answer to a question."""
    return Answer(
        message_id="a" * 32,
        conversation_id=conversation_id,
        question_id=question_id,
        user_id="u1",
        month="2026-11",
        ask=ask_of("Hi"),
        said=["Hello"],
        status="complete",
    )


async def test_a_question_can_go_while_its_answer_is_kept(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer whose question is deleted after it was looked for, and before the answer is written, is let go."""
    looked: list[str] = []

    async def asked(_db: object, answer: Answer) -> datetime | None:
        looked.append(answer.question_id)
        return datetime(2026, 11, 23, tzinfo=UTC) if len(looked) == 1 else None

    monkeypatch.setattr(history, "_asked", asked)
    await history.keep_answer(app.state.database.sessions, answer_to("gone", "gone too"))
    assert looked == ["gone", "gone"]


async def test_another_trouble_is_raised(app: FastAPI, alice: httpx.AsyncClient) -> None:
    """What the database refuses for another reason is an error: here a second answer to one question."""
    conversation_id = (await alice.post("/conversations", json={"title": "Talk"})).json()["id"]
    await alice.post(f"/conversations/{conversation_id}/messages", json={"content": "Hi"})
    kept = (await alice.get(f"/conversations/{conversation_id}/messages")).json()["items"]
    with pytest.raises(IntegrityError):
        await history.keep_answer(app.state.database.sessions, answer_to(kept[0]["id"], conversation_id))
