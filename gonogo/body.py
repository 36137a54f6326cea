"""Encodes the body of a request: JSON, a form, or parts. No I/O."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from gonogo.template import text_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gonogo.description import Operation
    from gonogo.template import Filler

FileField = tuple[str, tuple[str | None, bytes, str | None]]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Body:
    """An encoded body and its media type; a request without one has neither."""

    content: bytes = b""
    media_type: str | None = None


def encode(operation: Operation, filler: Filler, form_field: dict[str, str], json_field: dict[str, str]) -> Body:
    """
    Encode an operation's body, with a field more for the form or the JSON if the CSRF token goes there.

    Raises HarnessTrouble when the token has no place in such a body.
    """
    if operation.multipart is not None:
        refuse(json_field, filler.operation, "in parts")
        return in_parts(operation, filler, form_field)
    if operation.json_body is not None or json_field:
        refuse(form_field, filler.operation, "JSON")
        return as_json(filler.value(operation.json_body), json_field, filler.operation)
    if operation.form is not None or form_field:
        fields = {name: filler.text(text) for name, text in (operation.form or {}).items()}
        return Body(content=urlencoded((fields | form_field).items()).encode(), media_type=FORM)
    return Body()


def refuse(field: dict[str, str], operation: str, kind: str) -> None:
    """Raise HarnessTrouble when there is a field that a body of this kind cannot carry."""
    if field:
        raise HarnessTrouble(f"the body of {operation} is {kind}, and cannot carry the field '{next(iter(field))}'")


def as_json(document: Any, field: dict[str, str], operation: str) -> Body:  # noqa: ANN401  JSON has no narrower type
    """Encode JSON without needless spaces; half a character of UTF-16 stays an escape, as JSON allows."""
    if field:
        if not isinstance(document, dict | None):
            refuse(field, operation, "no JSON object")
        document = (document or {}) | field
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Body(content=text.encode("utf-8", "backslashreplace"), media_type="application/json")


def urlencoded(fields: Iterable[tuple[str, str]]) -> str:
    """Encode pairs as a form or a query, just as curl would."""
    return "&".join(f"{plus(name)}={plus(value)}" for name, value in fields)


def plus(text: str) -> str:
    """Encode a form's name or value: a space is a plus."""
    return percent(text).replace("%20", "+")


def percent(text: str) -> str:
    """Encode everything but letters, digits and '-._~'."""
    return quote(text, safe="", errors="replace")


def in_parts(operation: Operation, filler: Filler, form_field: dict[str, str]) -> Body:
    """Encode a multipart body; its boundary comes from what is in it, so that the same is sent alike."""
    files: list[FileField] = [(name, (None, value.encode(), None)) for name, value in form_field.items()]
    for name, part in (operation.multipart or {}).items():
        filename = filler.text(part.filename) if part.filename is not None else None
        media_type = filler.text(part.type) if part.type is not None else None
        files.append((name, (filename, content_of(filler.value(part.content)), media_type)))
    boundary = f"gonogo-{hashlib.sha256(repr(files).encode()).hexdigest()[:32]}"
    media_type = f"multipart/form-data; boundary={boundary}"
    made = httpx.Request("POST", "http://localhost", files=files, headers={"Content-Type": media_type})
    return Body(content=made.read(), media_type=media_type)


def content_of(value: Any) -> bytes:  # noqa: ANN401  a variable is what the scenario makes it
    """Return a part's content as bytes."""
    return value if isinstance(value, bytes) else text_of(value).encode("utf-8", "replace")
