"""
Names of what a run makes: recognisable as ours, the run's own, and never used twice.

A target may refuse a name that is there already, and an earlier run, or one beside this, may have left some. What is
refused because of its name looks like what is refused for its want of a session.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.exchange import Request

TITLES = ("title", "project_name")
FILES = ("filename",)


class Names:
    """Gives names for one run, each with the run's id and a number of its own."""

    def __init__(self, run_id: str) -> None:
        """Begin to count."""
        self.mark = f"gonogo-{run_id}"
        self._pattern = re.compile(re.escape(self.mark.encode()) + rb"-\d+")
        self._numbers = count(1)
        self._sent: set[bytes] = set()

    def title(self, word: str) -> str:
        """A name for a conversation or a project; one that was given already stays."""
        return word if self.mark in word else f"{word} {self._next()}"

    def file(self, name: str) -> str:
        """A name for a file, which keeps its folder and its ending; one that was given already stays."""
        path = PurePosixPath(name)
        return name if self.mark in name else str(path.with_stem(f"{path.stem}-{self._next()}"))

    def given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The variables of a request, in which whatever names something has a name of ours."""
        kinds = {**dict.fromkeys(TITLES, self.title), **dict.fromkeys(FILES, self.file)}
        return {key: kinds[key](value) if key in kinds and value else value for key, value in values.items()}

    def fresh(self, request: Request) -> Request:
        """The request as it may be sent: a name that went out before, in its twin, is replaced by a new one."""
        body = self._pattern.sub(self._unsent, request.body)
        return request if body == request.body else replace(request, body=body)

    def shared(self, request: Request) -> Request:
        """The request under a name that others of this run send too, for whoever looks what becomes of both."""
        return replace(request, body=self._pattern.sub(f"{self.mark}-shared".encode(), request.body))

    def _unsent(self, found: re.Match[bytes]) -> bytes:
        name = self._next().encode() if found[0] in self._sent else found[0]
        self._sent.add(name)
        return name

    def _next(self) -> str:
        return f"{self.mark}-{next(self._numbers)}"
