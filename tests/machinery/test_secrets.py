"""A secret that the target throws back, wherever and however, is in no file of the run."""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from gonogo.check import CATALOGUE
from gonogo.conclusion import conclude
from gonogo.evidence import Exchanged, Fact
from gonogo.exchange import Exchange, Headers, Request, StreamedExchange, StreamEvent
from gonogo.journal import read_evidence
from gonogo.run import Options, opened
from reports import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.machinery.conftest import Describe

BODIES = 10_000
LETTERS = string.ascii_letters + string.digits + " \n\t\"'<>&%{}[]:,;é😀"
URL = "https://chat.example.com/api"


def exchange(
    number: int,
    body: str | bytes = "",
    asked: dict[str, Any] | None = None,
    **more: Any,  # noqa: ANN401  fields of an exchange
) -> Exchange:
    """One exchange; `asked` changes its request."""
    request = Request(**{"operation": "echo", "method": "POST", "url": URL} | (asked or {}))
    raw = body if isinstance(body, bytes) else body.encode()
    kind = StreamedExchange if "events" in more else Exchange
    return kind(id=f"x-{number}", person="ada", request=request, body=raw, **({"status": 200} | more))


def streamed(number: int, before: str, secret: str, after: str) -> Exchange:
    """A stream that says it in pieces, none of which holds it."""
    words = [before, secret[:5], secret[5:11], secret[11:], after]
    events = tuple(StreamEvent(type="message", data=json.dumps({"delta": one}), delta=one) for one in words)
    return exchange(number, "".join(f"data: {event.data}\n\n" for event in events), events=events)


def packed(before: str, secret: str, after: str) -> bytes:
    """A member of an archive that is stored deflated."""
    return b"PK\x03\x04" + gzip.compress((before + secret + after).encode(), mtime=0)


def drawn(before: str, secret: str, after: str) -> bytes:
    """The beginning of a picture whose text is told beside it."""
    text = f"Description\0{before}{secret}{after}".encode("utf-8", "replace")
    return b"\x89PNG\r\n\x1a\n" + len(text).to_bytes(4, "big") + b"tEXt" + text


PLACES: dict[str, Callable[[int, str, str, str], Exchange]] = {
    "header": lambda n, a, s, z: exchange(n, headers=Headers((("x-echo", f"{a}{s}{z}"),))),
    "cookie": lambda n, _, s, z: exchange(n, headers=Headers((("set-cookie", f"session={s}; Path=/; {z}"),))),
    "body": lambda n, a, s, z: exchange(n, a + s + z),
    "query": lambda n, a, s, _: exchange(n, asked={"url": f"{URL}?q={quote(a)}&token={s}"}),
    "e-mail": lambda n, a, s, z: exchange(n, f"Subject: {a[:10]}\n\nOpen {URL}/verify?token={s} to go on.\n{z}"),
    "webhook": lambda n, a, s, z: exchange(n, asked={"body": json.dumps({"data": a, "secret": s, "z": z}).encode()}),
    "error text": lambda n, a, s, z: exchange(n, status=None, failure=f"could not connect: {a}{s}{z}"),
    "stream split over events": streamed,
    "multipart": lambda n, a, s, z: exchange(
        n, asked={"body": f'--b\r\ncontent-disposition: form-data; name="f"\r\n\r\n{a}{s}{z}\r\n--b--'.encode()}
    ),
    "JSON-escaped": lambda n, a, s, z: exchange(n, json.dumps(json.dumps({"text": a + s + z}))),
    "URL-encoded": lambda n, a, s, z: exchange(n, quote(quote(a + s + z, safe=""), safe="")),
    "base64": lambda n, a, s, z: exchange(n, base64.b64encode((a + s + z).encode())),
    "gzip member": lambda n, a, s, z: exchange(n, packed(a, s, z)),
    "text of a picture": lambda n, a, s, z: exchange(n, drawn(a, s, z)),
}


def test_there_are_fourteen_places() -> None:
    """Every place at which a target can throw a secret back is tried."""
    assert len(PLACES) == 14


def test_no_file_holds_the_canary(describe: Describe, tmp_path: Path, nowhere: str) -> None:
    """Ten thousand generated answers, each with the canary at one of the places, leave it in no file of the run."""
    options = Options(profile=str(describe(nowhere).path), base_url=nowhere, runs=tmp_path / "runs")
    chance, places = random.Random(7), list(PLACES.values())  # noqa: S311  no secret depends on it
    with opened(options, CATALOGUE) as run:
        for number in range(BODIES):
            before, after = ("".join(chance.choices(LETTERS, k=chance.randrange(40))) for _ in range(2))
            run.recorder.exchange(places[number % len(places)](number, before, run.canary, after), "chat")
        verdict = conclude(run, FORMATS)

    files = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    evidence = read_evidence(run.folder)

    assert len(evidence.of(Exchanged)) == BODIES
    assert {path.name for path in files} >= set(FORMATS)
    assert [fact.state for fact in evidence.of(Fact) if fact.name == "redaction"] == ["ok"], verdict.facts
    assert not [path.name for path, content in files.items() if holds(content, run.canary)]
    assert not [one.id for one in evidence.of(Exchanged) if run.canary in said(one.body)]


def holds(content: bytes, secret: str) -> bool:
    """Whether a file holds a secret plainly, or inside base64 wherever it stands in it."""
    inner = [base64.b64encode(b"\0" * at + secret.encode())[at + 3 :].rstrip(b"=")[:-2] for at in range(3)]
    return any(one in content for one in (secret.encode(), *inner))


def said(body: str) -> str:
    """What the deltas of a stream add up to, read as anyone would who has the file."""
    events = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith('data: {"delta"')]
    return "".join(json.loads(one)["delta"] for one in events if one.endswith("}"))


@pytest.mark.parametrize("place", PLACES)
def test_each_place_is_hidden_alone(describe: Describe, tmp_path: Path, nowhere: str, place: str) -> None:
    """One exchange with the canary at one place is kept without it."""
    options = Options(profile=str(describe(nowhere).path), base_url=nowhere, runs=tmp_path / "runs")
    with opened(options, CATALOGUE) as run:
        run.recorder.exchange(PLACES[place](1, "before ", run.canary, " after"), "chat")
        text = (run.folder / "evidence" / "gate.jsonl").read_bytes()
        (kept,) = read_evidence(run.folder).of(Exchanged)

    assert not holds(text, run.canary)
    assert run.canary not in said(kept.body)
