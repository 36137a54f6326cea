"""
Reads what error-tracking clients send: Sentry's envelope, a line of JSON and then items, each with a line of its own.

Source: Sentry's description of the envelope format. No I/O.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import brotli  # type: ignore[import-untyped]  # the library has no types

LARGEST = 20 * 2**20
ANY_ZLIB = zlib.MAX_WBITS | 32  # gzip or deflate, whichever it is


def decompress(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Encoding. Raises ValueError with a sentence when it is unknown, broken or far too large."""
    if encoding in {"", "identity"}:
        return body
    if encoding not in UNPACK:
        raise ValueError(f"the content encoding {encoding!r} is not known here; br, deflate and gzip are")
    try:
        unpacked, whole = UNPACK[encoding](body)
    except (zlib.error, brotli.error) as error:
        raise ValueError(f"the body is not {encoding}: {error}") from error
    if not whole or len(unpacked) > LARGEST:
        raise ValueError(f"the {encoding} body is cut, or unpacks to more than {LARGEST} bytes")
    return unpacked


def unzip(body: bytes) -> tuple[bytes, bool]:
    """Unpack gzip or deflate, and tell whether that was all."""
    unpacker = zlib.decompressobj(ANY_ZLIB)
    return unpacker.decompress(body, LARGEST), unpacker.eof


def unpack_brotli(body: bytes) -> tuple[bytes, bool]:
    """Unpack brotli, which the tracker's clients use where it is installed, and tell whether that was all."""
    unpacker = brotli.Decompressor()
    return unpacker.process(body, output_buffer_limit=LARGEST), unpacker.is_finished()


UNPACK = {"gzip": unzip, "deflate": unzip, "br": unpack_brotli}


def events_of(body: bytes) -> list[dict[str, Any]]:
    """Return the events of an envelope; other items are passed over. Raises ValueError with a sentence."""
    _, rest = line_of(body)
    events = []
    while rest := rest.lstrip(b"\n"):
        header, rest = line_of(rest)
        payload, rest = payload_of(header, rest)
        if header.get("type") == "event":
            events.append(document_of(payload))
    return events


def line_of(rest: bytes) -> tuple[dict[str, Any], bytes]:
    """Split off a line of JSON."""
    line, _, rest = rest.partition(b"\n")
    return document_of(line), rest


def payload_of(header: dict[str, Any], rest: bytes) -> tuple[bytes, bytes]:
    """Split off an item's payload: as long as its header says, else to the end of the line."""
    length = header.get("length")
    if length is None:
        payload, _, rest = rest.partition(b"\n")
        return payload, rest
    if not isinstance(length, int) or not 0 <= length <= len(rest):
        raise ValueError(f"an item of {len(rest)} bytes at most says that its length is {length!r}")
    return rest[:length], rest[length:]


def document_of(text: bytes) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"a line of the envelope is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"a line of the envelope is no JSON object, but a {type(document).__name__}")  # noqa: TRY004  it is the sender's text that is wrong, not a caller's type
    return document
