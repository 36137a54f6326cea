"""
`python -m tests.bench.client NAME PORT USERS SECONDS EVERY_S TTFT_MS GAP_MS`: one client of the truth server.

It is a Locust user, and prints one line of JSON: streams, CPU time of a stream, and how far what it saw is from what
the server says. Every client decodes every event. `EVERY_S` of 0 is as fast as it goes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, User, task
from locust.env import Environment

from load.client import Client, Place
from load.dialected import Dialected
from load.stream import Reading
from tests.load.truth import DIALECT

WORDS = sys.argv[1:]
PORT, EVERY_S = int(WORDS[1]), float(WORDS[4])
TOKENS = 20
PATH = f"/stream?ttft_ms={WORDS[5]}&gap_ms={WORDS[6]}&tokens={TOKENS}"
REQUEST = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
JSON = b"GET /json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
DIALECTED = Dialected(DIALECT)
US = 1000


class Seen:
    """What a client saw, in nanoseconds."""

    def __init__(self) -> None:
        self.streams = 0
        self.lags: list[int] = []
        self.ttft_errors: list[int] = []
        self.itl_errors: list[int] = []

    def forget(self) -> None:
        """Begin again with nothing."""
        self.streams = 0
        for one in (self.lags, self.ttft_errors, self.itl_errors):
            one.clear()

    def stream(self, sent_ns: int, tokens: list[tuple[int, dict[str, Any]]]) -> None:
        """Compare one stream with what the server says of it."""
        self.streams += 1
        before = None
        for arrived, token in tokens:
            self.lags.append(arrived - token["at"])
            if before is None:
                self.ttft_errors.append(abs((arrived - sent_ns) - (token["at"] - token["asked"])))
            else:
                self.itl_errors.append(abs((arrived - before[0]) - (token["at"] - before[1])))
            before = (arrived, token["at"])


SEEN = Seen()


class Kept(Reading):
    """A reading that keeps what each token says."""

    def __init__(self) -> None:
        super().__init__(DIALECTED)
        self.kept: list[tuple[int, dict[str, Any]]] = []

    def _token(self, document: Any, at_ns: int) -> None:  # noqa: ANN401  JSON has no narrower type
        super()._token(document, at_ns)
        if "at" in document:
            self.kept.append((at_ns, document))


class Ours(User):
    """The load's own client."""

    abstract = False

    def on_start(self) -> None:
        """Have a connection."""
        self.client = Client(Place("127.0.0.1", PORT, "127.0.0.1", None, None))

    @task
    def ask(self) -> None:
        """Have an answer streamed."""
        reading = Kept()
        answer = self.client.send(REQUEST, reading)
        SEEN.stream(answer.sent_ns, reading.kept)


class Stock(HttpUser):
    """Locust's HttpUser, as its documentation streams."""

    abstract = False
    host = f"http://127.0.0.1:{PORT}"

    @task
    def ask(self) -> None:
        """Have an answer streamed."""
        sent = time.monotonic_ns()
        tokens: list[tuple[int, dict[str, Any]]] = []
        with self.client.get(PATH, stream=True, catch_response=True) as response:
            tokens.extend(
                (time.monotonic_ns(), json.loads(line[6:]))
                for line in response.iter_lines()
                if line.startswith(b'data: {"index')
            )
            response.success()
        SEEN.stream(sent, tokens)


class Fast(FastHttpUser):
    """Locust's FastHttpUser, read event by event, which is more exact than its iter_lines."""

    abstract = False
    host = f"http://127.0.0.1:{PORT}"

    @task
    def ask(self) -> None:
        """Have an answer streamed."""
        sent = time.monotonic_ns()
        tokens: list[tuple[int, dict[str, Any]]] = []
        with self.client.get(PATH, stream=True, catch_response=True) as response:
            while block := response.stream.readline(b"\n\n"):
                _, found, data = bytes(block).partition(b"data: ")
                if found and data.startswith(b'{"index'):
                    tokens.append((time.monotonic_ns(), json.loads(data)))
                if b"event: end" in block:
                    break
            response.success()
        SEEN.stream(sent, tokens)


class OursJson(User):
    """The load's own client, at small documents."""

    abstract = False

    def on_start(self) -> None:
        """Have a connection."""
        self.client = Client(Place("127.0.0.1", PORT, "127.0.0.1", None, None))

    @task
    def ask(self) -> None:
        """Get a document."""
        json.loads(self.client.send(JSON).body)
        SEEN.streams += 1


class StockJson(HttpUser):
    """Locust's HttpUser, at the same."""

    abstract = False
    host = f"http://127.0.0.1:{PORT}"

    @task
    def ask(self) -> None:
        """Get a document."""
        self.client.get("/json").json()
        SEEN.streams += 1


CLIENTS: dict[str, Any] = {"ours": Ours, "stock": Stock, "fast": Fast, "ours-json": OursJson, "stock-json": StockJson}


def every(user: Any) -> float:  # noqa: ANN401  Locust's users have no common type that mypy knows
    """Seconds until the user's next slot of a staggered schedule."""
    now = time.monotonic()
    if not EVERY_S:
        return 0.0
    if not hasattr(user, "due"):
        user.due = now + (id(user) // 64 % 1000) / 1000 * EVERY_S
    user.due += EVERY_S
    return max(float(user.due) - now, 0.0)


def quantile(values: list[int], share: float) -> float:
    """A quantile in microseconds."""
    return sorted(values)[int(share * (len(values) - 1))] / US if values else 0.0


def main() -> None:
    """Run one client, and print what it saw."""
    name, _, users, seconds = WORDS[:4]
    kind = CLIENTS[name]
    kind.wait_time = every
    environment = Environment(user_classes=[kind])
    runner = environment.create_local_runner()
    runner.start(int(users), spawn_rate=1000)
    gevent.sleep(1.0)
    SEEN.forget()  # what came while they began does not count
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    gevent.sleep(float(seconds))
    after, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found: dict[str, object] = {
        "client": name,
        "streams": SEEN.streams,
        "per_s": round(SEEN.streams / took, 1),
        "cpu_us": round(cpu / max(SEEN.streams, 1) * 1e6),
    }
    for key, values in (("lag", SEEN.lags), ("ttft_err", SEEN.ttft_errors), ("itl_err", SEEN.itl_errors)):
        found |= {f"{key}_{share}": round(quantile(values, share / 100), 1) for share in (50, 95, 99)}
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    runner.quit()


if __name__ == "__main__":
    main()
