"""
Gates, and the targets that they meet.

What takes a minute is started first and waited for last: `healthy` beside everything else.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.gate.gates import Gate, Ran, Started, gate_in
from tests.gate.targets import (
    HERE,
    PASSWORDS,
    SHORT_WINDOW_S,
    Service,
    Stub,
    answering,
    copy_checkout,
    free_port,
    service,
    write_profile,
)

LAST = ("healthy", "together")
FormService = Callable[..., Service]
Stubs = Callable[[int], Stub]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Wait last for what takes longest."""
    items.sort(key=lambda item: any(name in LAST for name in getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session", autouse=True)
def long_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started | None]:
    """The whole gate as a user runs it, started before everything else where a test wants it."""
    wanted = any("healthy" in getattr(item, "fixturenames", ()) for item in request.session.items)
    with gate_in(tmp_path_factory.mktemp("healthy") / "runs") as gate:
        yield gate.begin() if wanted else None


@pytest.fixture(scope="session")
def healthy(long_run: Started) -> Ran:
    """The end of that run; to be read only."""
    return long_run.wait()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate with runs of its own, and a window of its limits that does not take a minute."""
    with gate_in(tmp_path / "runs", {"CHAT_LIMIT_WINDOW_S": str(SHORT_WINDOW_S)}) as one:
        yield one


@pytest.fixture
def form_gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate that knows the service of forms: its profile and its passwords."""
    with gate_in(tmp_path / "runs", PASSWORDS) as one:
        one.options = ("--profile", str(HERE / "form_service.yaml"))
        yield one


@pytest.fixture(scope="session")
def short_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference profile with the short window."""
    return write_profile(tmp_path_factory.mktemp("profile") / "short.yaml")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project that a test may alter."""
    return copy_checkout(tmp_path / "checkout")


@pytest.fixture
def form_service(tmp_path: Path) -> Iterator[FormService]:
    """Starts the service of forms, with options of its own."""
    with ExitStack() as stack:

        def start(*options: str) -> Service:
            said = tmp_path / f"service-{uuid.uuid4().hex}.log"
            command = [str(HERE / "form_service.py"), *options]
            return stack.enter_context(service(command, free_port(), said, PASSWORDS))

        yield start


@pytest.fixture
def stub() -> Iterator[Stubs]:
    """Starts servers that answer everything with one status and the same page."""
    with ExitStack() as stack:
        yield lambda status: stack.enter_context(answering(status))
