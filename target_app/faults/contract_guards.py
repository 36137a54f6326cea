"""Faults of what an operation wants of whoever asks: a session, a token, and to be the owner."""

import re
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import Headers

from target_app.accounts.models import User
from target_app.fault import fault
from target_app.faults.contract_answers import Answer, ChangedAnswer
from target_app.projects import dependencies
from target_app.projects.models import Project
from target_app.protection import csrf


@fault("contract.open-route", detected_by={"auth.every-operation", "contract.wants-credentials"})
class OpenRoute(ChangedAnswer):
    """One route has lost its guard: who is a stranger to it sees an empty list."""

    path = re.compile("/billing/orders")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Let everybody in."""
        del request, sent
        if answer.status == 401:  # noqa: PLR2004  Unauthorized
            del answer.headers["WWW-Authenticate"]
            answer.say({"items": []}, 200, "application/json")


@fault("contract.undocumented-guard", detected_by={"auth.every-operation"})
def undocumented_guard(app: FastAPI) -> None:
    """A route without its guard, and a document that says so, as frameworks do that make it from the code."""
    write = app.openapi

    def document() -> dict[str, Any]:
        found = write()
        found["paths"]["/settings"]["get"]["security"] = []
        found["paths"]["/settings"]["get"]["responses"].pop("401", None)
        return found

    app.openapi = document  # type: ignore[method-assign]  # FastAPI documents this way of doing it
    app.add_middleware(_OpenSettings)


class _OpenSettings(ChangedAnswer):
    path = re.compile("/settings")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        del request, sent
        if answer.status == 401:  # noqa: PLR2004  Unauthorized
            now = {"theme": "dark", "language": "en", "default_model": "scripted-small"}
            answer.say(now, 200, "application/json")


@fault(
    "contract.token-forgotten",
    detected_by={"csrf.every-operation", "contract.required-fields", "contract.refuses-invalid"},
)
def token_forgotten(_app: FastAPI) -> None:
    """Projects are created without a look at the CSRF token."""
    csrf.EXEMPT_PATHS = csrf.EXEMPT_PATHS | {"/projects"}


@fault("contract.foreign-object", detected_by={"auth.every-object"})
def foreign_object(_app: FastAPI) -> None:
    """Whoever knows a project's id may do to it what its owner may."""

    async def find_any(db: AsyncSession, user: User, project_id: str) -> Project:
        return await db.get(Project, project_id) or await find_own(db, user, project_id)

    find_own = dependencies.find_own
    dependencies.find_own = find_any
