"""When each stage of a request was reached."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gonogo.exchange import Timing

if TYPE_CHECKING:
    from typing import Any


@dataclass
class Stopwatch:
    """When each stage of one request was reached, in seconds of the monotonic clock."""

    began: float = field(default_factory=time.perf_counter)
    marks: dict[str, float] = field(default_factory=dict)

    async def trace(self, name: str, _info: dict[str, Any]) -> None:
        """Take a mark from httpcore's trace extension."""
        self.marks[name.partition(".")[2]] = time.perf_counter()

    @property
    def sent(self) -> float:
        """When the last byte of the request had been handed to the network."""
        return self.marks.get("send_request_body.complete", self.began)

    def since_sent(self) -> float:
        """Seconds since then."""
        return time.perf_counter() - self.sent

    def timing(self) -> Timing:
        """Every stage in seconds since the beginning."""
        return Timing(
            connected=self._stage("connect_tcp.complete"),
            secured=self._stage("start_tls.complete"),
            headers=self._stage("receive_response_headers.complete"),
            total=time.perf_counter() - self.began,
        )

    def _stage(self, name: str) -> float | None:
        return self.marks[name] - self.began if name in self.marks else None
