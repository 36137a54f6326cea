"""What the service takes from its machine, all of its workers together."""

import os
import time
from contextlib import suppress

import psutil
from pydantic import BaseModel, Field

from target_app.monitoring.metrics import SHARED_FOLDER

# Processor time is measured from the last time a process was asked, so each is remembered.
_known: dict[int, psutil.Process] = {}


class System(BaseModel):
    """What the service takes from its machine."""

    uptime_s: float
    cpu_percent: float = Field(description="Since the last time it was asked, of one core")
    memory_bytes: int
    memory_percent: float
    pid: int


def measure() -> System:
    """Add up the workers and their parent; without workers this process."""
    root = psutil.Process()
    if SHARED_FOLDER in os.environ:
        root = root.parent() or root
    system = System(
        uptime_s=round(time.time() - root.create_time(), 1),
        cpu_percent=0,
        memory_bytes=0,
        memory_percent=0,
        pid=root.pid,
    )
    for process in _family(root):
        with suppress(psutil.NoSuchProcess), process.oneshot():
            system.cpu_percent += process.cpu_percent()
            system.memory_bytes += process.memory_info().rss
            system.memory_percent += round(process.memory_percent(), 2)
    return system


def _family(root: psutil.Process) -> list[psutil.Process]:
    workers = root.children() if SHARED_FOLDER in os.environ else []
    return [_known.setdefault(process.pid, process) for process in (root, *workers)]
