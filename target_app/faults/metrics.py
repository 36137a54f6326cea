"""Faults of the metrics: who may read them, and whether they can be read and are true."""

import itertools

from fastapi import FastAPI
from prometheus_client import Counter
from sqlalchemy import select
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from target_app.accounts.dependencies import SESSION_COOKIE
from target_app.accounts.models import User
from target_app.fault import fault
from target_app.faults.changed import ChangedBody
from target_app.monitoring import observe

END = b"# EOF\n"
OPERATOR_ROOT = "/metrics"


class _LetsThrough:
    """Hands the operator's token to some callers of the metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def lets_through(self, request: Request) -> bool:
        """Say whether this caller is taken for the operator."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(OPERATOR_ROOT) and self.lets_through(Request(scope)):
            headers = Headers(scope=scope).mutablecopy()
            headers["Authorization"] = f"Bearer {scope['app'].state.settings.operator_token.get_secret_value()}"
            scope = {**scope, "headers": headers.raw}
        await self.app(scope, receive, send)


@fault("metrics.public", detected_by={"metrics.protected"})
class Public(_LetsThrough):
    """Anybody can read the metrics."""

    def lets_through(self, request: Request) -> bool:
        """Take everybody."""
        _ = request
        return True


@fault("metrics.open-to-members", detected_by={"metrics.protected"})
class OpenToMembers(_LetsThrough):
    """Whoever is signed in can read the metrics."""

    def lets_through(self, request: Request) -> bool:
        """Take whoever has a session."""
        return SESSION_COOKIE in request.cookies


@fault("metrics.unparsable", detected_by={"metrics.parses"})
class Unparsable(ChangedBody):
    """The exposition is cut before its end mark."""

    path = "/metrics"

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Cut it."""
        _ = scope
        return body.removesuffix(END)


@fault("metrics.doubled-series", detected_by={"metrics.parses"})
class DoubledSeries(ChangedBody):
    """One series stands twice in the exposition."""

    path = "/metrics"

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Say one line twice."""
        _ = scope
        lines = body.splitlines(keepends=True)
        return b"".join(line * 2 if line.startswith(b"chat_messages_total ") else line for line in lines)


@fault("metrics.leaks-email", detected_by={"metrics.no-secrets"})
class LeaksEmail(ChangedBody):
    """The exposition names every member by address."""

    path = "/metrics"

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Add a series for each member."""
        async with scope["app"].state.database.sessions() as db:
            addresses = (await db.scalars(select(User.email))).all()
        samples = "".join(f'chat_members{{email="{address}"}} 1.0\n' for address in addresses)
        family = f"# HELP chat_members Members\n# TYPE chat_members gauge\n{samples}".encode()
        return body.replace(END, family + END)


@fault("metrics.raw-paths", detected_by={"metrics.no-secrets", "metrics.bounded"})
def raw_paths(_app: FastAPI) -> None:
    """Requests are counted by their whole path, ids and all."""

    def path(scope: Scope) -> str:
        return str(scope["path"])

    observe.route_template = path


@fault("metrics.miscounts", detected_by={"metrics.counts-requests"})
def miscounts(_app: FastAPI) -> None:
    """Every third request is counted for a route that does not exist."""
    right = observe.route_template
    numbers = itertools.count(1)

    def sometimes_wrong(scope: Scope) -> str:
        return right(scope) if next(numbers) % 3 else "unmatched"

    observe.route_template = sometimes_wrong


@fault("metrics.counts-twice", detected_by={"metrics.counts-requests"})
class CountsTwice(ChangedBody):
    """Two middlewares count each request."""

    path = "/metrics"

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Double every count of requests."""
        _ = scope
        return b"".join(_doubled(line) for line in body.splitlines(keepends=True))


def _doubled(line: bytes) -> bytes:
    if not line.startswith(b"http_requests_total"):
        return line
    series, _, value = line.rstrip().rpartition(b" ")
    return b"%s %.1f\n" % (series, 2 * float(value))


@fault("metrics.per-worker", detected_by={"metrics.counters-hold"})
class PerWorker(ChangedBody):
    """Each worker has its own histogram, and whichever takes the scrape answers with it."""

    path = "/metrics"

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.count = itertools.count(1)

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Answer every other scrape as a worker that had no requests yet."""
        _ = scope
        if next(self.count) % 2:
            return body
        return b"".join(map(_unused, body.splitlines(keepends=True)))


def _unused(line: bytes) -> bytes:
    if not line.startswith(b"http_request_duration_seconds_"):
        return line
    return line.rpartition(b" ")[0] + b" 0.0\n"


@fault("metrics.errors-as-good", detected_by={"metrics.counts-errors"})
def errors_as_good(app: FastAPI) -> None:
    """An error that nobody expected is counted before it becomes a 500: as 200."""
    _count_as(app, {"500": "200"})


@fault("metrics.refusals-unseen", detected_by={"metrics.counts-refusals"})
def refusals_unseen(app: FastAPI) -> None:
    """The limit cuts the answer off before its status is known to whoever counts."""
    _count_as(app, {"429": "0"})


def _count_as(app: FastAPI, others: dict[str, str]) -> None:
    requests = app.state.metrics.requests
    right = requests.labels

    def labels(*, status: str, **more: str) -> Counter:
        counter: Counter = right(status=others.get(status, status), **more)
        return counter

    requests.labels = labels


class _ChangedGauge(ChangedBody):
    """Answers with another number of open streams."""

    path = "/metrics"

    def shown(self, value: float) -> float:
        """Give the number that is shown instead."""
        raise NotImplementedError

    async def change(self, scope: Scope, body: bytes) -> bytes:
        """Show it."""
        _ = scope
        return b"".join(self._line(line) for line in body.splitlines(keepends=True))

    def _line(self, line: bytes) -> bytes:
        if not line.startswith(b"chat_active_streams "):
            return line
        return b"chat_active_streams %.1f\n" % self.shown(float(line.split()[1]))


@fault("metrics.streams-unseen", detected_by={"metrics.streams-seen"})
class StreamsUnseen(_ChangedGauge):
    """Open streams are counted in another process than the one that answers."""

    def shown(self, value: float) -> float:
        """Show none."""
        return 0 * value


@fault("metrics.streams-leak", detected_by={"metrics.streams-seen", "metrics.left-streams-end"})
def streams_leak(app: FastAPI) -> None:
    """The gauge of open streams goes up, and nobody takes it down."""

    def keep(amount: float = 1) -> None:
        _ = amount

    app.state.metrics.active_streams.dec = keep
