"""Passwords: change a known one, replace a forgotten one."""

from fastapi import APIRouter, Request

from target_app.accounts import recovery, signup
from target_app.accounts.dependencies import CurrentSession
from target_app.accounts.mail import password_changed_mail, reset_mail
from target_app.accounts.models import User
from target_app.accounts.passwords import password_matches
from target_app.accounts.schemas import Accepted, Forgotten, PasswordChange, Reset
from target_app.accounts.tokens import issue_reset
from target_app.database import Db, new_id
from target_app.errors import Problem, problems
from target_app.protection import csrf
from target_app.settings import Config, Settings

router = APIRouter(prefix="/auth/password", tags=["accounts"])


@router.post(
    "", operation_id="change_password", summary="Change the password", status_code=204, responses=problems(409)
)
async def change_password(
    body: PasswordChange, current: CurrentSession, request: Request, db: Db, settings: Config
) -> None:
    """Set a new password. Every other session of the member ends at once, and a mail tells of it."""
    # Whoever holds a session only must not guess on, from however many addresses.
    allowance = await request.app.state.windows["auth"].take(f"password of {current.user.id}")
    if not allowance.allowed:
        raise Problem(429, "Too many passwords were tried.", headers={"Retry-After": str(allowance.reset_s)})
    if not await password_matches(current.user.password_hash, body.current_password):
        raise Problem(403, "The current password is wrong.")
    if not await recovery.change(db, current.user, body.new_password, keep=current.session_id):
        raise Problem(409, "The password was changed by another request.")
    _tell(request, settings, current.user)


@router.post("/forgot", operation_id="forgot_password", summary="Ask for a new password", status_code=202)
async def forgot_password(body: Forgotten, request: Request, db: Db, settings: Config) -> Accepted:
    """Mail a link to a new password. The answer is the same, and takes as long, if the address has no account."""
    user = await signup.find_user(db, body.email)
    known = user or User(id=new_id(), password_hash="")
    token = issue_reset(settings, user_id=known.id, password_hash=known.password_hash)
    mail = reset_mail(settings, to=body.email, origin=csrf.public_origin(request, settings), token=token)
    if user is not None:
        request.app.state.mailer.post(mail)
    return Accepted(message="If this address has an account, we sent it a mail. Open its link to go on.")


@router.post(
    "/reset", operation_id="reset_password", summary="Choose a new password", status_code=204, responses=problems(400)
)
async def reset_password(body: Reset, request: Request, db: Db, settings: Config) -> None:
    """Use the token of the mailed link. It works once; every session of the member ends at once."""
    user = await recovery.reset(db, settings, body.token, body.password)
    if user is None:
        raise Problem(400, "This link is unknown, was used, or has expired.")
    _tell(request, settings, user)


def _tell(request: Request, settings: Settings, user: User) -> None:
    origin = csrf.public_origin(request, settings)
    request.app.state.mailer.post(password_changed_mail(settings, to=user.email, origin=origin))
