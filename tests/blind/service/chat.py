"""Conversations, and answers as OpenAI streams them."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from tests.blind.service.accounts import Member
from tests.blind.service.state import STATE, Account, Conversation, Refused, new_id

router = APIRouter(prefix="/v1")
MODELS = {"small-1": "free", "small-2": "free", "large-1": "pro"}
FIXED, ECHO, FAILING, SLOW, AGAIN = "Say just this: ", "Repeat: ", "/fail", "/slow", "What did I say before this?"
USUAL = "I have thought about it, and there is nothing that I could say about that at all, so that I say so at length"
PAUSE_S, LONG_PAUSE_S, FEW_TOKENS, PAGE = 0.01, 0.04, 16, 20
PIECE, EAST_S, MANY_TOKENS, BEGUN = 7, 7200, 20, 5
INSIDE = "401 from https://llm-gateway.internal:8443/v1: incorrect API key provided: sk-proj-Zm9yZXZlcmJsaW5kZm9yZXZlcg"


class Said(BaseModel):
    """One message of those that a client sends along."""

    role: str = Field(pattern="^(system|user|assistant)$")
    content: str = Field(max_length=20_000)


class Options(BaseModel):
    """What the stream is to hold besides."""

    include_usage: bool = False


class Completion(BaseModel):
    """What the model is asked."""

    model: str
    messages: list[Said] = Field(min_length=1, max_length=100)
    conversation: str
    stream: bool = False
    stream_options: Options = Options()


class NewConversation(BaseModel):
    """A conversation to begin, or another title for one."""

    title: str = Field(min_length=1, max_length=200)
    folder: str | None = None


def own(number: str, account: Account) -> Conversation:
    """A member's conversation."""
    found = STATE.conversations.get(number)
    if found is None or found.owner != account.number:
        raise Refused(404, "not_found", "There is no such conversation")
    return found


def shown(one: Conversation) -> dict[str, Any]:
    """A conversation in a list."""
    return {
        "id": one.number,
        "object": "conversation",
        "title": one.title,
        "folder": one.folder,
        "created": one.created + (EAST_S if STATE.has("local-time") else 0),
    }


@router.get("/models")
async def models(account: Member) -> dict[str, Any]:
    """What a member may ask."""
    offered = [name for name, plan in MODELS.items() if plan in {"free", account.plan}]
    return {"object": "list", "data": [{"id": name, "object": "model"} for name in offered]}


@router.post("/conversations", status_code=201)
async def create(asked: NewConversation, account: Member) -> dict[str, Any]:
    """Begin a conversation."""
    if asked.folder and STATE.folders.get(asked.folder, {}).get("owner") != account.number:
        raise Refused(404, "not_found", "There is no such folder")
    made = Conversation(number=new_id("conv"), owner=account.number, title=asked.title, folder=asked.folder)
    STATE.conversations[made.number] = made
    STATE.searched[made.number] = (account.number, made.title)
    return shown(made)


def mark(one: Conversation) -> str:
    """Where a page ends."""
    return str(one.created) if STATE.has("same-second-lost") else one.number


@router.get("/conversations")
async def conversations(
    account: Member,
    folder: str | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = PAGE,
    after: str | None = None,
) -> dict[str, Any]:
    """A member's conversations, the latest first, a page at a time."""
    if q is not None:
        if STATE.has("search-syntax-fails") and re.search(r"[\"'()*:^]", q):
            raise RuntimeError(f"syntax error near {q!r}")
        found = [(number, title) for number, (owner, title) in STATE.searched.items() if owner == account.number]
        data = [{"id": number, "object": "conversation", "title": title} for number, title in found if q in title]
        return {"object": "list", "data": data[:limit], "next": None}
    everyone = after is not None and STATE.has("next-page-of-everybody")
    mine = [one for one in reversed(STATE.conversations.values()) if everyone or one.owner == account.number]
    mine = [one for one in mine if folder is None or one.folder == folder]
    marks = [mark(one) for one in mine]
    start = len(marks) - marks[::-1].index(after) if after in marks else 0
    page = mine[start : start + limit]
    following = mark(page[-1]) if page and start + limit < len(mine) else None
    return {"object": "list", "data": [shown(one) for one in page], "next": following}


@router.get("/conversations/{number}")
async def conversation(number: str, account: Member) -> dict[str, Any]:
    """One of them."""
    return shown(own(number, account))


@router.patch("/conversations/{number}")
async def rename(number: str, asked: NewConversation, account: Member) -> dict[str, Any]:
    """Give one another title."""
    found = own(number, account)
    found.title = asked.title
    STATE.searched[number] = (account.number, asked.title)
    return shown(found)


@router.delete("/conversations/{number}", status_code=204)
async def delete(number: str, account: Member) -> Response:
    """Forget one."""
    del STATE.conversations[own(number, account).number]
    if not STATE.has("deleted-is-still-found"):
        del STATE.searched[number]
    return Response(status_code=204)


@router.get("/conversations/{number}/messages")
async def history(number: str, account: Member) -> dict[str, Any]:
    """What was said in it."""
    return {"object": "list", "data": own(number, account).messages}


def kept(text: str) -> str:
    """A text as the store gives it back."""
    return re.sub("[\U00010000-\U0010ffff]", "?", text) if STATE.has("four-byte-letters-lost") else text


def refuse(asked: Completion, account: Account) -> None:
    """Refuse what cannot be answered."""
    if not asked.messages[-1].content.strip():
        raise Refused(422, "blank", "Say something")
    if asked.model not in MODELS:
        raise Refused(404, "model_not_found", "There is no such model")
    if MODELS[asked.model] not in {"free", account.plan}:
        raise Refused(403, "model_not_in_plan", "Your plan does not have this model", upgrade_to="pro")
    if account.said >= account.quota:
        raise Refused(402, "quota_exceeded", "Your plan allows no more messages this month", upgrade_to="pro")


@router.post("/chat/completions", response_model=None)
async def complete(asked: Completion, account: Member) -> Response | dict[str, Any]:
    """Answer, in a stream or at once."""
    talk = own(asked.conversation, account)
    refuse(asked, account)
    account.said, STATE.messages = account.said + 1, STATE.messages + 1
    prompt = asked.messages[-1].content
    before = [one["content"] for one in talk.messages if one["role"] == "user"]
    context = [] if STATE.has("history-forgotten") else before
    talk.messages.append({"id": new_id("msg"), "role": "user", "content": kept(prompt)})
    answering = Answer(asked.model, talk, prompt, context)
    answering.account = account
    if asked.stream:
        return StreamingResponse(answering.events(asked.stream_options.include_usage), media_type="text/event-stream")
    return {"id": answering.number, "object": "chat.completion", **await answering.whole()}


class Answer:
    """An answer to one message."""

    def __init__(self, model: str, talk: Conversation, prompt: str, context: list[str]) -> None:
        self.number, self.model, self.talk, self.prompt = new_id("chatcmpl"), model, talk, prompt
        self.read = sum(len(one.split()) for one in (*context, prompt))
        self.tokens = re.findall(r"\s*\S+|\s+$", self.words(context))
        cut = STATE.has("sixteen-tokens-at-most") and len(self.tokens) > FEW_TOKENS
        self.finish, self.tokens = ("length", self.tokens[:FEW_TOKENS]) if cut else ("stop", self.tokens)
        if STATE.has("retry-begins-again") and len(self.tokens) > MANY_TOKENS:
            self.tokens = self.tokens[:BEGUN] + self.tokens
        self.account: Account | None = None
        self.written: list[str] = []
        self.failed = False

    def words(self, context: list[str]) -> str:
        """What the model has to say."""
        for beginning in (FIXED, ECHO):
            if self.prompt.startswith(beginning):
                return self.prompt.removeprefix(beginning)
        if self.prompt == AGAIN:
            return context[-1] if context else "You have said nothing before this."
        return " ".join(USUAL.split() * 3) if self.prompt.startswith(SLOW) else USUAL

    def usage(self) -> dict[str, int]:
        """What it cost."""
        if STATE.has("usage-is-zero"):
            return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        wrote = len("".join(self.written)) if STATE.has("usage-in-letters") else len(self.written)
        return {"prompt_tokens": self.read, "completion_tokens": wrote, "total_tokens": self.read + wrote}

    def chunk(self, choices: list[dict[str, Any]], **more: object) -> str:
        """One event."""
        begun = {"id": self.number, "object": "chat.completion.chunk", "created": int(time.time()), "model": self.model}
        document = json.dumps({**begun, "choices": choices, **more}, ensure_ascii=not STATE.has("crumbs"))
        return f"data: {document}\n\n"

    def piece(self, finish: str | None = None, **delta: str) -> str:
        """One event with a piece of the answer."""
        return self.chunk([{"index": 0, "delta": delta, "finish_reason": finish}])

    async def events(self, usage: bool) -> AsyncIterator[str]:  # noqa: FBT001  the dialect's own switch
        """The whole stream; whatever was written when it ends is kept."""
        STATE.streaming += 1
        left = True
        try:
            async for event in self.answer():
                yield event
            if usage and not self.failed:
                yield self.chunk([], usage=self.usage())
            if not self.failed or STATE.has("done-after-error"):
                yield "data: [DONE]\n\n"
            left = False
        finally:
            STATE.streaming -= 0 if left and STATE.has("gauge-never-falls") else 1
            self.keep()

    async def answer(self) -> AsyncIterator[str]:
        """The events of the answer itself."""
        yield self.piece(role="assistant", content="")
        for token in self.tokens:
            self.written.append(token)
            for content in self.pieces(token):
                yield self.piece(content=content)
            await asyncio.sleep(LONG_PAUSE_S if self.prompt.startswith(SLOW) else PAUSE_S)
            STATE.failures[self.model] += self.prompt == FAILING
            if self.prompt == FAILING and not STATE.has("failure-looks-whole"):
                self.failed = True
                told = INSIDE if STATE.has("failure-tells-key") else "The model went away"
                failed = {"message": told, "type": "server_error", "code": "upstream_failed"}
                yield f"data: {json.dumps({'error': failed})}\n\n"
                return
            if self.prompt == FAILING:
                break
        yield self.piece(self.finish)

    def pieces(self, token: str) -> list[str]:
        """A token in the pieces in which it comes."""
        if not STATE.has("split-letters"):
            return [token]
        sent, begin = token.encode(), len("".join(self.written[:-1]).encode())
        cuts = [0, *(at for at in range(1, len(sent)) if (begin + at) % PIECE == 0), len(sent)]
        return [sent[one:other].decode(errors="replace") for one, other in itertools.pairwise(cuts)]

    def keep(self) -> None:
        """Keep what was written, and count it; what failed costs the member nothing."""
        if self.account and self.failed and not STATE.has("failure-spends-quota"):
            self.account.said -= 1
        STATE.tokens += self.read + len(self.written)
        said = {"id": new_id("msg"), "role": "assistant", "content": kept("".join(self.written))}
        self.talk.messages.append(said)

    async def whole(self) -> dict[str, Any]:
        """The answer at once."""
        if self.prompt == FAILING:
            STATE.failures[self.model] += 1
            raise Refused(502, "upstream_failed", "The model went away")
        self.written = self.tokens
        self.keep()
        said = {"role": "assistant", "content": "".join(self.written)}
        choice = {"index": 0, "message": said, "finish_reason": self.finish}
        return {"created": int(time.time()), "model": self.model, "choices": [choice], "usage": self.usage()}
