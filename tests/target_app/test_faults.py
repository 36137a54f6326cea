"""Faults: how they are registered, chosen and switched on, and that each does what it says."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import target_app.faults  # noqa: F401  registers the catalogue
from target_app import fault
from target_app.accounts import sessions
from target_app.app import build_app
from target_app.fault import Choice, FaultArgumentWrong, NoSuchFault, choose, install
from target_app.settings import Settings


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, fault.Fault]:
    """A registry with nothing in it."""
    empty: dict[str, fault.Fault] = {}
    monkeypatch.setattr(fault, "REGISTRY", empty)
    return empty


@pytest.fixture
def _own_end() -> Iterator[None]:
    """Puts back what a fault replaced."""
    end = sessions.end
    yield
    sessions.end = end


@pytest.fixture
def faults() -> list[str]:
    """The faults of the service in this test."""
    return []


@pytest.fixture
async def app(settings: Settings, faults: list[str]) -> AsyncIterator[FastAPI]:
    """The service with its faults, started."""
    built = build_app(settings)
    install(built, [choose(name) for name in faults])
    async with built.router.lifespan_context(built):
        yield built


def test_a_fault_is_registered_with_its_sentence(registry: dict[str, fault.Fault]) -> None:
    """The registry knows the name, the docstring's first line and the checks that must fail."""

    @fault.fault("some.fault", detected_by={"b", "a"})
    def misbehave(_app: FastAPI) -> None:
        """
        It misbehaves.

        In more than one sentence.
        """

    assert registry["some.fault"].as_record() == {
        "name": "some.fault",
        "summary": "It misbehaves.",
        "detected_by": ["a", "b"],
    }


@pytest.mark.usefixtures("registry")
def test_a_name_is_taken_once() -> None:
    """Two faults of one name are a mistake in the catalogue."""

    def misbehave(_app: FastAPI) -> None:
        """Do nothing."""

    fault.fault("some.fault", detected_by=set())(misbehave)
    with pytest.raises(ValueError, match=r"two faults are called some\.fault"):
        fault.fault("some.fault", detected_by=set())(misbehave)


@pytest.mark.usefixtures("registry")
def test_an_unknown_name_brings_the_nearest() -> None:
    """Who mistypes is told the name that comes nearest."""
    fault.fault("stream.slow-start", detected_by=set())(lambda _app: None)

    with pytest.raises(NoSuchFault, match=r"'stream\.slow-strat'; the nearest is 'stream\.slow-start'"):
        choose("stream.slow-strat")


@pytest.mark.usefixtures("registry")
def test_an_argument_has_the_type_of_its_default() -> None:
    """NAME=ARGUMENT is read as the first parameter's type; what cannot be read is refused."""

    @fault.fault("some.fault", detected_by=set())
    def misbehave(_app: FastAPI, seconds: float = 1.0) -> None:
        """Wait."""

    @fault.fault("other.fault", detected_by=set())
    def other(_app: FastAPI) -> None:
        """Take no argument."""

    assert choose("some.fault").arguments == {}
    assert choose("some.fault=2.5").arguments == {"seconds": 2.5}
    with pytest.raises(FaultArgumentWrong, match="takes seconds as float, not 'long'"):
        choose("some.fault=long")
    with pytest.raises(FaultArgumentWrong, match="takes no argument"):
        choose("other.fault=1")


async def test_a_wrapper_stands_around_everything(
    app: FastAPI, client: httpx.AsyncClient, registry: dict[str, fault.Fault]
) -> None:
    """A class is wrapped around the whole app, so it can undo what the app's own middleware does."""

    @fault.fault("headers.missing", detected_by=set())
    class Missing:
        """No headers."""

        def __init__(self, app: ASGIApp, status: int = 200) -> None:
            self.app = app
            self.status = status

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def bare(message: Message) -> None:
                start = message["type"] == "http.response.start"
                await send({**message, "status": self.status, "headers": []} if start else message)

            await self.app(scope, receive, bare)

    install(app, [Choice(fault=registry["headers.missing"], arguments={"status": 299})])
    answer = await client.get("/health/live")

    assert (answer.status_code, len(answer.headers)) == (299, 0)


async def test_a_function_gets_the_app(app: FastAPI, registry: dict[str, fault.Fault]) -> None:
    """A function gets the app and its argument at start."""

    @fault.fault("limits.wide", detected_by=set())
    def wide(app: FastAPI, limit: int = 5) -> None:
        """Allow more."""
        app.state.windows["api"].limit = limit

    install(app, [Choice(fault=registry["limits.wide"], arguments={"limit": 7})])

    assert app.state.windows["api"].limit == 7


def test_every_fault_has_a_sentence_and_a_check() -> None:
    """The catalogue says of each fault what it does and which checks must fail for it."""
    for registered in fault.REGISTRY.values():
        assert registered.summary.endswith(".")
        assert registered.detected_by


@pytest.mark.parametrize("faults", [[], ["auth.cookie-without-httponly"]])
async def test_cookie_without_httponly(alice: httpx.AsyncClient, faults: list[str]) -> None:
    """The fault takes HttpOnly, and nothing else, off the cookies."""
    credentials = {"email": "alice@example.org", "password": "correct horse battery staple"}
    signed_in = await alice.post("/auth/signin", json=credentials)
    cookies = signed_in.headers.get_list("set-cookie")

    assert len(cookies) == 2
    for cookie in cookies:
        assert ("HttpOnly" in cookie) is not bool(faults)
        assert "Secure" in cookie


@pytest.mark.usefixtures("_own_end")
@pytest.mark.parametrize(("faults", "status"), [([], 401), (["auth.signout-forgets-nothing"], 200)])
async def test_signout_forgets_nothing(alice: httpx.AsyncClient, status: int) -> None:
    """With the fault a kept cookie still works after sign-out."""
    kept = alice.cookies["__Host-session"]
    signed_out = await alice.post("/auth/signout")
    session = await alice.get("/auth/session", headers={"Cookie": f"__Host-session={kept}"})

    assert (signed_out.status_code, session.status_code) == (204, status)
