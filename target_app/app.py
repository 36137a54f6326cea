"""Puts the service together."""

from fastapi import FastAPI

from target_app.billing.routes import router as billing
from target_app.chat.routes import router as chat
from target_app.database import Database
from target_app.errors import install_error_handlers
from target_app.exports.routes import router as exports
from target_app.monitoring.metrics import Metrics
from target_app.preferences.routes import router as preferences
from target_app.projects.routes import router as projects
from target_app.settings import Settings
from target_app.uploads.routes import router as uploads

DOMAINS = (chat, projects, billing, preferences, uploads, exports)


def build_app(settings: Settings) -> FastAPI:
    """Return the whole service, which is an ASGI application."""
    app = FastAPI(title="Reference chat service", redirect_slashes=False)
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.database = Database(settings.database_url)
    install_error_handlers(app)
    for router in DOMAINS:
        app.include_router(router)
    return app
