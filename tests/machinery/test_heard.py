"""What a line is answered with is shown: when it came, what is in it, and none of its secrets."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.evidence import Exchanged
from gonogo.heard import SHOWN_OF_A_FILE, Heard, hear, readable, taken_apart
from gonogo.replay import send_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machinery.conftest import Company, Describe, Gather, Reply, Serve, Service

    Meet = Callable[[dict[str, Any]], tuple[Company, Service]]

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
CSRF = {"fetch": "csrf_token", "source": "json:/csrf", "send_as": "header", "name": "X-CSRF-Token"}
OPERATIONS: dict[str, Any] = {
    "signin": {"method": "POST", "path": "/in", "expect": [200], "credential": "none"},
    "csrf_token": {"method": "GET", "path": "/csrf", "expect": [200]},
    "create_conversation": {
        "method": "POST",
        "path": "/c",
        "expect": [201],
        "capture": {"conversation_id": "json:/id"},
    },
    "history": {"method": "GET", "path": "/c/{conversation_id}", "expect": [200]},
}


@pytest.fixture
def meet(serve: Serve, describe: Describe, company: Gather) -> Meet:
    """Bring people together for a service that gives these answers."""

    def met(answers: dict[str, Any]) -> tuple[Company, Service]:
        service = serve(answers)
        return company(describe(service.url, csrf=CSRF, operations=OPERATIONS)), service

    return met


def sent(url: str, path: str, operation: str, method: str = "GET", **gives: str) -> Exchanged:
    """The line of an operation, as evidence has it."""
    curl = (
        f"curl -sS -i -X {method} '{url}{path.replace('ID', chr(39) + chr(34) + '$GONOGO_CONVERSATION_ID' + chr(34))}"
    )
    curl = curl if "$" in curl else f"{curl}'"
    places = {"id": "smoke-1", "suite": "smoke", "scenario": "chat", "person": "alice", "url": f"{url}{path}"}
    return Exchanged(**places, method=method, operation=operation, curl=curl, gives=gives)


def test_fresh_secrets_are_not_shown(meet: Meet, reply: Reply, capsys: pytest.CaptureFixture[str]) -> None:
    """Cookies, tokens and whatever looks like one, each in the answer that gives it; the rest stays readable."""
    people, service = meet(
        {
            "POST /in": reply(200, {"name": "Ada", "renewal": JWT}, "Set-Cookie: sid=fresh-session; Path=/"),
            "GET /csrf": reply(200, {"csrf": "fresh-csrf-token"}),
        }
    )
    trail = [sent(service.url, "/in", "signin", "POST"), sent(service.url, "/csrf", "csrf_token")]
    assert send_lines(people.cast, trail, {}) == 0
    shown = capsys.readouterr().out
    for secret in ("fresh-session", "fresh-csrf-token", JWT):
        assert secret not in shown
    for readable_part in ("sid=$GONOGO_COOKIE_SID; Path=/", '"csrf": "$GONOGO_CSRF"', '"name": "Ada"', "HTTP/1.1 200"):
        assert readable_part in shown


def test_a_line_takes_what_an_earlier_one_gives(meet: Meet, reply: Reply, capsys: pytest.CaptureFixture[str]) -> None:
    """The id of what a line creates fills the variable of the lines after it."""
    people, service = meet({"POST /c": reply(201, {"id": "conv-77777"}), "GET /c/conv-77777": reply(200, "found it")})
    gives = {"conversation_id": "GONOGO_CONVERSATION_ID"}
    trail = [
        sent(service.url, "/c", "create_conversation", "POST", **gives),
        sent(service.url, "/c/ID", "history"),
    ]
    assert send_lines(people.cast, trail, {}) == 0
    assert "found it" in capsys.readouterr().out


def test_a_run_from_elsewhere_fills_no_other_variable(meet: Meet, reply: Reply) -> None:
    """What it says that an answer gives may be no variable of the system's, and no one that is filled."""
    people, service = meet({"POST /c": reply(201, {"id": "evil"})})
    for name in ("PATH", "GONOGO_CA_FILE"):
        filled = {"GONOGO_CA_FILE": "ours"}
        send_lines(people.cast, [sent(service.url, "/c", "create_conversation", "POST", conversation_id=name)], filled)
        assert filled == {"GONOGO_CA_FILE": "ours"}


def test_the_first_line_that_curl_cannot_send_ends_it(
    meet: Meet, nowhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Curl's exit code is ours, and what it says of the failure is shown."""
    people, _ = meet({})
    assert send_lines(people.cast, [sent(nowhere, "/x", "history"), sent(nowhere, "/y", "history")], {}) == 7
    shown = capsys.readouterr().out
    assert "curl: (7)" in shown
    assert "/y" not in shown


def test_it_is_told_when_the_body_came() -> None:
    """A stream that is late, or comes at once, can be told from one that flows."""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    flowing = Heard(pieces=((0.1, head), (0.5, b"a"), (0.9, b"b")), took_s=1.0, code=0)
    assert flowing.pace == "the body began after 0.50 s, came in 2 pieces, ended after 1.00 s"
    assert Heard(pieces=((0.1, head + b"ab"),), took_s=1.0, code=0).pace.startswith(
        "the body began after 0.10 s, came in 1 piece,"
    )
    assert Heard(pieces=((0.1, head),), took_s=1.0, code=0).pace == "ended after 1.00 s"


def test_a_line_is_heard_as_it_speaks() -> None:
    """Both what it says and what it complains of, with its exit code."""
    heard = hear("echo said; echo complained >&2; exit 3", {})
    assert (heard.said, heard.code) == (b"said\ncomplained\n", 3)


def test_redirects_go_before_the_answer() -> None:
    """Each answer's fields are read; the body is the last one's."""
    heads, body = taken_apart(b"HTTP/1.1 302 F\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 200 OK\r\nX: 2\r\n\r\nHTTP is fine")
    assert [list(head) for head in heads] == [[("Set-Cookie", "a=1")], [("X", "2")]]
    assert body == b"HTTP is fine"


def test_an_archive_is_opened() -> None:
    """What is missing in an export can be seen: each file by name and size, texts as they begin."""
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", "only two conversations")
        archive.writestr("b.pdf", b"%PDF-1.7 \xff")
    shown = readable(b"HTTP/1.1 200 OK\r\n\r\n" + file.getvalue())
    assert (
        shown.replace("\r", "") == "HTTP/1.1 200 OK\n\n-- a.md, 22 bytes\nonly two conversations\n-- b.pdf, 10 bytes\n"
    )


def test_a_long_file_says_that_it_is_cut() -> None:
    """What is not shown must not pass for what is missing."""
    with zipfile.ZipFile(file := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.md", "." * (SHOWN_OF_A_FILE + 7))
    assert readable(file.getvalue()).endswith(".\n-- the rest, 7 bytes, is not shown\n")


def test_a_broken_archive_is_no_obstacle() -> None:
    """What cannot be unpacked is said."""
    with zipfile.ZipFile(file := io.BytesIO(), "w") as archive:
        archive.writestr("a.md", "text")
    broken = file.getvalue().replace(b"text", b"tex?")
    assert "-- it cannot be unpacked: Bad CRC-32" in readable(b"HTTP/1.1 200 OK\r\n\r\n" + broken)
