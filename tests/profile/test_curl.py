"""A curl line, pasted into a shell, sends the very request, and no shell expands what is hostile in it."""

# ruff: noqa: S604  a parameter that is called shell names the shell that the line is pasted into

import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gonogo.curl import curl
from gonogo.exchange import Headers, Request
from gonogo.operation import Credentials, build
from gonogo.profile import Profile
from gonogo.trouble import HarnessTrouble

HOSTILE = 'it\'s "$(touch evil)" `touch evil` $HOME \\ \\n !! %s %b \\0101 * ~ {a,b} #; & | \u202e\u0007é'
SAYABLE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00", exclude_categories=["Cc"]))
FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class Arrived:
    """A request as it came over the wire."""

    line: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def get(self, name: str) -> str | None:
        """Return the one field of that name."""
        found = [value for key, value in self.fields if key.lower() == name.lower()]
        assert len(found) <= 1
        return found[0] if found else None


class Ear(socketserver.StreamRequestHandler):
    """Notes what it hears, byte for byte, and answers 200, or 303 to whoever asks for /redirect."""

    heard: ClassVar[list[Arrived]] = []

    def handle(self) -> None:
        arrived = Arrived(line=self.rfile.readline().decode().rstrip("\r\n"))
        while (raw := self.rfile.readline().rstrip(b"\r\n")) != b"":
            name, _, value = raw.decode().partition(":")
            arrived.fields.append((name, value.strip(" \t")))
        arrived.body = self.rfile.read(int(arrived.get("content-length") or 0))
        self.heard.append(arrived)
        where = b"303 See Other\r\nLocation: /after" if "/redirect" in arrived.line else b"200 OK"
        self.wfile.write(b"HTTP/1.1 " + where + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Listen on loopback."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ear) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def pasted(line: str, folder: Path, variables: Mapping[str, str], shell: str = "bash") -> Arrived:
    """Run a line in an empty folder, and return what arrived."""
    Ear.heard.clear()
    environ = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **variables}
    script = folder.parent / "line.sh"
    script.write_text(line, encoding="utf-8")
    done = subprocess.run([shell, script], cwd=folder, env=environ, capture_output=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(folder.iterdir()) == []
    return Ear.heard[-1]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder in which nothing may appear."""
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def request_to(
    origin: str, *fields: tuple[str, str], method: str = "POST", body: bytes = b"", redirects: int = 0
) -> Request:
    """Make a request."""
    return Request(
        operation="x", method=method, url=f"{origin}/p", headers=Headers(fields), body=body, redirects=redirects
    )


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_arrives(origin: str, empty: Path, small: Profile, method: str, shell: str) -> None:
    """A request without a body arrives with its method and target, and no field that was not sent."""
    request = Request(operation="x", method=method, url=f"{origin}/a/../b%20c/[1]?q={{x,y}}&r='$HOME'")
    arrived = pasted(curl(request, {}, small), empty, {}, shell)
    assert arrived.line == f"{method} /a/../b%20c/[1]?q={{x,y}}&r='$HOME' HTTP/1.1"
    assert arrived.body == b""
    assert {name.lower() for name, _ in arrived.fields} <= {"host", "user-agent", "accept", "content-length"}


@FEW
@given(body=st.one_of(st.binary(), SAYABLE.map(str.encode)), shell=st.sampled_from(["bash", "sh"]))
@example(body=HOSTILE.encode(), shell="bash")
@example(body=HOSTILE.encode(), shell="sh")
@example(body=b"@/etc/passwd", shell="bash")
@example(body=bytes(range(256)) * 2, shell="bash")
@example(body=bytes(range(256)) * 2, shell="sh")
@example(body=b"x" * 150_000, shell="bash")
@example(body=b"\n\n", shell="sh")
@example(body=b"'\0" + b"." * 1_000 + b"\\" + b"a" * 1_001 + b"\n", shell="sh")
def test_any_body_arrives(origin: str, empty: Path, small: Profile, body: bytes, shell: str) -> None:
    """A body arrives byte for byte, whatever it is made of."""
    request = request_to(origin, ("Content-Type", "application/octet-stream"), body=body)
    line = curl(request, {}, small)
    assert line.isprintable()
    arrived = pasted(line, empty, {}, shell)
    assert arrived.body == body
    assert arrived.get("content-type") == "application/octet-stream"


@FEW
@given(value=SAYABLE, shell=st.sampled_from(["bash", "sh"]))
@example(value=HOSTILE.replace("\u0007", "\t"), shell="bash")
@example(value=HOSTILE.replace("\u0007", "\t"), shell="sh")
@example(value="", shell="bash")
@example(value="@file", shell="bash")
def test_any_header_arrives(origin: str, empty: Path, small: Profile, value: str, shell: str) -> None:
    """A header field arrives as it was, the empty one too."""
    line = curl(request_to(origin, ("X-Said", value)), {}, small)
    assert line.isprintable()
    arrived = pasted(line, empty, {}, shell)
    assert arrived.get("x-said") == value.strip(" \t")
    assert arrived.get("content-type") is None


@FEW
@given(rest=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), shell=st.sampled_from(["bash", "sh"]))
@example(rest=HOSTILE.replace("\u0007", ""), shell="bash")
@example(rest='quo"te\\slash', shell="sh")
@example(rest="p@ss word&=+%", shell="bash")
def test_a_secret_is_a_variable_everywhere(origin: str, empty: Path, small: Profile, rest: str, shell: str) -> None:
    """A secret stands in no line, and arrives in JSON, a form and a binary body."""
    secret = f"s3cr3t-{rest}"
    profile = small.model_copy(update={"origins": small.origins.model_copy(update={"api": origin})})
    filled = {
        "email": "ada",
        "password": secret,
        "conversation_id": "c",
        "content": secret,
        "tags": [],
        "filename": "f",
    }
    for operation in ("signin", "send_message", "upload"):
        request = build(profile, operation, filled | {"filename": "f"}, credentials=Credentials())
        line = curl(request, {secret: "GONOGO_PASSWORD"}, profile)
        assert "s3cr3t" not in line
        arrived = pasted(line, empty, {"GONOGO_PASSWORD": secret}, shell)
        assert arrived.body == request.body
        assert arrived.get("content-type") == request.headers.get("content-type")


def test_a_secret_in_a_header_is_a_variable(origin: str, empty: Path, small: Profile) -> None:
    """Of two values that overlap, the longer is replaced; a very short one is not."""
    request = request_to(origin, ("Cookie", "sid=abcdef; x=abcd; y=ab"))
    line = curl(request, {"sid=abcdef": "GONOGO_COOKIE", "abcd": "GONOGO_X", "ab": "GONOGO_Y"}, small)
    assert """-H 'Cookie: '"$GONOGO_COOKIE"'; x='"$GONOGO_X"'; y=ab'""" in line
    arrived = pasted(line, empty, {"GONOGO_COOKIE": "sid=other", "GONOGO_X": "fresh"})
    assert arrived.get("cookie") == "sid=other; x=fresh; y=ab"


def test_a_form_is_encoded_by_curl(origin: str, empty: Path, small: Profile) -> None:
    """A variable in a form is encoded after it is filled."""
    request = request_to(origin, ("Content-Type", "application/x-www-form-urlencoded"), body=b"u=ada&p=s+cret%26")
    line = curl(request, {"s cret&": "GONOGO_PASSWORD"}, small)
    assert line.endswith("""--data-urlencode 'u=ada' --data-urlencode 'p='"$GONOGO_PASSWORD\"""")
    assert pasted(line, empty, {"GONOGO_PASSWORD": "a&b c"}).body == b"u=ada&p=a%26b+c"


@pytest.mark.parametrize("body", [b"a=1&b", b"a=%20", b"%zz=1", b"a=%0A", b"a=%ff", b"\xff"])
def test_an_odd_form_arrives_as_it_is(origin: str, empty: Path, small: Profile, body: bytes) -> None:
    """A form that curl would encode otherwise is sent as bytes."""
    request = request_to(origin, ("Content-Type", "application/x-www-form-urlencoded"), body=body)
    assert pasted(curl(request, {}, small), empty, {}).body == body


def test_redirects_are_followed_as_far_as_the_request_does(origin: str, empty: Path, small: Profile) -> None:
    """After a redirect curl asks by GET, as a browser does."""
    request = Request(operation="x", method="POST", url=f"{origin}/redirect", redirects=1, body=b"{}")
    arrived = pasted(curl(request, {}, small), empty, {})
    assert arrived.line == "GET /after HTTP/1.1"
    assert Ear.heard[0].line == "POST /redirect HTTP/1.1"


def test_another_place_is_connected_to(origin: str, empty: Path, small: Profile) -> None:
    """What the profile connects to is where curl connects to."""
    profile = small.model_copy(update={"connect_to": origin.removeprefix("http://")})
    request = Request(operation="x", method="GET", url="http://chat.example.com/x")
    arrived = pasted(curl(request, {}, profile), empty, {})
    assert (arrived.line, arrived.get("host")) == ("GET /x HTTP/1.1", "chat.example.com")


def test_the_line_is_short_where_it_can_be(small: Profile) -> None:
    """A plain request is a plain line; a stream is not held back, and a private authority is a variable."""
    trusting = small.model_copy(update={"tls": small.tls.model_copy(update={"ca_file": "ca.pem"})})
    request = Request(operation="x", method="GET", url="https://chat.example.com/x", streams=True)
    expected = "curl -sS -i -g --path-as-is -N --cacert \"$GONOGO_CA_FILE\" 'https://chat.example.com/x'"
    assert curl(request, {}, trusting) == expected


def test_a_dull_body_is_told_in_a_short_line(small: Profile) -> None:
    """A letter that comes a million times is told by its number."""
    line = curl(request_to("https://a", body=b"begin " + b"." * 1_048_577 + b" end"), {}, small)
    assert "head -c 1048577 /dev/zero" in line
    assert len(line) < 300


def test_a_large_body_is_not_announced(small: Profile) -> None:
    """Curl asks before it sends a megabyte; the request did not."""
    assert "-H 'Expect:'" in curl(request_to("https://a", body=b"x" * 1_000_001), {}, small)


@pytest.mark.parametrize(
    ("name", "value"), [("@file", "x"), ("a b", "x"), ("a;", "x"), ("", "x"), ("a", "x\r\ny"), ("a", "\0")]
)
def test_a_field_that_curl_would_take_otherwise_is_refused(small: Profile, name: str, value: str) -> None:
    """A field's name that curl reads as something else is never written down."""
    with pytest.raises(HarnessTrouble, match="cannot be told to curl"):
        curl(request_to("https://a", (name, value)), {}, small)


def test_a_variable_needs_a_name(small: Profile) -> None:
    """What is no name for a shell is refused where it would be written down."""
    with pytest.raises(HarnessTrouble, match="cannot be the name of a shell variable"):
        curl(request_to("https://a/value"), {"value": "A-B"}, small)
