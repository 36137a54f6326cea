"""What the tests of the load share: the truth server, and a client of it."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from gonogo.embedded import ROOT
from load.client import Client, Place


@pytest.fixture(scope="session")
def truth_port() -> Iterator[int]:
    """The port of a truth server, which ends with the tests."""
    process = subprocess.Popen([sys.executable, "-m", "tests.load.truth"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process, process.stdout:
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture
def new_client(truth_port: int) -> Iterator[Callable[..., Client]]:
    """Makes clients of the truth server, and closes them."""
    made: list[Client] = []

    def make(**words: float) -> Client:
        made.append(Client(Place("127.0.0.1", truth_port, "127.0.0.1", None, None), **words))
        return made[-1]

    yield make
    for one in made:
        one.close()
