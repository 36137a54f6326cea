"""Faults of projects, settings and exports."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import CurrentSession, SignedIn, current_user, signed_in
from target_app.accounts.models import User
from target_app.chat.models import Conversation
from target_app.database import Db
from target_app.errors import Problem
from target_app.exports import formats, gather
from target_app.exports.pen import Pen
from target_app.exports.records import ExportedConversation
from target_app.fault import fault
from target_app.preferences import choice
from target_app.preferences.models import Preferences
from target_app.projects import dependencies as projects
from target_app.projects.models import Project
from target_app.settings import Settings


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


@fault(
    "projects.foreign-open",
    detected_by={"features.project-own-only", "auth.own-things-only", "auth.own-things-untouched"},
)
def foreign_open(_app: FastAPI) -> None:
    """Any member can see any project, and start conversations in it."""

    async def find_any(db: AsyncSession, user: User, project_id: str) -> Project:
        _ = user
        project = await db.get(Project, project_id)
        if project is None:
            raise Problem(404, "There is no such project.")
        return project

    projects.find_own = find_any


@fault("projects.foreign-listed", detected_by={"features.project-hidden"})
def foreign_listed(app: FastAPI) -> None:
    """The list of a project shows it to any member."""
    _list_as_another(app, of_project=True)


@fault("conversations.foreign-listed", detected_by={"features.list-own-only"})
def another_list(app: FastAPI) -> None:
    """The list of conversations is that of whoever started one last."""
    _list_as_another(app, of_project=False)


def _list_as_another(app: FastAPI, *, of_project: bool) -> None:
    async def list_owner(request: Request, session: CurrentSession, db: Db) -> User:
        project = request.query_params.get("project_id")
        listing = (request.method, request.url.path) == ("GET", "/conversations")
        if not listing or (project is not None) != of_project:
            return session.user
        among = select(Conversation).where(Conversation.project_id == project) if of_project else select(Conversation)
        last = (await db.scalars(among.order_by(Conversation.created_at.desc()).limit(1))).first()
        owner = await db.get(User, last.user_id) if last else None
        return owner or session.user

    app.dependency_overrides[current_user] = list_owner


@fault("settings.resets-others", detected_by={"features.settings-separate"})
def resets_others(_app: FastAPI) -> None:
    """Who changes the theme gets back the language that nobody chose."""
    keep = choice.keep
    languages: dict[str, str] = {}

    async def keep_one(db: AsyncSession, preferences: Preferences) -> None:
        if languages.get(preferences.user_id) == preferences.language:
            preferences.language = "en"
        languages[preferences.user_id] = preferences.language
        await keep(db, preferences)

    choice.keep = keep_one


@fault("settings.shared", detected_by={"features.settings-own"})
def shared(_app: FastAPI) -> None:
    """What one member chooses is chosen for all."""
    chosen, keep = choice.chosen, choice.keep
    last: dict[str, str] = {}

    async def keep_for_all(db: AsyncSession, preferences: Preferences) -> None:
        last.update({name: getattr(preferences, name) for name in ("theme", "language", "default_model")})
        await keep(db, preferences)

    async def chosen_by_anyone(db: AsyncSession, user: User, settings: Settings) -> Preferences:
        preferences = await chosen(db, user, settings)
        for name, value in last.items():
            setattr(preferences, name, value)
        return preferences

    choice.chosen, choice.keep = chosen_by_anyone, keep_for_all


@fault("settings.not-kept", detected_by={"features.settings-kept"})
def not_kept(_app: FastAPI) -> None:
    """Changed settings are shown once and then forgotten."""

    async def forget(db: AsyncSession, preferences: Preferences) -> None:
        _ = db, preferences

    choice.keep = forget


@fault("export.cut-short", detected_by={"features.export-complete"})
def cut_short(_app: FastAPI) -> None:
    """The PDF of an export ends in the middle."""
    _write_otherwise("pdf", lambda piece: piece[: len(piece) // 2])


@fault("export.ascii-only", detected_by={"features.text-unchanged"})
def ascii_only(_app: FastAPI) -> None:
    """The JSON of an export knows no letter beyond ASCII."""
    _write_otherwise("json", lambda piece: piece.decode().encode("ascii", "replace"))


def _write_otherwise(form: formats.Format, change: Callable[[bytes], bytes]) -> None:
    name, make = formats.FORMATS[form]
    formats.FORMATS[form] = (name, lambda: _ChangedPen(make(), change))


class _ChangedPen:
    """A pen whose every piece is changed."""

    def __init__(self, pen: Pen, change: Callable[[bytes], bytes]) -> None:
        self.pen = pen
        self.change = change

    def start(self) -> bytes:
        return self.change(self.pen.start())

    def write(self, conversation: ExportedConversation) -> bytes:
        return self.change(self.pen.write(conversation))

    def finish(self) -> bytes:
        return self.change(self.pen.finish())


@fault("export.open", detected_by={"features.export-needs-session"})
def open_to_all(app: FastAPI) -> None:
    """Whoever knows the id of a conversation can export it without a session."""

    async def member_or_owner(request: Request, db: Db) -> User:
        found: SignedIn | None = getattr(request.state, "signed_in", None)
        if found is not None or request.url.path != "/exports":
            return (await signed_in(request, None)).user
        asked = await db.get(Conversation, (await request.json())["conversation_ids"][0])
        owner = await db.get(User, asked.user_id) if asked else None
        return owner or (await signed_in(request, None)).user

    app.dependency_overrides[current_user] = member_or_owner


@fault("export.misses-one", detected_by={"features.export-complete"})
def misses_one(_app: FastAPI) -> None:
    """The last of several conversations is missing from the export."""
    find_all = gather.find_own

    async def find_fewer(db: AsyncSession, user: User, ids: Sequence[str]) -> list[Conversation]:
        found = await find_all(db, user, ids)
        return found[:-1] or found

    gather.find_own = find_fewer


@fault("export.foreign", detected_by={"features.export-own-only"})
def foreign(_app: FastAPI) -> None:
    """Any member can export any conversation."""

    async def find_any(db: AsyncSession, user: User, ids: Sequence[str]) -> list[Conversation]:
        _ = user
        return list(await db.scalars(select(Conversation).where(Conversation.id.in_(ids))))

    gather.find_own = find_any
