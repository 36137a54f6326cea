"""
A chat service unlike the reference service: forms instead of JSON, pages instead of a document, plain http.

`python tests/gate/form_service.py --port 8000 [--fault NAME]`. Members exist already; each form carries a
token that its page holds, before sign-in too; what succeeds answers with a redirect; who is not signed in
is sent to the sign-in page; streams are data-only and end with `[DONE]`. Every secret that it hands out is
a line of its standard output. `--builds old,new` answers with the new build after a second.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import html
import json
import os
import secrets
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.responses import Response

MEMBERS = {
    "ada@example.com": os.environ.get("FORM_PASSWORD_ADA", ""),
    "ben@example.com": os.environ.get("FORM_PASSWORD_BEN", ""),
}
FAULTS = ("flapping-build", "foreign-history", "loose-session", "no-end")
ROLLS_OUT_AFTER_S = 1.0
KEY = secrets.token_bytes(32)
WINDOW_S, PER_MEMBER, PER_ADDRESS = 5.0, 40, 12
FIXED, FAILING = "Say just this: ", "/fail"
LAST_VISIT = "visit"
SESSION = "sid"


@dataclass(kw_only=True)
class Conversation:
    """Whose it is, what it is called, and what was said."""

    owner: str
    title: str
    messages: list[dict[str, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class State:
    """Everything that the service knows."""

    faults: frozenset[str] = frozenset()
    builds: tuple[str, ...] = ("build-1",)
    asked_first: float | None = None
    asked: int = 0
    sessions: dict[str, str] = field(default_factory=dict)
    shown_early: list[str] = field(default_factory=list)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    counted: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def count(self, whose: str, allowed: int) -> None:
        """Count a request; refuse what is over the limit, and say when to come back."""
        moments, now = self.counted[whose], time.monotonic()
        while moments and moments[0] <= now - WINDOW_S:
            moments.popleft()
        if len(moments) >= allowed:
            wait = int(moments[0] + WINDOW_S - now) + 1
            raise HTTPException(429, "Too many requests", {"Retry-After": str(wait)})
        moments.append(now)

    def build(self) -> str:
        """The build that answers: the first one for a second, or every seventh time."""
        self.asked, now = self.asked + 1, time.monotonic()
        self.asked_first = self.asked_first or now
        old = now - self.asked_first < ROLLS_OUT_AFTER_S or ("flapping-build" in self.faults and self.asked % 7 == 0)
        return self.builds[0 if old else -1]


STATE = State()


def handed_out(secret: str) -> str:
    """Tell a secret to whoever reads our output."""
    sys.stdout.write(f"{secret}\n")
    sys.stdout.flush()
    return secret


def token_for(request: Request) -> str:
    """The token of a session, or of a visit before there is one."""
    bound = request.cookies.get(SESSION) or request.cookies.get(LAST_VISIT) or ""
    return handed_out(hmac.new(KEY, bound.encode(), hashlib.sha256).hexdigest())


async def guarded_form(request: Request) -> FormData:
    """The form, if it comes from a page of ours with the page's own token."""
    form = await request.form()
    own = f"{request.url.scheme}://{request.url.netloc}"
    foreign = request.headers.get("origin", own) != own or request.headers.get("sec-fetch-site") == "cross-site"
    right = hmac.compare_digest(str(form.get("form_token", "")), token_for(request))
    if foreign or not right:
        raise HTTPException(403, "This form is not from here")
    return form


def member_of(request: Request) -> str:
    """Who is signed in; anybody else is sent to the sign-in page."""
    member = STATE.sessions.get(request.cookies.get(SESSION, ""))
    if member is None:
        raise HTTPException(303, headers={"Location": "/login"})
    STATE.count(member, PER_MEMBER)
    return member


def page(token: str, words: str, status: int = 200) -> HTMLResponse:
    """A page with a form on it."""
    hidden = f'<input type="hidden" name="form_token" value="{token}">'
    body = f'<!doctype html><title>Chat</title><p>{html.escape(words)}</p><form method="post">{hidden}</form>'
    return HTMLResponse(body, status, {"Cache-Control": "no-store"})


def new_session() -> str:
    """A session's secret; the fault takes one that a page has shown before."""
    return STATE.shown_early.pop() if STATE.shown_early else handed_out(secrets.token_urlsafe(32))


def sign_in_page(request: Request) -> Response:
    """The sign-in page; the fault shows the next session in a field of its header."""
    answer = first_page(request)
    if "loose-session" in STATE.faults and SESSION not in request.cookies:
        STATE.shown_early.append(new_session())
        answer.headers["X-Trace"] = quote(f"next={STATE.shown_early[-1]}", safe="")
    return answer


def first_page(request: Request) -> Response:
    """A page with a token; a first visit gets a cookie that the token is bound to."""
    if LAST_VISIT not in request.cookies and SESSION not in request.cookies:
        request.cookies[LAST_VISIT] = visit = handed_out(secrets.token_urlsafe(24))
        answer = page(token_for(request), "Sign in")
        answer.set_cookie(LAST_VISIT, visit, httponly=True, samesite="lax")
        return answer
    return page(token_for(request), "Sign in")


async def sign_in(request: Request) -> Response:
    """Sign in, and go home with a new session."""
    STATE.count(request.client.host if request.client else "", PER_ADDRESS)
    form = await guarded_form(request)
    member, password = str(form.get("email")), str(form.get("password"))
    right = hmac.compare_digest(MEMBERS.get(member, "").encode(), password.encode()) and password
    if not right:
        return page(token_for(request), "That is not right", 401)
    session = new_session()
    STATE.sessions[session] = member
    answer = RedirectResponse("/home", 303)
    answer.set_cookie(SESSION, session, httponly=True, samesite="lax", max_age=3600)
    return answer


async def sign_out(request: Request) -> Response:
    """Sign out, and go back to the sign-in page."""
    member_of(request)
    await guarded_form(request)
    del STATE.sessions[request.cookies[SESSION]]
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(SESSION, httponly=True, samesite="lax")
    return answer


def home(request: Request) -> Response:
    """A member's own page."""
    return page(token_for(request), f"Welcome, {member_of(request)}")


async def create(request: Request) -> Response:
    """Start a conversation, and go to it."""
    owner = member_of(request)
    form = await guarded_form(request)
    number = secrets.token_hex(8)
    STATE.conversations[number] = Conversation(owner=owner, title=str(form.get("title")))
    return RedirectResponse(f"/chats/{number}", 303)


def listed(request: Request) -> Response:
    """A member's conversations."""
    owner = member_of(request)
    mine = [{"id": number, "title": one.title} for number, one in STATE.conversations.items() if one.owner == owner]
    return JSONResponse(mine, headers={"Cache-Control": "no-store"})


def own(request: Request, *, reading: bool = False) -> Conversation:
    """The conversation that the path names, if it is the member's."""
    member, found = member_of(request), STATE.conversations.get(request.path_params["number"])
    open_to_all = reading and "foreign-history" in STATE.faults
    if found is None or (found.owner != member and not open_to_all):
        raise HTTPException(404, "There is no such conversation")
    return found


def history(request: Request) -> Response:
    """What was said."""
    return JSONResponse(own(request, reading=True).messages, headers={"Cache-Control": "no-store"})


async def send(request: Request) -> Response:
    """Say something, and stream the answer."""
    conversation = own(request)
    said = str((await guarded_form(request)).get("content", ""))
    if not said.strip():
        raise HTTPException(422, "Say something")
    conversation.messages.append({"by": "member", "text": said})
    return StreamingResponse(answer_to(conversation, said), media_type="text/event-stream")


async def answer_to(conversation: Conversation, said: str) -> AsyncIterator[str]:
    """The events of an answer, and its place in the conversation."""
    words = said.removeprefix(FIXED) if said.startswith(FIXED) else "I have nothing to say about that at all"
    answer = ""
    for word in words.split():
        bit = f" {word}" if answer else word
        answer += bit
        yield f"data: {json.dumps({'bit': bit})}\n\n"
        await asyncio.sleep(0.02)
        if said == FAILING:
            yield f"data: {json.dumps({'problem': 'the model went away'})}\n\n"
            return
    conversation.messages.append({"by": "model", "text": answer})
    if "no-end" not in STATE.faults:
        yield "data: [DONE]\n\n"


def health(_: Request) -> Response:
    """Whether all is well, and which build says so."""
    return PlainTextResponse(f"fine, {STATE.build()}")


APP = Starlette(
    routes=[
        Route("/login", sign_in_page),
        Route("/login", sign_in, methods=["POST"]),
        Route("/logout", sign_out, methods=["POST"]),
        Route("/home", home),
        Route("/chats", listed),
        Route("/chats", create, methods=["POST"]),
        Route("/chats/{number}/said", history),
        Route("/chats/{number}/say", send, methods=["POST"]),
        Route("/healthz", health),
    ]
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS)
    parser.add_argument("--builds", default="build-1")
    arguments = parser.parse_args()
    STATE.faults, STATE.builds = frozenset(arguments.fault), tuple(arguments.builds.split(","))
    uvicorn.run(APP, port=arguments.port, log_level="warning", server_header=False)
