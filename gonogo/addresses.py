"""Which address a person calls from."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def loopback_address(url: str, run_id: str, index: int) -> str | None:
    """
    A source address of one's own for a target on loopback, so that its limits hold for each person apart.

    None for another target, and where the system has only 127.0.0.1.
    """
    if urlsplit(url).hostname not in LOOPBACK:
        return None
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(run_id))
    address = f"127.{1 + seed % 250}.{1 + (seed // 250 + index // 250) % 250}.{2 + index % 250}"
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return None
    return address
