"""Faults of projects, settings, uploads and exports."""

from collections.abc import Sequence
from http.client import OK
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.accounts.models import User
from target_app.chat.models import Conversation
from target_app.exports import gather
from target_app.exports.records import ExportedConversation
from target_app.fault import fault
from target_app.preferences import choice
from target_app.preferences.models import Preferences
from target_app.uploads import sniffing


@fault("projects.filter-ignored", detected_by={"features.project-filter"})
class FilterIgnored:
    """The list of a project's conversations shows those of all projects."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the filter out of the query."""
        if scope["type"] == "http" and scope["path"] == "/conversations":
            asked = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)
            kept = [(name, value) for name, value in asked if name != "project_id"]
            scope = {**scope, "query_string": urlencode(kept).encode("ascii")}
        await self.app(scope, receive, send)


@fault("settings.not-kept", detected_by={"features.settings-kept"})
def not_kept(_app: FastAPI) -> None:
    """Changed settings are shown once and then forgotten."""

    async def forget(db: AsyncSession, preferences: Preferences) -> None:
        _ = db, preferences

    choice.keep = forget


@fault("upload.preview-differs", detected_by={"features.preview-matches"})
class PreviewDiffers:
    """The preview of a file has another last byte than the file."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Change the end of previews."""
        found = False

        async def changed(message: Message) -> None:
            nonlocal found
            if message["type"] == "http.response.start":
                found = message["status"] == OK
            elif found and message.get("body"):
                message = {**message, "body": message["body"][:-1] + b"?"}
            await send(message)

        previews = scope["type"] == "http" and scope["path"].endswith("/preview")
        await self.app(scope, receive, changed if previews else send)


@fault("upload.accepts-script", detected_by={"features.upload-refuses"})
def accepts_script(_app: FastAPI) -> None:
    """A script that calls itself an image is taken."""

    def agrees(name: str, media_type: str) -> bool:
        _ = name, media_type
        return True

    sniffing.agrees = agrees


@fault("export.misses-one", detected_by={"features.export-complete"})
def misses_one(_app: FastAPI) -> None:
    """The last conversation is missing from every export."""
    gather_all = gather.gather

    async def gather_fewer(db: AsyncSession, user: User, ids: Sequence[str]) -> list[ExportedConversation]:
        return (await gather_all(db, user, ids))[:-1]

    gather.gather = gather_fewer


@fault("export.foreign", detected_by={"features.export-own-only"})
def foreign(_app: FastAPI) -> None:
    """Any member can export any conversation."""

    async def find_any(db: AsyncSession, user: User, ids: Sequence[str]) -> list[Conversation]:
        _ = user
        return list(await db.scalars(select(Conversation).where(Conversation.id.in_(ids))))

    gather.find_own = find_any
