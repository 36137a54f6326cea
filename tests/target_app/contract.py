"""Holds every answer that the tests get against the service's own OpenAPI document."""

import json
import re
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from starlette.routing import compile_path

from target_app.app import build_app
from target_app.settings import Environment, Settings

Document = dict[str, Any]
ITSELF = "/openapi.json"
STREAM = "text/event-stream"


@cache
def document() -> Document:
    """The document, which is the same for every test."""
    return build_app(Settings(environment=Environment.TEST)).openapi()


@cache
def patterns() -> list[tuple[re.Pattern[str], str]]:
    """Each path of the document, and what it matches; those without parameters come first."""
    return [(compile_path(path)[0], path) for path in sorted(document()["paths"], key=lambda path: "{" in path)]


@cache
def validator(path: str, method: str, status: str, kind: str) -> Draft202012Validator:
    """What checks the bodies of one answer."""
    schema = document()["paths"][path][method]["responses"][status]["content"][kind]["schema"]
    return Draft202012Validator({**schema, "components": document()["components"]})


def operation_of(request: httpx.Request) -> tuple[str, str] | None:
    """Find the path and the method of a request in the document; None if there is no such operation."""
    method = "get" if request.method == "HEAD" else request.method.lower()
    found = next((path for pattern, path in patterns() if pattern.match(request.url.path)), None)
    return (found, method) if found and method in document()["paths"][found] else None


@cache
def event_validator(name: str) -> Draft202012Validator:
    """What checks the data of one kind of event. Raises KeyError for one that is not documented."""
    operation = document()["paths"]["/conversations/{conversation_id}/messages"]["post"]
    schema = operation["responses"]["200"]["content"][STREAM]["x-events"][name]
    return Draft202012Validator({**schema, "components": document()["components"]})


def complaints_about(stream: str) -> list[str]:
    """Say what is wrong with the events of a stream."""
    return [
        f"{name}: {error.message}"
        for name, data in re.findall(r"^event: (.*)\ndata: (.*)$", stream, re.MULTILINE)
        for error in event_validator(name).iter_errors(json.loads(data))
    ]


async def take_anything(_answer: httpx.Response) -> None:
    """Check nothing."""


def is_of_a_page(request: httpx.Request) -> bool:
    """Tell what a browser asks to show a page, or the sandbox to be paid: neither is of the API."""
    browsing = request.headers.get("Accept", "").startswith("text/html")
    return browsing or request.url.path.startswith(("/static/", "/checkout/"))


async def check(answer: httpx.Response) -> None:
    """Raise AssertionError unless status, headers, media type and body of an answer are documented."""
    found = operation_of(answer.request)
    if answer.request.url.path == ITSELF or is_of_a_page(answer.request):
        return
    if found is None:
        assert answer.is_client_error, f"{answer.request.url.path} is not documented and answers {answer.status_code}"
        return
    path, method = found
    status = str(answer.status_code)
    where = f"{method} {path} {status}"
    documented = document()["paths"][path][method]["responses"]
    assert status in documented, f"{where} is not documented"
    missing = [name for name in documented[status]["headers"] if name not in answer.headers]
    assert not missing, f"{where} has no {missing}"
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    kinds = documented[status].get("content", {})
    assert (kind in kinds) if kinds else not kind, f"{where} is {kind or 'nothing'}, documented as {list(kinds)}"
    if kind == STREAM:
        await answer.aread()
        assert not complaints_about(answer.text), f"{where}: {complaints_about(answer.text)}"
    if kind.endswith("json") and answer.request.method != "HEAD":
        await answer.aread()
        complaints = [error.message for error in validator(path, method, status, kind).iter_errors(answer.json())]
        assert not complaints, f"{where}: {complaints}"
