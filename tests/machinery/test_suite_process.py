"""What pytest says when it refuses its options is told; whatever else it ends for is no mistake of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gonogo.suite_process import usage_said

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (
            "ERROR: usage: __main__.py [options]\n__main__.py: error: unrecognized arguments: --bogus\n  inifile: x\n",
            "unrecognized arguments: --bogus",
        ),
        ("ERROR: file or directory not found: x\n", "file or directory not found: x"),
        ("ImportError while loading conftest\nE   NameError: name 'x' is not defined\n", None),
        ("", None),
    ],
)
def test_usage(tmp_path: Path, log: str, said: str | None) -> None:
    """A broken conftest ends pytest with the code for usage too, and is ours."""
    path = tmp_path / "smoke.log"
    path.write_text(log, encoding="utf-8")
    assert usage_said(path) == said
