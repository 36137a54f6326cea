"""Where a member is signed in, and how to end that from afar."""

from fastapi import APIRouter
from sqlalchemy import select

from target_app.accounts import sessions
from target_app.accounts.dependencies import CurrentSession
from target_app.accounts.models import Session
from target_app.accounts.schemas import SessionList, SessionOut
from target_app.database import Db
from target_app.errors import Problem, problems

router = APIRouter(prefix="/auth/sessions", tags=["accounts"])


@router.get("", operation_id="list_sessions", summary="List sessions")
async def list_sessions(current: CurrentSession, db: Db) -> SessionList:
    """List the member's sessions that are alive, newest first."""
    found = await sessions.live(db, current.user.id)
    items = [
        SessionOut(id=one.id, created_at=one.created_at, expires_at=until, current=one.id == current.session_id)
        for one, until in found
    ]
    return SessionList(items=items)


@router.delete(
    "/{session_id}", operation_id="end_session", summary="End a session", status_code=204, responses=problems(404, 422)
)
async def end_session(session_id: str, current: CurrentSession, db: Db) -> None:
    """End one session of the member at once, whichever device it is on."""
    own = select(Session.id).where(Session.id == session_id, Session.user_id == current.user.id)
    if await db.scalar(own.where(Session.revoked_at.is_(None))) is None:
        raise Problem(404, "There is no such session.")
    await sessions.end(db, session_id)
