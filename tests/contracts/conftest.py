"""What the tests of the contract suite share: a shop that is open."""

from collections.abc import Callable, Iterator

import pytest

from tests.contracts.small import Served, Shop


@pytest.fixture
def serve() -> Iterator[Callable[[Shop], Served]]:
    """Opens shops, and closes them."""
    opened: list[Served] = []

    def open_one(shop: Shop) -> Served:
        opened.append(Served(shop))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
