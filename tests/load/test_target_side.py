"""What a target tells of itself under load is read from either form, and only as much as can be drawn."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from load.target_side import MOST, asked, figures

EXPOSITION = """# TYPE http_requests counter
http_requests_total{route="/a",status="200"} 7
http_requests_total{route="/b",status="500"} 2
process_resident_memory_bytes 1.5e8
process_max_fds 1024
request_seconds_bucket{le="0.1"} 5
active_streams NaN
build_info{version="1"} 1
# EOF
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (EXPOSITION, {"http_requests_total": 9.0, "process_resident_memory_bytes": 1.5e8}),
        (
            json.dumps({"memory": {"percent": 41, "ok": True}, "cpu_percent": 7.5, "name": "x", "disk": 3}),
            {"memory.percent": 41.0, "cpu_percent": 7.5},
        ),
        ("[1, 2]", {}),
        ("<html>", {}),
        ("", {}),
        ("[" * 100_000, {}),
    ],
)
def test_figures(text: str, found: dict[str, float]) -> None:
    """Numbers of a document by their names, samples of an exposition added up; what is no figure of a load is not."""
    assert figures(text) == found


def test_a_few_at_most() -> None:
    """However much a target tells, so much is kept."""
    assert len(figures(json.dumps({f"cpu{number}": number for number in range(100)}))) == MOST


@pytest.mark.parametrize(
    ("operations", "unlimited", "names"),
    [
        (["metrics", "metrics_system"], ["metrics", "metrics_system"], ("metrics", "metrics_system")),
        (["metrics"], [], ()),
        ([], ["metrics"], ()),
    ],
)
def test_only_what_no_limit_counts(operations: list[str], unlimited: list[str], names: tuple[str, ...]) -> None:
    """A limit is for those who chat: where looking would count, nobody looks."""
    profile: Any = SimpleNamespace(operations=operations, promises=SimpleNamespace(unlimited=unlimited))
    assert asked(profile) == names
