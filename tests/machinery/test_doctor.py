"""The doctor finds what is wrong before a run fails for it, and says where."""

from __future__ import annotations

import shutil
import socket
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.doctor import examine
from gonogo.run import Options
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from tests.machinery.conftest import Describe, Reply, Serve

GET = {"method": "GET", "expect": [200], "credential": "none"}
OPERATIONS: dict[str, Any] = {
    "health": {**GET, "path": "/health"},
    "list_plans": {**GET, "path": "/plans"},
    "preview": {**GET, "path": "/files/{id}"},
    "session": {**GET, "path": "/me", "credential": "session"},
}


@pytest.fixture(autouse=True)
def sound_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lacks nothing."""
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/curl")


def examined(url: str, describe: Describe, **sections: Any) -> tuple[int, str]:  # noqa: ANN401  passed on
    """What the doctor says of a target: the exit code, and the text."""
    profile = describe(url, **{"operations": OPERATIONS, **sections})
    said: list[str] = []
    return examine(Options(profile=str(profile.path), base_url=url), said.append), "".join(said)


def test_nothing_is_wrong(serve: Serve, reply: Reply, describe: Describe) -> None:
    """A target that answers, and tells its build, is fine; only what needs no guess is asked for."""
    service = serve({"GET /health": reply(200, {"build": "b1"}), "GET /plans": reply(200), "GET /me": reply(200)})
    build = {"operation": "health", "source": "json:/build"}
    assert examined(service.url, describe, build=build) == (0, "nothing is wrong\n")
    assert {one.path for one in service.seen} == {"/health", "/plans", "/me"}


def test_what_is_wrong_with_the_target(serve: Serve, reply: Reply, describe: Describe) -> None:
    """Each wrong answer is told with its place in the profile, and what was expected."""
    service = serve({"GET /health": reply(200, {}), "GET /me": reply(200)})
    code, said = examined(service.url, describe, build={"operation": "health", "source": "json:/build"})
    assert code == 20
    assert "json:/build is not in the answer of health; it is application/json, without JSON or a cookie\n" in said
    assert "GET /plans answered 404: the target knows no such path; correct operations.list_plans.path\n" in said
    assert all(line.startswith("✗ small.yaml line ") for line in said.splitlines()[:2])
    assert said.endswith("2 problem(s)\n")


def test_nobody_answers(describe: Describe, nowhere: str) -> None:
    """A target that is not there is one problem, not one for each operation."""
    code, said = examined(nowhere, describe)
    assert code == 20
    assert f"{nowhere} does not answer: the connection was refused; correct origins.api" in said
    assert said.endswith("1 problem(s)\n")


def test_a_port_that_is_taken(serve: Serve, reply: Reply, describe: Describe) -> None:
    """A sink that could not listen is told with its key."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        mail = {"source": "smtp-sink", "listen": place, "link": "x"}
        tracker = {"source": "envelope-sink", "listen": "127.0.0.1:0"}
        code, said = examined(serve(reply()).url, describe, mail=mail, tracker=tracker)
    assert code == 20
    assert f"✗ small.yaml: cannot listen on {place} (" in said
    assert "mail.listen" in said
    assert "tracker" not in said


def test_what_the_machine_lacks(
    monkeypatch: pytest.MonkeyPatch, serve: Serve, reply: Reply, describe: Describe
) -> None:
    """Without curl, or without room on the disk, something will fail later."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  as the standard library's is
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1))
    code, said = examined(serve(reply()).url, describe)
    assert code == 20
    assert "curl is not installed" in said
    assert "less than 200 MB are free" in said


def test_the_embedded_service() -> None:
    """The reference profile is sound with whatever secrets the embedded service brings."""
    assert examine(Options(), lambda _: None) == 0
    with pytest.raises(UsageError, match="no environment 'moon'"):
        examine(Options(environment="moon"), lambda _: None)
