"""A failure that was found is made small, kept, printed as a line that works, sent again, and forgotten once fixed."""

from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests

from contracts.calls import Sent, exchange_of
from contracts.engine import Said
from contracts.kept import Kept, Shelf, kept_of, read_kept, write_kept
from contracts.shrink import lesser, minimised
from tests.contracts.small import Shop, route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from contracts.calls import Answer, Call, Sending
    from contracts.routes import Route
    from gonogo.exchange import Exchange
    from tests.contracts.small import Served

MAKE = route("POST", "/items")
READ = route("GET", "/items/{item_id}")


class Straight:
    """A wire that sends each call as it is."""

    def __init__(self, url: str) -> None:
        profile = SimpleNamespace(origins=SimpleNamespace(api=url), tls=SimpleNamespace(ca_file=None), connect_to=None)
        self.troupe = SimpleNamespace(cast=SimpleNamespace(profile=profile, persons={}))
        self.sent: list[Sent] = []
        self.by_case: dict[str, Sent] = {}

    def patience_for(self, _route: Route) -> float:
        """How long an answer may take."""
        return 5.0

    def carry(self, call: Call, send: Sending) -> Answer:
        """Send, and keep what came."""
        prepared: list[requests.PreparedRequest] = []

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            prepared[:] = [request]
            return request

        with requests.Session() as session:
            answer = send(session, sign)
        exchange = exchange_of("1", call, prepared, answer, 0.0, None)
        self.by_case[call.case] = Sent(call=call, person="ann", exchange=exchange, cut=False)
        self.sent.append(self.by_case[call.case])
        return answer


def nothing(_route: Route, _exchange: Exchange) -> Iterable[Said]:
    """What an answer alone breaks: nothing."""
    return ()


def shelf(served: Served, place: Path, said: list[str], **more: Any) -> Shelf:  # noqa: ANN401  a shelf's own fields
    """What is kept of a shop."""
    wire: Any = Straight(served.url)
    words: dict[str, Any] = {"judge": nothing, "redact": str, "say": said.append, **more}
    return Shelf(path=place, wire=wire, routes={one.label: one for one in (MAKE, READ)}, **words)


def failure(**more: Any) -> Kept:  # noqa: ANN401  fields of Kept
    """A failure of making something."""
    said: dict[str, Any] = {
        "operation": MAKE.label,
        "check": "not_a_server_error",
        "code": "ST101",
        "says": "it failed",
        "method": "POST",
        "target": "/items?a=1&b=2",
        "headers": (("Content-Type", "application/json"),),
        "body": "eyJzaXplIjogMH0=",
        "status": 500,
    }
    return Kept(**{**said, **more})


def met(one: Shelf, kept: Kept) -> Said:
    """A failure as a run meets it."""
    call, _ = one.ask(MAKE, kept)
    return Said(check=kept.check, case=call.case, operation=MAKE.label, phase="fuzzing", code=kept.code, fault="fails")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where failures are kept."""
    return tmp_path / "kept" / "shop.json"


def test_what_is_found_is_kept_small_and_its_line_works(serve: Callable[[Shop], Served], place: Path) -> None:
    """The failure is kept without what does not matter, and the line that is printed shows it again."""
    served, said = serve(Shop(fails_at_zero=True)), list[str]()
    one = shelf(served, place, said)
    one.keep([met(one, failure())])

    (kept,) = read_kept(place)
    assert (kept.target, json.loads(kept.content), kept.status) == ("/items", {"size": 0}, 500)
    line = said[-1].removeprefix("POST /items: ")
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=20)  # noqa: S607  our own line
    assert ran.stdout.startswith("HTTP/1.1 500"), line


def test_what_still_fails_is_told_first_and_stays(serve: Callable[[Shop], Served], place: Path) -> None:
    """A kept failure is sent again, and told as what it was."""
    write_kept(place, [failure()])
    one = shelf(serve(Shop(fails_at_zero=True)), place, [])

    (again,) = one.replay()
    assert (again.check, again.operation, again.phase) == ("not_a_server_error", MAKE.label, "kept")
    assert again.case in one.wire.by_case
    assert read_kept(place) == (failure(),)


def test_what_is_fixed_is_told_and_forgotten(serve: Callable[[Shop], Served], place: Path) -> None:
    """A kept failure that fails no more leaves the file, and the run says so."""
    write_kept(place, [failure()])
    said = list[str]()

    assert not list(shelf(serve(Shop()), place, said).replay())
    assert not read_kept(place)
    assert "fixed" in said[0]


def test_what_cannot_be_asked_again_stays(serve: Callable[[Shop], Served], place: Path) -> None:
    """Where the object is gone nobody knows whether the failure is fixed; an operation that is gone is forgotten."""
    lost = failure(operation=READ.label, method="GET", target="/items/9", body="")
    write_kept(place, [lost, failure(operation="GET /gone")])

    assert not list(shelf(serve(Shop()), place, []).replay())
    assert read_kept(place) == (lost,)


def test_what_an_answer_alone_shows_is_judged_by_it(serve: Callable[[Shop], Served], place: Path) -> None:
    """A breach of the schema fails again where the same check complains of the new answer; else it is fixed."""
    broken = failure(check="response_schema_conformance", code="ST108")
    again = Said(check=broken.check, case="", operation=MAKE.label, phase="walk", code=broken.code, fault="-")
    served = serve(Shop())
    for told, left in (((again,), 1), ((), 0)):
        write_kept(place, [broken])
        list(shelf(served, place, [], judge=lambda _route, _exchange, told=told: told).replay())
        assert len(read_kept(place)) == left


def test_no_secret_is_kept(serve: Callable[[Shop], Served], place: Path) -> None:
    """A request that holds a secret is not written down, nor are header fields that credentials stand in."""
    one = shelf(serve(Shop(fails_at_zero=True)), place, [], redact=lambda text: text.replace("size", "$SECRET"))
    one.keep([met(one, failure())])
    assert not read_kept(place)

    sent = one.wire.sent[-1]
    kept = kept_of(met(one, failure(headers=(("Cookie", "a=b"), ("Accept", "x")))), sent, "http://x")
    assert {name.lower() for name, _ in kept.headers} <= {"accept", "content-type"}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"headers": []}]'])
def test_a_file_that_is_none_holds_nothing(tmp_path: Path, text: str) -> None:
    """What cannot be read is not sent again, and stops no run."""
    place = tmp_path / "x.json"
    assert read_kept(place) == ()
    place.write_text(text, encoding="utf-8")
    assert read_kept(place) == ()


def test_nothing_stays_that_is_not_needed() -> None:
    """What is left of a request is what shows the failure; the tries are bounded."""
    asked = ("/a?x=1&y=2", json.dumps({"keep": {"deep": "hello bad world"}, "more": [1, 2, {"z": 1}]}).encode())
    tried = []

    def shows(one: tuple[str, bytes]) -> bool:
        tried.append(one)
        return b"bad" in one[1] and "y=2" in one[0]

    target, body = minimised(asked, shows, 100)
    assert target == "/a?y=2"
    assert json.loads(body)["keep"].keys() == {"deep"}
    assert "more" not in json.loads(body)
    assert len(body) < 40
    tried.clear()
    assert minimised(asked, lambda one: shows((one[0], b"")), 3) == asked
    assert len(tried) == 3


def test_what_is_no_json_is_left_as_it_is() -> None:
    """A body that cannot be read is made no smaller, and values keep their type."""
    assert minimised(("/a", b"\xff{"), lambda _: True) == ("/a", b"\xff{")
    assert list(lesser("ab")) == ["a", "b"]
    assert not list(lesser(5))
