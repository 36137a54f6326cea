"""No request body is larger than the limit."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from target_app.errors import Problem


class BodyLimit:
    """Answers 413 to a body over the limit, before anything reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge by the declared length; without one, read up to the limit first."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit: int = scope["app"].state.settings.body_limit_bytes
        headers = Headers(scope=scope)
        app = self.app
        if "Content-Length" in headers:
            # The server itself ends the body at the declared length.
            too_large = int(headers["Content-Length"]) > limit
        else:
            # In chunks, or over HTTP/2, where a body needs no length. Without one this ends at once.
            messages = await _read(receive, limit)
            too_large = sum(len(message.get("body", b"")) for message in messages) > limit
            receive = _replay(messages, receive)
        if too_large:
            app = Problem(413, f"A request body may have {limit} bytes.", headers={"Connection": "close"}).response()
        await app(scope, receive, send)


async def _read(receive: Receive, limit: int) -> list[Message]:
    messages: list[Message] = []
    size = 0
    while size <= limit:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return messages


def _replay(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replay
