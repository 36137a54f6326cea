"""Puts the service together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from target_app import __version__
from target_app.accounts.mail import Mailer
from target_app.accounts.password_routes import router as passwords
from target_app.accounts.routes import router as accounts
from target_app.accounts.session_routes import router as devices
from target_app.accounts.sessions import FindSession
from target_app.billing.routes import router as billing
from target_app.chat.failover import providers
from target_app.chat.messages import router as messages
from target_app.chat.offer import router as models
from target_app.chat.routes import router as chat
from target_app.chat.slots import Slots
from target_app.database import Database
from target_app.document import describe
from target_app.errors import install_error_handlers
from target_app.exports.routes import router as exports
from target_app.migrations import upgrade
from target_app.monitoring.health import router as health
from target_app.monitoring.metrics import Metrics
from target_app.monitoring.observe import CatchErrors, CountRequests
from target_app.monitoring.routes import router as monitoring
from target_app.monitoring.tracker import Tracker
from target_app.preferences.routes import router as preferences
from target_app.projects.routes import router as projects
from target_app.protection.body import BodyLimit
from target_app.protection.csrf import CsrfGuard
from target_app.protection.headers import RequestId, SecurityHeaders
from target_app.protection.limits import Limits, open_windows
from target_app.protection.method import AnswerHead
from target_app.protection.path import PlainPath
from target_app.purge import purge_now_and_then
from target_app.routing import attach
from target_app.settings import Environment, Settings
from target_app.stores import open_store
from target_app.uploads.routes import router as uploads
from target_app.web.entrance_routes import router as entrance
from target_app.web.install import install_pages
from target_app.web.member_routes import router as pages
from target_app.web.member_routes import shared
from target_app.web.sandbox import router as sandbox

# A request is held against one route after the other: the busiest come first, and a page before data at its address.
DOMAINS = (
    *(messages, chat, accounts, passwords, devices, models, shared, projects),
    *(billing, preferences, uploads, exports, health, monitoring),
    *(entrance, pages, sandbox),
)

# The outermost comes first. Nothing that answers stands outside of the headers, the count and the catch.
MIDDLEWARE = (
    *(RequestId, SecurityHeaders, CountRequests, CatchErrors),
    *(Limits, PlainPath, BodyLimit, FindSession, CsrfGuard, AnswerHead),
)

# With the server's own grace for open streams these stay within three seconds.
REQUEST_GRACE_S = 0.5
MAIL_GRACE_S = 0.3
PURGE_GRACE_S = 0.5


def build_app(settings: Settings) -> FastAPI:
    """Return the whole service, which is an ASGI application."""
    app = FastAPI(
        title="Reference chat service",
        version=__version__,
        lifespan=_lifespan,
        middleware=[Middleware(each) for each in MIDDLEWARE],
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None if settings.environment is Environment.PRODUCTION else "/openapi.json",
    )
    install_error_handlers(app)
    install_pages(app)
    attach(app, DOMAINS)
    describe(app)
    _equip(app, settings)
    return app


def _equip(app: FastAPI, settings: Settings) -> None:
    """Give the app what its parts share. All of it is reached through `app.state`."""
    state = app.state
    state.settings = settings
    state.database = Database(settings.database_url)
    state.store = open_store(settings.redis_url)
    state.metrics = Metrics()
    state.providers = providers(settings, state.metrics)
    state.slots = Slots(state.store)
    state.mailer = Mailer(settings, state.metrics)
    state.tracker = Tracker(settings)
    state.windows = open_windows(settings, state.store)
    state.running = set()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    await upgrade(state.database.engine)
    ending = asyncio.Event()
    purging = asyncio.create_task(purge_now_and_then(state.database, state.store, state.settings, ending))
    try:
        yield
    finally:
        ending.set()
        if app.state.running:
            # The server cuts what is late and does not wait for it; what it was writing down needs the store.
            await asyncio.wait(app.state.running, timeout=REQUEST_GRACE_S)
        await app.state.slots.close(REQUEST_GRACE_S)
        # It is cut only if it is late: a driver that is cut while it connects leaves a connection behind.
        await asyncio.wait({purging}, timeout=PURGE_GRACE_S)
        purging.cancel()
        await app.state.providers.close()
        await app.state.mailer.drain(MAIL_GRACE_S)
        app.state.tracker.close()
        await app.state.store.close()
        await app.state.database.close()
