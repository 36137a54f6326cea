"""What is not there, cannot be trusted, or is no chat service at all is never a GO."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.gate.gates import gate_in
from tests.gate.targets import HERE, PASSWORDS

if TYPE_CHECKING:
    from tests.gate.conftest import Stubs
    from tests.gate.gates import Gate, Ran
    from tests.gate.targets import Stub

NOBODY_LISTENS = "http://127.0.0.1:1"


class Quiet(HTTPServer):
    """A server that says nothing of a handshake that its client breaks off, which is what is wanted."""

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stranger() -> Iterator[str]:
    """The URL of a server whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def sentence(ran: "Ran") -> str:
    """The one finding's message."""
    (finding,) = ran.verdict["findings"]
    message: str = finding["message"]
    assert message in " ".join(ran.out.split())
    return message


def test_an_unreachable_host_is_no_go(form_gate: "Gate") -> None:
    """A port on which nobody listens is the target's fault: NO_GO, in one sentence."""
    ran = form_gate("--base-url", NOBODY_LISTENS)

    assert ran.code in {10, 11}, ran.summary
    assert ran.verdict["decided_by"]["checks"] == ["operation.health"]
    assert sentence(ran) == f"health: {NOBODY_LISTENS} does not answer: the connection was refused"


def test_a_name_that_nobody_knows_is_inconclusive(form_gate: "Gate") -> None:
    """A name that does not resolve may as well be our fault: INCONCLUSIVE, in one sentence."""
    ran = form_gate("--base-url", "https://nothing.invalid")

    assert ran.code == 20, ran.summary
    said = " ".join(ran.out.split())
    assert "https://nothing.invalid: health cannot be judged from here: its name could not be resolved" in said


def test_an_untrusted_certificate_is_no_go(form_gate: "Gate", stranger: str) -> None:
    """A certificate that nobody vouches for is the target's fault."""
    ran = form_gate("--base-url", stranger)

    assert ran.code in {10, 11}, ran.summary
    assert "its certificate is not trusted" in sentence(ran)


def test_no_chat_is_never_a_go(tmp_path: Path, stub: "Stubs") -> None:
    """A server that answers everything alike is no GO, whatever the answer, and is not asked again and again."""
    with ExitStack() as stack:
        met = []
        for status in (200, 401, 404, 429, 500):
            target, gate = stub(status), stack.enter_context(gate_in(tmp_path / str(status), PASSWORDS))
            profile = str(HERE / "form_service.yaml")
            met.append((target, gate.begin("--profile", profile, "--base-url", target.url)))
        for target, started in met:
            never_a_go(started.wait(), target)


def never_a_go(ran: "Ran", target: "Stub") -> None:
    """The suite ran to its end, was not a GO, and did not insist."""
    assert ran.code in {10, 11, 20}, ran.summary
    assert ran.verdict["verdict"] in {"NO_GO", "INCONCLUSIVE"}
    assert ran.verdict["facts"]["suite:smoke"].startswith("ok")
    assert len(target.asked) < 150, json.dumps(target.asked)


def test_a_page_is_no_model(gate: "Gate", stub: "Stubs") -> None:
    """A web server that answers 200 with a page to everything is no server of chat completions either."""
    ran = gate("--profile", "openai-compatible", "--base-url", stub(200).url, **KEYS)

    assert ran.code in {10, 11, 20}, ran.summary
    assert ran.verdict["verdict"] in {"NO_GO", "INCONCLUSIVE"}


KEYS = {"GONOGO_API_KEY_1": "sk-first-key", "GONOGO_API_KEY_2": "sk-second-key", "GONOGO_MODEL": "any-model"}
