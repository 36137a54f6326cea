"""The pages of members."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from starlette.responses import Response

from target_app.billing import catalogue, orders
from target_app.billing.quota import plan_of, used
from target_app.chat.dependencies import WITH_ID
from target_app.chat.offer import ModelList, list_models
from target_app.chat.routes import list_conversations
from target_app.database import Db
from target_app.errors import Problem
from target_app.projects.models import Project
from target_app.projects.routes import list_projects
from target_app.settings import Config, Environment
from target_app.web.files import stored_files
from target_app.web.page import NoSuchPage, Visit, Visited, page
from target_app.web.routing import SharedRoute

shared = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=SharedRoute)
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

LANGUAGES = {
    "en": "English",
    "en-GB": "English (United Kingdom)",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "ja": "日本語",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt-BR": "Português (Brasil)",
    "sv": "Svenska",
}


async def offered(visited: Visited, db: Db, settings: Config) -> ModelList:
    """List the models, with what the member may choose."""
    return await list_models(visited.session.user, db, settings)


Offered = Annotated[ModelList, Depends(offered)]


@shared.get("/projects")
async def projects(request: Request, visited: Visited, db: Db) -> Response:
    """Show the member's projects."""
    found = await list_projects(visited.session.user, db)
    return page(request, "projects.html", visited, projects=found.items)


@shared.get("/settings")
async def settings_page(request: Request, visited: Visited, models: Offered) -> Response:
    """Show what the member can choose."""
    chosen = visited.preferences.language
    languages = LANGUAGES if chosen in LANGUAGES else {chosen: chosen, **LANGUAGES}
    return page(request, "settings.html", visited, models=models.items, languages=languages)


@router.get("/chat")
async def new_chat(request: Request, visited: Visited, models: Offered, db: Db) -> Response:
    """Show the member's conversations, and an empty one to begin."""
    return await _chat(request, visited, models, db, conversation=None)


@router.get("/chat/{conversation_id}")
async def chat(conversation_id: str, request: Request, visited: Visited, models: Offered, db: Db) -> Response:
    """Show a conversation of the member."""
    conversation = await db.scalar(WITH_ID, {"wanted": conversation_id})
    if conversation is None or conversation.user_id != visited.session.user.id:
        raise NoSuchPage
    return await _chat(request, visited, models, db, conversation=conversation)


async def _chat(request: Request, visited: Visit, models: ModelList, db: Db, *, conversation: object) -> Response:
    user = visited.session.user
    own = select(Project).where(Project.user_id == user.id).order_by(Project.created_at, Project.id)
    return page(
        request,
        "chat.html",
        visited,
        conversation=conversation,
        models=models.items,
        projects=(await db.scalars(own)).all(),
        plan=plan_of(user, request.app.state.settings),
        used=await used(db, user),
    )


@router.get("/files")
async def files(request: Request, visited: Visited, db: Db, settings: Config) -> Response:
    """Show the member's files, newest first."""
    found = await stored_files(db, visited.session.user)
    return page(request, "files.html", visited, files=found, most_bytes=settings.upload_limit_bytes)


@router.get("/export")
async def export(request: Request, visited: Visited, db: Db) -> Response:
    """Offer the member's newest conversations for export."""
    found = await list_conversations(visited.session.user, db, limit=50)
    return page(request, "export.html", visited, conversations=found.items, more=found.next_cursor)


@router.get("/plan")
async def plan(request: Request, visited: Visited, db: Db, settings: Config) -> Response:
    """Show the plans, and what is left of the member's own."""
    user = visited.session.user
    return page(
        request,
        "plan.html",
        visited,
        plans=list(catalogue.plans(settings).values()),
        own=plan_of(user, settings),
        used=await used(db, user),
        larger=catalogue.larger(user.plan),
        for_sale=settings.environment is not Environment.PRODUCTION,
    )


@router.get("/checkout/{order_id}")
async def checkout(order_id: str, request: Request, visited: Visited, db: Db, settings: Config) -> Response:
    """Show the sandbox's checkout of an order."""
    try:
        order = await orders.find_own(db, visited.session.user, order_id)
    except Problem as problem:
        raise NoSuchPage from problem
    if settings.environment is Environment.PRODUCTION:
        raise NoSuchPage
    return page(request, "checkout.html", visited, order=order)
