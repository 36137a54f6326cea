"""A plugin for pytest, `-p tests.gate.backwards`: every part in the reverse of its usual order."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Turn the order around."""
    items.reverse()
