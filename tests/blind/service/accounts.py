"""Members: how they come to be, sign in, stay signed in, and go."""

import asyncio
import hashlib
import hmac
import secrets
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from tests.blind.service.state import (
    REFRESH_S,
    STATE,
    Account,
    Conversation,
    Refused,
    Session,
    claims_of,
    new_id,
    token_for,
)

router = APIRouter(prefix="/v1")
EMAIL = r"^[^@\s]{1,64}@[^@\s]{1,200}$"
NOBODY = b"nobody has this salt"
SHORT_MEMORY_S, DATABASE_S = 10.0, 0.005
ASKING: dict[str, Account] = {}


class SignUp(BaseModel):
    """Who wants to become a member."""

    email: str = Field(pattern=EMAIL)
    password: str = Field(min_length=10, max_length=200)
    name: str = Field(min_length=1, max_length=100)


class SignIn(BaseModel):
    """Who says they are one."""

    email: str = Field(max_length=270)
    password: str = Field(max_length=200)


class Refresh(BaseModel):
    """A token that gives new ones."""

    refresh_token: str = Field(max_length=2000)


class NewPassword(BaseModel):
    """A password in place of another."""

    current: str = Field(max_length=200)
    new: str = Field(min_length=10, max_length=200)


def hashed(password: str, salt: bytes) -> bytes:
    """A password as it is kept."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def bearer_of(request: Request) -> str:
    """The token that a request brings."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_of(token: str) -> Session | None:
    """The session whose access token this is, while both live."""
    claims = claims_of(token) or {}
    session = STATE.sessions.get(claims.get("sid", ""))
    if session is None or session.ended or session.signed_out:
        return None
    if STATE.has("sessions-die-early") and time.monotonic() - session.began > SHORT_MEMORY_S:
        return None
    known = {session.access, session.refresh} if STATE.has("refresh-token-as-access") else {session.access}
    return session if token in known else None


def signed_in(request: Request) -> Session:
    """The session of whoever asks."""
    session = session_of(bearer_of(request))
    if session is None:
        refused = Refused(401, "invalid_token", "The access token is missing, wrong or over")
        refused.headers["WWW-Authenticate"] = "Bearer"
        raise refused
    return session


async def member(session: Annotated[Session, Depends(signed_in)]) -> Account:
    """Whoever asks."""
    if STATE.has("context-of-another"):
        ASKING["who"] = STATE.accounts[session.account]
        await asyncio.sleep(DATABASE_S)
        return ASKING["who"]
    return STATE.accounts[session.account]


Signed = Annotated[Session, Depends(signed_in)]
Member = Annotated[Account, Depends(member)]


def tokens_for(session: Session) -> dict[str, Any]:
    """New tokens of a session, in place of those before."""
    lifetime, session.began = STATE.accounts[session.account].lifetime, time.monotonic()
    session.access, session.refresh = token_for(session, "access", lifetime), token_for(session, "refresh", REFRESH_S)
    return {
        "token_type": "Bearer",
        "access_token": session.access,
        "refresh_token": session.refresh,
        "expires_in": int(lifetime),
    }


def shown(account: Account) -> dict[str, Any]:
    """What a member is told of themselves."""
    return {"id": account.number, "object": "account", "email": account.email, "name": account.name}


@router.post("/accounts", status_code=201)
async def sign_up(asked: SignUp) -> dict[str, Any]:
    """Make a member."""
    if STATE.by_email(asked.email):
        raise Refused(409, "taken", "There is an account with this address")
    salt = secrets.token_bytes(16)
    password = await asyncio.to_thread(hashed, asked.password, salt)
    email = STATE.written(asked.email)
    account = Account(number=new_id("acct"), email=email, name=asked.name, salt=salt, password=password)
    for one in unearthed(account):
        STATE.conversations[one.number] = one
    STATE.accounts[account.number] = account
    return shown(account)


def unearthed(account: Account) -> list[Conversation]:
    """What a deleted account of the same address had."""
    former, kept = STATE.buried.pop(account.email, (account, []))
    account.number = former.number
    return kept


async def knows(account: Account | None, password: str) -> bool:
    """Whether it is the account's password; takes as long where there is no account."""
    right = await asyncio.to_thread(hashed, password, account.salt if account else NOBODY)
    return account is not None and hmac.compare_digest(right, account.password)


@router.post("/auth/token")
async def sign_in(asked: SignIn) -> dict[str, Any]:
    """Begin a session."""
    account = STATE.by_email(asked.email)
    if not await knows(account, asked.password) or account is None:
        raise Refused(401, "wrong_credentials", "The address or the password is wrong")
    session = Session(number=new_id("sess"), account=account.number)
    STATE.sessions[session.number] = session
    return tokens_for(session)


@router.post("/auth/refresh")
async def refresh(asked: Refresh) -> dict[str, Any]:
    """Go on with a session; a token that comes a second time ends it."""
    claims = claims_of(asked.refresh_token) or {}
    session = STATE.sessions.get(claims.get("sid", ""))
    gone = session is None or session.ended or (session.signed_out and not STATE.has("sign-out-keeps-refresh"))
    if session is None or gone or claims.get("use") != "refresh":
        raise Refused(401, "invalid_grant", "The refresh token is wrong or over")
    if not hmac.compare_digest(session.refresh, asked.refresh_token):
        session.ended = True
        raise Refused(401, "invalid_grant", "The refresh token was used before; sign in again")
    session.signed_out = False
    return tokens_for(session)


@router.delete("/auth/token", status_code=204)
async def sign_out(session: Signed) -> Response:
    """End the session."""
    session.signed_out = True
    return Response(status_code=204)


@router.get("/account")
async def me(account: Member) -> dict[str, Any]:
    """Who asks."""
    return shown(account)


@router.put("/account/password", status_code=204)
async def change_password(asked: NewPassword, session: Signed, account: Member) -> Response:
    """Take another password, and end every other session."""
    if not await knows(account, asked.current):
        raise Refused(403, "wrong_credentials", "The current password is wrong")
    account.salt = secrets.token_bytes(16)
    account.password = await asyncio.to_thread(hashed, asked.new, account.salt)
    for one in STATE.sessions.values():
        if one.account == account.number and one is not session and not STATE.has("password-keeps-sessions"):
            one.ended = True
    return Response(status_code=204)


@router.get("/auth/sessions")
async def sessions(session: Signed) -> dict[str, Any]:
    """Where the member is signed in."""
    alive = [one for one in STATE.sessions.values() if one.account == session.account]
    data = [
        {"id": one.number, "current": one is session, "seen": int(time.time())}
        for one in alive
        if not (one.ended or one.signed_out)
    ]
    return {"object": "list", "data": data}


@router.delete("/auth/sessions/{number}", status_code=204)
async def end_session(number: str, session: Signed) -> Response:
    """End one of the member's sessions."""
    found = STATE.sessions.get(number)
    if found is None or found.account != session.account:
        raise Refused(404, "not_found", "There is no such session")
    found.ended = True
    return Response(status_code=204)


@router.delete("/account", status_code=204)
async def delete_account(account: Member) -> Response:
    """Forget a member, and everything that is theirs."""
    if STATE.has("account-comes-back"):
        mine = [one for one in STATE.conversations.values() if one.owner == account.number]
        STATE.buried[account.email] = (account, mine)
    for kept in (STATE.conversations, STATE.sessions):
        for number, one in [*kept.items()]:
            if getattr(one, "owner", getattr(one, "account", "")) == account.number:
                del kept[number]
    for listed in (STATE.folders, STATE.files, STATE.orders):
        for number, entry in [*listed.items()]:
            if entry["owner"] == account.number:
                del listed[number]
    del STATE.accounts[account.number]
    return Response(status_code=204)
