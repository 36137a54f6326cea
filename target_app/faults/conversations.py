"""Faults of the list of conversations: renamed, deleted, searched, paged."""

import json
from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy import ColumnElement, false
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import CurrentUser
from target_app.chat import routes
from target_app.chat.dependencies import own_conversation
from target_app.chat.models import Conversation
from target_app.database import Db
from target_app.fault import fault
from target_app.faults.changed import ChangedBody


@fault("chat.rename-forgotten", detected_by={"chat.rename-kept"})
def rename_forgotten(app: FastAPI) -> None:
    """A new title is answered, and not kept."""

    async def conversation_for(request: Request, conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
        conversation = await own_conversation(conversation_id, user, db)
        if request.method == "PATCH":
            db.expunge(conversation)
        return conversation

    app.dependency_overrides[own_conversation] = conversation_for


@fault("chat.delete-forgotten", detected_by={"chat.deleted-gone", "chat.deleted-unlisted", "chat.deleted-unfound"})
def delete_forgotten(app: FastAPI) -> None:
    """A conversation that is to be deleted stays; a copy of it is deleted."""

    async def conversation_for(request: Request, conversation_id: str, user: CurrentUser, db: Db) -> Conversation:
        conversation = await own_conversation(conversation_id, user, db)
        if request.method != "DELETE":
            return conversation
        copy = Conversation(user_id=user.id, title=conversation.title)
        db.add(copy)
        await db.commit()
        return copy

    app.dependency_overrides[own_conversation] = conversation_for


class _ChangedList(ChangedBody):
    """Changes the answers of the list of conversations, by what was asked and by who asked."""

    path = "/conversations"

    def changed(self, told: dict[str, Any], query: str, who: str) -> None:
        """Change a page of the list."""
        raise NotImplementedError

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Leave what is no page as it is."""
        document = json.loads(body)
        if "next_cursor" in document:
            who = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
            self.changed(document, scope["query_string"].decode("latin-1"), who)
        return json.dumps(document).encode()


@fault("chat.list-stale", detected_by={"chat.deleted-unlisted"})
class ListStale(_ChangedList):
    """A member's list is kept in a cache, where nothing is ever taken out."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.seen: dict[str, dict[str, Any]] = {}

    def changed(self, told: dict[str, Any], query: str, who: str) -> None:
        """Add what was there once, to the whole list."""
        if not query:
            seen = self.seen.setdefault(who, {})
            seen.update({item["id"]: item for item in told["items"]})
            told["items"] = list(seen.values())


@fault("chat.page-loses", detected_by={"chat.pages-whole"})
class PageLoses(_ChangedList):
    """The last conversation of a page falls between it and the next."""

    def changed(self, told: dict[str, Any], query: str, who: str) -> None:
        """Drop it."""
        _ = query, who
        if told["next_cursor"]:
            told["items"].pop()


@fault("chat.page-repeats", detected_by={"chat.pages-whole"})
class PageRepeats(_ChangedList):
    """Pages are counted from the newest: what is started meanwhile shifts them by one."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.last: dict[str, Any] = {}

    def changed(self, told: dict[str, Any], query: str, who: str) -> None:
        """Begin a page with the last of the one before."""
        if "cursor=" in query and who in self.last:
            told["items"].insert(0, self.last[who])
        if "limit=" in query and told["items"]:
            self.last[who] = told["items"][-1]


@fault("chat.search-ignored", detected_by={"chat.search-finds"})
class SearchIgnored:
    """A search gives all conversations."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Drop the query."""
        if scope["type"] == "http" and scope["query_string"].startswith(b"q="):
            scope = {**scope, "query_string": b""}
        await self.app(scope, receive, send)


@fault("chat.search-blind", detected_by={"chat.search-finds"})
def search_blind(_app: FastAPI) -> None:
    """A search finds nothing."""

    def nothing(text: str) -> ColumnElement[bool]:
        _ = text
        return false()

    routes.holds = nothing
