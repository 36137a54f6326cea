"""Each fault of the headers and of what is told to strangers changes what it says, and nothing else."""

import asyncio
import json
import socket
import ssl
import warnings
from pathlib import Path

import httpx
import pytest
import trustme
import uvicorn
import uvicorn.config
from fastapi import FastAPI

from target_app.fault import REGISTRY, choose, install
from target_app.faults import exposure, headers, plain

HSTS, CSP, NOSNIFF = "strict-transport-security", "content-security-policy", "x-content-type-options"
FRAMES, REFERRER = "x-frame-options", "referrer-policy"
SECURITY = {HSTS, CSP, NOSNIFF, FRAMES, REFERRER}


@pytest.fixture
def app(app: FastAPI, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The service with the fault that the test names, if it names one. What a fault replaces is put back."""
    monkeypatch.setattr(uvicorn.config, "create_ssl_context", uvicorn.config.create_ssl_context)
    monkeypatch.setattr(uvicorn.Server, "startup", uvicorn.Server.startup)
    if asked := getattr(request, "param", None):
        install(app, [choose(asked)])
    return app


def with_fault(name: str) -> pytest.MarkDecorator:
    """Switch a fault on for a test."""
    return pytest.mark.parametrize("app", [name], indirect=True)


def test_every_fault_of_these_families_is_tested_here() -> None:
    """No fault of these families lacks a test in this file."""
    modules = {headers.__name__, exposure.__name__, plain.__name__}
    ours = {name for name, fault in REGISTRY.items() if fault.unit.__module__ in modules}
    assert ours == {*MISSING, *OTHERS}


async def test_a_healthy_service_has_them_all(client: httpx.AsyncClient) -> None:
    """Without a fault good answers and errors have every security header, and no banner."""
    good, error = await client.get("/health"), await client.get("/nowhere")
    assert set(good.headers) >= SECURITY
    assert set(error.headers) >= SECURITY
    assert "server" not in good.headers


MISSING: dict[str, tuple[set[str], set[str]]] = {
    "headers.no-hsts": ({HSTS}, {HSTS}),
    "headers.no-csp": ({CSP}, {CSP}),
    "headers.no-nosniff": ({NOSNIFF}, {NOSNIFF}),
    "headers.no-referrer-policy": ({REFERRER}, {REFERRER}),
    "headers.frameable": ({FRAMES}, {FRAMES}),
    "headers.only-on-200": (set(), SECURITY),
}
OTHERS = {
    *("headers.not-on-streams", "headers.loose-csp", "headers.banner", "headers.cors-reflects", "headers.no-allow"),
    *("headers.no-permissions-policy", "headers.open-forms"),
    *("headers.no-challenge", "headers.traceback-in-errors", "headers.plain-errors"),
    *("headers.wrong-status-in-problem", "headers.env-exposed", "tls.old-accepted"),
    *("headers.docs-public", "headers.trace-on", "headers.errors-echo", "headers.dead", "headers.not-on-429"),
    *("tls.plain-served", "tls.leads-elsewhere"),
}


@pytest.mark.parametrize(("app", "missing"), MISSING.items(), indirect=["app"])
async def test_a_fault_drops_what_it_says(client: httpx.AsyncClient, missing: tuple[set[str], set[str]]) -> None:
    """With each fault, good answers and errors lack exactly the headers that its sentence names."""
    good, error = await client.get("/health"), await client.get("/nowhere")
    assert (SECURITY - set(good.headers), SECURITY - set(error.headers)) == missing


@with_fault("headers.not-on-streams")
async def test_not_on_streams(alice: httpx.AsyncClient) -> None:
    """An event stream lacks the headers that other answers have."""
    conversation = await alice.post("/conversations", json={"title": "a"})
    stream = await alice.post(f"/conversations/{conversation.json()['id']}/messages", json={"content": "hello"})
    assert SECURITY.isdisjoint(stream.headers)
    assert set(conversation.headers) >= SECURITY


@with_fault("headers.loose-csp")
async def test_loose_csp(client: httpx.AsyncClient) -> None:
    """The policy allows inline scripts."""
    assert "'unsafe-inline'" in (await client.get("/health")).headers[CSP]


@with_fault("headers.frameable")
async def test_frameable(client: httpx.AsyncClient) -> None:
    """The policy lets everybody frame the page."""
    assert "frame-ancestors *" in (await client.get("/health")).headers[CSP]


@with_fault("headers.open-forms")
async def test_open_forms(client: httpx.AsyncClient) -> None:
    """The policy is there, and says nothing of forms alone."""
    policy = (await client.get("/health")).headers[CSP]
    assert "form-action" not in policy
    assert all(name in policy for name in ("default-src", "base-uri", "frame-ancestors"))


@with_fault("headers.no-permissions-policy")
async def test_no_permissions_policy(client: httpx.AsyncClient) -> None:
    """The policy is gone, and the other headers stay."""
    good = await client.get("/health")
    assert "permissions-policy" not in good.headers
    assert set(good.headers) >= SECURITY


@with_fault("headers.banner")
async def test_banner(client: httpx.AsyncClient) -> None:
    """The server names its version."""
    assert (await client.get("/health")).headers["server"] == "uvicorn/0.35.0"


@with_fault("headers.cors-reflects")
async def test_cors_reflects(client: httpx.AsyncClient) -> None:
    """A foreign origin may read, with cookies."""
    answer = await client.get("/health", headers={"Origin": "https://evil.example"})
    assert answer.headers["access-control-allow-origin"] == "https://evil.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "access-control-allow-origin" not in (await client.get("/health")).headers


@with_fault("headers.no-allow")
async def test_no_allow(client: httpx.AsyncClient) -> None:
    """A refused method is told nothing."""
    answer = await client.put("/health")
    assert answer.status_code == 405
    assert "allow" not in answer.headers


@with_fault("headers.no-challenge")
async def test_no_challenge(client: httpx.AsyncClient) -> None:
    """A 401 does not say how to sign in."""
    answer = await client.get("/auth/session")
    assert answer.status_code == 401
    assert "www-authenticate" not in answer.headers


@with_fault("headers.traceback-in-errors")
async def test_traceback_in_errors(client: httpx.AsyncClient, operator: httpx.AsyncClient) -> None:
    """An unexpected error shows its traceback, any other does not."""
    assert "Traceback (most recent call last)" in (await operator.post("/ops/error")).json()["detail"]
    assert "Traceback" not in (await client.get("/nowhere")).text


@with_fault("headers.plain-errors")
async def test_plain_errors(client: httpx.AsyncClient) -> None:
    """An error is a page."""
    answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert (await client.get("/health")).json()["status"] == "pass"


@with_fault("headers.wrong-status-in-problem")
async def test_wrong_status_in_problem(client: httpx.AsyncClient) -> None:
    """The document says 200, the answer 404."""
    answer = await client.get("/nowhere")
    assert (answer.status_code, json.loads(answer.content)["status"]) == (404, 200)


@with_fault("headers.env-exposed")
async def test_env_exposed(client: httpx.AsyncClient) -> None:
    """The deployment's own files are served, others are not."""
    assert "CHAT_SECRET_KEY=" in (await client.get("/.env")).text
    assert (await client.get("/.git/config")).status_code == 404


@with_fault("headers.docs-public")
async def test_docs_public(client: httpx.AsyncClient) -> None:
    """There is a page of documentation, and nothing else is new."""
    assert "Swagger UI" in (await client.get("/docs")).text
    assert (await client.get("/redoc")).status_code == 404


@with_fault("headers.trace-on")
async def test_trace_on(client: httpx.AsyncClient) -> None:
    """TRACE gets back what was sent."""
    assert "x-marker: m4rk3r" in (await client.request("TRACE", "/health", headers={"X-Marker": "m4rk3r"})).text


@with_fault("headers.errors-echo")
async def test_errors_echo(client: httpx.AsyncClient) -> None:
    """An invalid request is repeated in its error, and only its own."""
    first = await client.post("/auth/signin", json={"password": "s3cr3t-password"})
    second = await client.post("/auth/signin", json={"password": "another"})
    assert (first.status_code, first.headers["content-type"]) == (422, "application/problem+json")
    assert "s3cr3t-password" in first.text
    assert "s3cr3t-password" not in second.text


@with_fault("headers.dead")
async def test_dead(client: httpx.AsyncClient) -> None:
    """Every answer has what browsers gave up."""
    assert (await client.get("/nowhere")).headers["x-xss-protection"] == "1; mode=block"


@with_fault("headers.not-on-429")
async def test_not_on_429(client: httpx.AsyncClient, app: FastAPI) -> None:
    """A refusal lacks the headers that a good answer has."""
    app.state.windows["api"].limit = 1
    good, refused = await client.get("/billing/plans"), await client.get("/billing/plans")
    assert (good.status_code, refused.status_code) == (200, 429)
    assert set(good.headers) >= SECURITY
    assert SECURITY.isdisjoint(refused.headers)


@pytest.mark.parametrize(
    ("app", "beginning"),
    [("tls.plain-served", b"HTTP/1.1 200"), ("tls.leads-elsewhere", b"HTTP/1.1 301")],
    indirect=["app"],
)
@pytest.mark.usefixtures("app")
async def test_a_door_without_tls(beginning: bytes) -> None:
    """At the server's own port plain HTTP gets an answer, and whoever speaks TLS is led to the server."""

    async def app(_scope: object, _receive: object, _send: object) -> None:
        """Answer nothing."""

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=free_port(), lifespan="off", log_config=None))
    port = server.config.port
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        assert (await said_to(port, b"GET / HTTP/1.1\r\n\r\n")).startswith(beginning)
        assert (await said_to(port, b"\x16 no handshake")).startswith(b"HTTP/1.1 400")
    finally:
        for one in server.servers:
            one.close()


async def said_to(port: int, sent: bytes) -> bytes:
    """What a connection gets for these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return answer


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@with_fault("tls.old-accepted")
@pytest.mark.usefixtures("app")
def test_old_tls_accepted(tmp_path: Path) -> None:
    """The server's context goes down to TLS 1.0."""
    issued = trustme.CA().issue_cert("localhost")
    with issued.private_key_and_cert_chain_pem.tempfile(dir=str(tmp_path)) as chain:
        context = uvicorn.config.create_ssl_context(
            chain, None, None, ssl.PROTOCOL_TLS_SERVER, ssl.CERT_NONE, None, None
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert context.minimum_version == ssl.TLSVersion.TLSv1
