"""
`python -m tests.third.service --port N`: a service that speaks otherwise than the other two, in one process.

Members have keys that an operator handed out. Ids are numbers, pages are named by a Link field, an answer is a message
of blocks whose events have types of their own, errors have a type and a message, moments are milliseconds. What it
can do wrong is switched on by THIRD_FAULTS; it was written by nobody's checks.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

KEYS = dict(pair.split("=") for pair in os.environ.get("THIRD_KEYS", "1=key-of-ada-0001,2=key-of-ben-0002").split(","))
FAULTS = frozenset(os.environ.get("THIRD_FAULTS", "").split(",")) - {""}
LIMIT, WINDOW_S = 80, 5.0
LONGEST = 20_000
PAUSE_S = 0.02
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@dataclass
class Thread:
    """A conversation."""

    number: int
    owner: str
    name: str
    made_at: float = field(default_factory=time.time)
    said: list[dict[str, Any]] = field(default_factory=list)


THREADS: dict[int, Thread] = {}
SENT: dict[str, deque[float]] = defaultdict(deque)
COUNTS: dict[str, int] = defaultdict(int)


class Refused(Exception):
    """An answer that says no."""

    def __init__(self, status: int, kind: str, message: str, **fields: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.fields = status, kind, message, fields


def answered(body: object, status: int = 200, **fields: str) -> JSONResponse:
    """A document."""
    return JSONResponse(body, status, {**SAFE, **{name.replace("_", "-"): value for name, value in fields.items()}})


async def refused(_: Request, error: Exception) -> Response:
    """Say no in the service's own words."""
    assert isinstance(error, Refused)
    body = {"type": "error", "error": {"type": error.kind, "message": error.message}}
    return answered(body, error.status, **error.fields)


def member(request: Request) -> str:
    """Whose key it is, who is within the limit."""
    key = request.headers.get("x-api-key", "")
    owner = next((name for name, known in KEYS.items() if known == key), None)
    if owner is None and "any-key" in FAULTS and key:
        owner = "1"
    if owner is None:
        raise Refused(401, "authentication_error", "This key is not known.", WWW_Authenticate='Key realm="third"')
    if "no-limit" not in FAULTS:
        within_limit(owner)
    return owner


def within_limit(owner: str) -> None:
    """Count a request."""
    sent, now = SENT["all" if "one-limit" in FAULTS else owner], time.monotonic()
    while sent and sent[0] <= now - WINDOW_S:
        sent.popleft()
    if len(sent) >= LIMIT:
        wait = max(1, int(sent[0] + WINDOW_S - now) + 1)
        raise Refused(429, "rate_limit_error", "Too many requests.", Retry_After=str(wait))
    sent.append(now)


def own(request: Request) -> Thread:
    """The thread that a path names, if it is the member's."""
    owner = member(request)
    found = THREADS.get(int(request.path_params["number"]))
    if found is None or (found.owner != owner and "anybodys-thread" not in FAULTS):
        raise Refused(404, "not_found_error", "There is no such thread.")
    return found


async def document(request: Request, *names: str) -> dict[str, Any]:
    """A request's document, with texts under these names."""
    try:
        found = await request.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(not isinstance(found.get(name), str) for name in names):
        raise Refused(400, "invalid_request_error", f"A document with {' and '.join(names)} is wanted.")
    return found


def shown(one: Thread) -> dict[str, Any]:
    """A thread as it is told."""
    return {"number": one.number, "name": one.name, "madeAt": int(one.made_at * 1000)}


async def make_thread(request: Request) -> Response:
    """Begin a thread."""
    owner = member(request)
    found = await document(request, "name")
    one = Thread(number=4100 + len(THREADS), owner=owner, name=found["name"])
    THREADS[one.number] = one
    return answered(shown(one), 201, Location=f"/api/threads/{one.number}/")


async def list_threads(request: Request) -> Response:
    """The member's threads, the newest first, in pages."""
    owner = member(request)
    mine = [one for one in reversed(THREADS.values()) if one.owner == owner or "everybodys-list" in FAULTS]
    wanted = request.query_params.get("about", "").casefold()
    mine = [one for one in mine if wanted in one.name.casefold()]
    before = int(request.query_params.get("before", "999999999"))
    size = min(int(request.query_params.get("size", "50")), 100)
    rest = [one for one in mine if one.number < before]
    page = rest[:size]
    more = {"Link": f'<?size={size}&before={page[-1].number}>; rel="next"'} if len(rest) > size else {}
    return answered({"threads": [shown(one) for one in page]}, 200, **more)


async def rename_thread(request: Request) -> Response:
    """Call a thread otherwise."""
    one = own(request)
    one.name = (await document(request, "name"))["name"]
    return answered(shown(one))


async def drop_thread(request: Request) -> Response:
    """Forget a thread; the answer is what it was."""
    one = own(request)
    if "kept-thread" not in FAULTS:
        del THREADS[one.number]
    return answered(shown(one))


async def read_thread(request: Request) -> Response:
    """What was said in a thread."""
    return answered({"messages": own(request).said})


def reply_to(text: str, thread: Thread) -> str:
    """What the model says."""
    if text == "What did I ask before?":
        asked = [one["content"] for one in thread.said if one["role"] == "user"]
        return asked[-1] if asked else "Nothing yet."
    return text.removeprefix("Say: ")


def told(kind: str, **data: object) -> bytes:
    """An event."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data}, ensure_ascii=False)}\n\n".encode()


async def say(request: Request) -> Response:
    """Take a message, and stream the answer."""
    thread = own(request)
    content = (await document(request, "content"))["content"]
    if not content.strip():
        raise Refused(400, "invalid_request_error", "There are no words in this message.")
    if len(content) > LONGEST:
        raise Refused(413, "request_too_large", "This message is too long.")
    words = reply_to(content, thread).split(" ")
    number = f"msg_{time.time_ns():x}"
    fields = {**SAFE, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(thread, content, words, number), headers=fields)


async def stream(thread: Thread, content: str, words: list[str], number: str) -> AsyncIterator[bytes]:
    """An answer, block by block; both sides are kept when it is whole."""
    COUNTS["answers"] += 1
    yield told("message_start", message={"id": number, "role": "assistant", "usage": {"input_tokens": len(content)}})
    yield told("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield told("ping")
    shown_words = words[: len(words) // 2] if "half-answer" in FAULTS else words
    for place, word in enumerate(shown_words):
        await asyncio.sleep(PAUSE_S)
        if content.startswith("/break") and place == 1:
            if "quiet-failure" not in FAULTS:
                yield told("error", error={"type": "overloaded_error", "message": "Try again later."})
                return
            break
        text = word if place == 0 else f" {word}"
        if "lost-spaces" in FAULTS:
            text = word
        yield told("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield told("content_block_stop", index=0)
    yield told("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": len(words)})
    kept = " ".join(shown_words)
    if "forgets-answers" not in FAULTS:
        thread.said += [{"role": "user", "content": content}, {"role": "assistant", "content": kept, "id": number}]
    if "no-end" not in FAULTS:
        yield told("message_stop")


async def me(request: Request) -> Response:
    """Who is asking."""
    return answered({"member": member(request), "plan": "team"})


async def well(_: Request) -> Response:
    """Whether the service is well."""
    return answered({"status": "ok", "version": "3.1.4"})


async def figures(request: Request) -> Response:
    """The service's own figures, for whoever watches over it."""
    if request.headers.get("x-watch") != "watch-0123456789" and "open-figures" not in FAULTS:
        raise Refused(401, "authentication_error", "This is for the operator.", WWW_Authenticate='Key realm="watch"')
    text = f"# TYPE answers_total counter\nanswers_total {COUNTS['answers']}\n"
    return Response(text, media_type="text/plain; version=0.0.4", headers=SAFE)


async def strange(_: Request, __: Exception) -> Response:
    """There is nothing here."""
    return answered({"type": "error", "error": {"type": "not_found_error", "message": "There is no such path."}}, 404)


async def forbidden(_: Request, error: Exception) -> Response:
    """Not like this."""
    allow = getattr(error, "headers", None) or {}
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "There is no such method here."}}
    return answered(body, 405, **allow)


app = Starlette(
    routes=[
        Route("/api/me/", me),
        Route("/api/threads/", make_thread, methods=["POST"]),
        Route("/api/threads/", list_threads),
        Route("/api/threads/{number:int}/", rename_thread, methods=["PUT"]),
        Route("/api/threads/{number:int}/", drop_thread, methods=["DELETE"]),
        Route("/api/threads/{number:int}/said/", read_thread),
        Route("/api/threads/{number:int}/say/", say, methods=["POST"]),
        Route("/api/status/", well),
        Route("/watch/figures/", figures),
    ],
    exception_handlers={Refused: refused, 404: strange, 405: forbidden},
)


def main() -> None:
    """Serve until somebody stops it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
