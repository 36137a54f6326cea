"""Gates, and the targets that they meet. What takes long is run once for the file that looks at it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

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
LONG = frozenset({"healthy", "conditional", "deleted", "broken", "forms", "together", "backwards", "lent"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give all tests that look at one long run to one worker, and begin with what takes longest."""
    for item in items:
        for name in LONG & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: not any(item.iter_markers("xdist_group")))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate as a user runs it; to be read only, as are all of these."""
    return healthy_run(tmp_path_factory.mktemp("healthy"))


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate, strict, with a major fault."""
    return conditional_run(tmp_path_factory.mktemp("conditional"))


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate without one line of a scenario."""
    return deleted_run(tmp_path_factory.mktemp("deleted"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate with a scenario that raises."""
    return broken_run(tmp_path_factory.mktemp("broken"))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Service]:
    """The whole gate against the service of forms, and that service."""
    return forms_run(tmp_path_factory.mktemp("forms"))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The gate and a bare pytest at once against one service that ran already."""
    return two_runs(tmp_path_factory.mktemp("together"))


@pytest.fixture(scope="module")
def backwards(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The whole gate in the reverse order."""
    return backwards_run(tmp_path_factory.mktemp("backwards"))


@pytest.fixture(scope="module")
def lent(tmp_path_factory: pytest.TempPathFactory) -> Lent:
    """Gates with the same lent accounts: two at once, one that is killed, and one right after it."""
    return lent_runs(tmp_path_factory.mktemp("lent"))


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
