"""
Gates, and the targets that they meet.

What takes long goes on beside everything else, and is waited for last.
"""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.gate.gates import Gate, Ran, gate_in
from tests.gate.lent import Lent, lent_runs
from tests.gate.long_runs import (
    Pair,
    backwards_run,
    broken_run,
    conditional_run,
    deleted_run,
    forms_run,
    healthy_run,
    two_runs,
)
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

FormService = Callable[..., Service]
Stubs = Callable[[int], Stub]
BESIDE: dict[str, Callable[[Path], Any]] = {
    "healthy": healthy_run,
    "conditional": conditional_run,
    "deleted": deleted_run,
    "broken": broken_run,
}
BESIDE |= {"forms": forms_run, "together": two_runs, "backwards": backwards_run, "lent": lent_runs}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Wait last for what goes on beside."""
    items.sort(key=lambda item: bool(wanted_by(item)))


def wanted_by(item: pytest.Item) -> set[str]:
    """The long runs that a test looks at."""
    return set(BESIDE) & set(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session", autouse=True)
def long_runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """The long runs that tests want, beside everything else: the whole gate at once, the others one after another."""
    wanted = set().union(*map(wanted_by, request.session.items))
    first, others = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
    yield {
        name: (first if name == "healthy" else others).submit(run, tmp_path_factory.mktemp(name))
        for name, run in BESIDE.items()
        if name in wanted
    }
    for pool in (first, others):
        pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def healthy(long_runs: dict[str, Future[Ran]]) -> Ran:
    """The whole gate as a user runs it; to be read only, as are all of these."""
    return long_runs["healthy"].result()


@pytest.fixture(scope="session")
def conditional(long_runs: dict[str, Future[Ran]]) -> Ran:
    """The whole gate, strict, with a major fault."""
    return long_runs["conditional"].result()


@pytest.fixture(scope="session")
def deleted(long_runs: dict[str, Future[Ran]]) -> Ran:
    """The whole gate without one line of a scenario."""
    return long_runs["deleted"].result()


@pytest.fixture(scope="session")
def broken(long_runs: dict[str, Future[Ran]]) -> Ran:
    """The whole gate with a scenario that raises."""
    return long_runs["broken"].result()


@pytest.fixture(scope="session")
def forms(long_runs: dict[str, Future[tuple[Ran, Service]]]) -> tuple[Ran, Service]:
    """The whole gate against the service of forms, and that service."""
    return long_runs["forms"].result()


@pytest.fixture(scope="session")
def together(long_runs: dict[str, Future[Pair]]) -> Pair:
    """The gate and a bare pytest at once against one service that ran already."""
    return long_runs["together"].result()


@pytest.fixture(scope="session")
def backwards(long_runs: dict[str, Future[Ran]]) -> Ran:
    """The whole gate in the reverse order."""
    return long_runs["backwards"].result()


@pytest.fixture(scope="session")
def lent(long_runs: dict[str, Future[Lent]]) -> Lent:
    """Gates with the same lent accounts: two at once, one that is killed, and one right after it."""
    return long_runs["lent"].result()


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
