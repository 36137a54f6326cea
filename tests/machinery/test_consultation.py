"""The doctor finds deliberate mistakes in the reference profile, one at a time, and names the line to change."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from gonogo.doctor import target
from gonogo.embedded import ROOT, Embedded, reference_service
from gonogo.profile import load_profile
from gonogo.sinks import MailSink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFERENCE = (ROOT / "profiles" / "reference.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the service and the mails are."""
    return tmp_path_factory.mktemp("private")


@pytest.fixture(scope="module")
def service(private: Path) -> Iterator[Embedded]:
    """The reference service, with a limit that no test meets."""
    with ExitStack() as stack:
        mails = stack.enter_context(MailSink(private / "mail", "127.0.0.1", 0))
        yield stack.enter_context(reference_service(private, mail_port=mails.port, dsn="http://k@127.0.0.1:9/1"))


async def consulted(
    service: Embedded, private: Path, folder: Path, old: str = "", new: str = ""
) -> tuple[str, list[str]]:
    """What is said of the reference profile with one text replaced, and the text of the profile."""
    assert REFERENCE.count(old) == 1 or not old, "a mistake is made in one place"
    path = folder / "mistaken.yaml"
    path.write_text(REFERENCE.replace(old, new) if old else REFERENCE, encoding="utf-8")
    profile = load_profile(path, service.environ, base_url=service.base_url, ca_file=service.ca_file)
    return path.read_text(encoding="utf-8"), await target(profile, private)


async def test_nothing_is_wrong_with_the_reference(service: Embedded, private: Path, tmp_path: Path) -> None:
    """The reference profile fits the reference service."""
    assert (await consulted(service, private, tmp_path))[1] == []


MADE = 'expect: [201]\n    capture: {conversation_id: "json:/id"}\n  create_project_conv'
MISTAKES = {
    "wrong path": (
        "path: /billing/plans,",
        "path: /plans,",
        "GET /plans answered 404: the target knows no such path; correct operations.list_plans.path",
    ),
    "wrong method": (
        "session: {method: GET, path: /auth/session",
        "session: {method: GET, path: /auth/signin",
        "GET /auth/signin answered 405: the path takes POST; correct operations.session.method or path",
    ),
    "wrong status": (
        MADE,
        MADE.replace("201", "200"),
        "POST /conversations answered 201, and 200 is expected; correct expect if 201 is a good answer",
    ),
    "wrong capture": (
        MADE,
        MADE.replace("/id", "/data/id"),
        "json:/data/id is not in the answer; there are json:/id, ",
    ),
    "CSRF source": (
        'source: "json:/csrf_token"',
        'source: "json:/token"',
        "json:/token is not in the answer of csrf_token; there are json:/csrf_token",
    ),
    "CSRF name": (
        "name: X-CSRF-Token",
        "name: X-XSRF-Token",
        "with the CSRF token sent as header X-XSRF-Token; correct csrf.name or csrf.send_as",
    ),
    "delta": (
        "delta: {event: token, pointer: /text, index: /index}",
        "delta: {event: delta, pointer: /content}",
        "write delta: {event: token, pointer: /text}",
    ),
    "end": ("end: {event: end}", 'end: {data: "[DONE]"}', "write end: {event: end}"),
    "mail link": (
        "[?&]token=(?P<token>",
        "[?&]code=(?P<token>",
        "the pattern finds nothing in the mail, and verify_email needs token; it holds https://",
    ),
    "limit": (
        "requests: 100, window_s: 60",
        "requests: 60, window_s: 60",
        "the limit api has requests: 60, and the answer of list_plans tells 100",
    ),
    "build": (
        'source: "json:/releaseId"',
        'source: "json:/build"',
        "json:/build is not in the answer of health; there are json:/status, json:/version, json:/releaseId",
    ),
    "operator": (
        '"Bearer ${GONOGO_OPERATOR_TOKEN}"',
        '"Token ${GONOGO_OPERATOR_TOKEN}"',
        "GET /metrics answered 401: operator.headers do not open it",
    ),
    "session source": (
        '["cookie:__Host-session", "cookie:__Secure-refresh"]',
        '["cookie:session"]',
        "cookie:session is not there; there are ",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_named_with_its_line(service: Embedded, private: Path, tmp_path: Path, mistake: str) -> None:
    """The sentence says what is wrong and what there is instead, and its line is the one to change."""
    old, new, sentence = MISTAKES[mistake]
    text, problems = await consulted(service, private, tmp_path, old, new)
    told = [problem for problem in problems if sentence in problem]
    assert told, problems
    line = int(told[0].partition(" line ")[2].partition(":")[0])
    pairs = zip(text.splitlines(), REFERENCE.splitlines(), strict=True)
    changed = [number for number, (now, before) in enumerate(pairs, 1) if now != before]
    assert min(abs(line - number) for number in changed) <= 1
