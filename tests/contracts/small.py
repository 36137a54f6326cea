"""A small API on loopback with faults on purpose, and a wire that sends to it plainly."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import requests

from contracts.routes import Route

if TYPE_CHECKING:
    from contracts.calls import Answer, Call, Sending

PROBLEM = {"title": "No", "status": 422}
ITEM = {
    "type": "object",
    "properties": {"id": {"type": "string", "pattern": "^[0-9a-f]{16}$"}, "size": {"type": "integer"}},
    "required": ["id", "size"],
}


def document() -> dict[str, Any]:
    """What the API says of itself."""

    def answers(*statuses: int) -> dict[str, Any]:
        item = {"application/json": {"schema": ITEM}}
        problem = {"application/problem+json": {"schema": {"type": "object"}}}
        return {str(one): {"description": "-", "content": item if one < 400 else problem} for one in statuses}

    size = {"type": "object", "properties": {"size": {"type": "integer", "minimum": 0}}, "required": ["size"]}
    body = {"required": True, "content": {"application/json": {"schema": {**size, "additionalProperties": False}}}}
    name = {"name": "item_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": {
            "/items": {"post": {"operationId": "make", "requestBody": body, "responses": answers(201, 400, 422)}},
            "/items/{item_id}": {
                "get": {"operationId": "read", "parameters": [name], "responses": answers(200, 404)},
                "delete": {
                    "operationId": "drop",
                    "parameters": [name],
                    "responses": {**answers(404), "204": {"description": "-"}},
                },
            },
        },
    }


@dataclass
class Shop:
    """What the API keeps, and how it misbehaves."""

    fails_at_zero: bool = False
    items: dict[str, int] = field(default_factory=dict)
    heard: list[tuple[str, str, bytes]] = field(default_factory=list)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What a request comes to."""
        self.heard.append((method, path, body))
        name = path.removeprefix("/items/")
        if path == "/items":
            return self.make(body) if method == "POST" else (405, {**PROBLEM, "status": 405})
        if method not in {"GET", "DELETE"}:
            return 405, {**PROBLEM, "status": 405}
        if name not in self.items:
            return 404, {**PROBLEM, "status": 404}
        if method == "DELETE":
            del self.items[name]
            return 204, None
        return 200, {"id": name, "size": self.items[name]}

    def make(self, body: bytes) -> tuple[int, Any]:
        """Make an item, or refuse to."""
        try:
            told = json.loads(body)
            size = told["size"]
        except (ValueError, KeyError, TypeError):
            return 422, PROBLEM
        if type(size) is float and size.is_integer():
            size = int(size)
        if type(size) is not int or size < 0 or set(told) != {"size"}:
            return 422, PROBLEM
        if size == 0 and self.fails_at_zero:
            return 500, {**PROBLEM, "status": 500}
        name = f"{len(self.items) + 1:016x}"
        self.items[name] = size
        return 201, {"id": name, "size": size}


class Served:
    """A shop that is open."""

    def __init__(self, shop: Shop) -> None:
        class Handler(BaseHTTPRequestHandler):
            """Passes requests to the shop."""

            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:  # noqa: ANN401  http.server asks for a method by its name
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def handle_any(self) -> None:
                """Answer whatever comes."""
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, found = shop.answer(self.command, self.path.partition("?")[0], sent)
                content = b"" if found is None else json.dumps(found).encode()
                self.send_response(status)
                kind = "application/json" if status < 400 else "application/problem+json"
                self.send_header("Content-Type", kind)
                self.send_header("Allow", "GET, DELETE" if self.path != "/items" else "POST")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@dataclass
class PlainWire:
    """Sends each call as it is, and remembers it."""

    sent: list[Call] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def patience_for(self, _route: Route) -> float:
        """How long an answer may take."""
        return 5.0

    def carry(self, call: Call, send: Sending) -> Answer:
        """Send."""
        self.sent.append(call)
        return send(self.session, lambda request: request)


def route(method: str = "GET", path: str = "/items/{item_id}", **words: Any) -> Route:  # noqa: ANN401  a route's own fields
    """A route of the shop."""
    facts: dict[str, Any] = {
        "names": (),
        "statuses": ("200", "404"),
        "credential": "session",
        "public": False,
        "ends": False,
        "streams": False,
        "has_id": "{" in path,
    }
    return Route(method=method, path=path, **{**facts, **words})
