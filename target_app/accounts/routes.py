"""Sign-up, verification, sign-in, refresh, sign-out."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import APIKeyCookie
from sqlalchemy import delete

from target_app.accounts import sessions, signup
from target_app.accounts.dependencies import CHALLENGE, CurrentSession, CurrentUser
from target_app.accounts.mail import already_registered_mail, verification_mail
from target_app.accounts.models import User
from target_app.accounts.passwords import hash_password, password_matches
from target_app.accounts.schemas import Accepted, CsrfToken, Member, Refreshed, SignIn, SignUp, Verification, Verified
from target_app.database import Db
from target_app.errors import Problem, problems
from target_app.protection import csrf
from target_app.settings import Config

router = APIRouter(tags=["accounts"])

refresh_cookie = APIKeyCookie(
    name=sessions.REFRESH_COOKIE,
    scheme_name="refresh",
    description="The refresh token, set by sign-in",
    auto_error=False,
)


@router.post("/auth/signup", operation_id="signup", summary="Ask for an account", status_code=202)
async def sign_up(body: SignUp, request: Request, db: Db, settings: Config) -> Accepted:
    """Mail a link that proves the address. The answer is the same if the address has an account."""
    wanted = User(email=body.email, name=body.name, password_hash=await hash_password(body.password))
    lives = timedelta(seconds=settings.verification_token_s)
    token = await signup.register(db, wanted, link_lives=lives)
    origin = csrf.public_origin(request, settings)
    if token is None:
        mail = already_registered_mail(settings, to=body.email, origin=origin)
    else:
        mail = verification_mail(settings, to=body.email, origin=origin, token=token)
    request.app.state.mailer.post(mail)
    return Accepted(message="We sent you a mail. Open its link to go on.")


@router.post("/auth/verify", operation_id="verify_email", summary="Prove an address", responses=problems(400))
async def verify_email(body: Verification, db: Db) -> Verified:
    """Use the token of the mailed link. It works once."""
    user = await signup.verify(db, body.token)
    if user is None:
        raise Problem(400, "This link is unknown, was used, or has expired.")
    return Verified(email=user.email, verified=True)


@router.post("/auth/signin", operation_id="signin", summary="Sign in", responses=problems(401, 403))
async def sign_in(body: SignIn, response: Response, db: Db, settings: Config) -> Member:
    """Open a session, and set its two cookies."""
    user = await signup.find_user(db, body.email)
    right = await password_matches(None if user is None else user.password_hash, body.password)
    if user is None or not right:
        raise Problem(401, "Address or password is wrong.", headers={"WWW-Authenticate": CHALLENGE})
    if user.verified_at is None:
        raise Problem(403, "Address not verified")
    pair = await sessions.start(db, settings, user)
    sessions.set_cookies(response, settings, pair)
    return _member(user, pair.access.expires_at)


@router.post("/auth/refresh", operation_id="refresh", summary="Refresh the session", responses=problems(401))
async def refresh(
    token: Annotated[str | None, Depends(refresh_cookie)],
    response: Response,
    db: Db,
    settings: Config,
) -> Refreshed:
    """Exchange the refresh token for fresh cookies. It works once; used again, it ends the session."""
    pair = token and await sessions.refresh(db, settings, token)
    if not pair:
        raise Problem(401, "Sign in again.", headers={"WWW-Authenticate": CHALLENGE})
    sessions.set_cookies(response, settings, pair)
    return Refreshed(expires_in=pair.access_s)


@router.post("/auth/signout", operation_id="signout", summary="Sign out", status_code=204)
async def sign_out(current: CurrentSession, response: Response, db: Db) -> None:
    """End the session at once."""
    await sessions.end(db, current.session_id)
    _forget(response)


@router.get("/auth/session", operation_id="session", summary="Who is signed in")
async def session(current: CurrentSession) -> Member:
    """Say who is signed in, and until when the access token lives."""
    return _member(current.user, current.expires_at)


@router.get("/auth/csrf", operation_id="csrf_token", summary="Get the CSRF token")
async def get_csrf_token(current: CurrentSession, settings: Config) -> CsrfToken:
    """Return what unsafe requests of this session send as X-CSRF-Token."""
    return CsrfToken(csrf_token=csrf.csrf_token(settings, current.session_id))


@router.delete("/auth/account", operation_id="delete_account", summary="Delete the account", status_code=204)
async def delete_account(user: CurrentUser, response: Response, db: Db) -> None:
    """Remove the member and everything of theirs."""
    await db.execute(delete(User).where(User.id == user.id))
    await db.commit()
    _forget(response)


def _member(user: User, expires_at: datetime) -> Member:
    return Member(id=user.id, email=user.email, name=user.name, plan=user.plan, expires_at=expires_at)


def _forget(response: Response) -> None:
    sessions.clear_cookies(response)
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'
