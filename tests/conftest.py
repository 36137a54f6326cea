"""What every test finds, however the tests themselves were started."""

import os
import signal

import pytest
from hypothesis import settings

# A shell that starts us in the background ignores SIGINT for us, and we would hand that on to what we interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says something of the machine, and nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Leave what tests start unmeasured: it would take twice as long, and what it runs has tests of its own."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):  # who only deals out measures
        for variable in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
            os.environ.pop(variable, None)
