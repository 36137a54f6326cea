"""
Failures that were found, kept for the next run: as small as they go, and without anybody's credentials.

They stand in one file for each target beside the runs. What is sent again and fails no more is fixed, and leaves it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from contracts.calls import Call, Fetched
from contracts.engine import Said
from contracts.shrink import minimised
from gonogo.curl import curl
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import requests

    from contracts.calls import Answer, Sent
    from contracts.routes import Route
    from contracts.wire import Wire
    from gonogo.exchange import Exchange

PHASE, FAILS = "kept", "not_a_server_error"
OF_ANSWERS = frozenset(
    {
        *("status_code_conformance", "content_type_conformance"),
        *("response_headers_conformance", "response_schema_conformance"),
    }
)
"""What an answer alone shows; the rest takes the same status to the same request."""
ANYBODYS = frozenset({"accept", "content-type", "idempotency-key", "last-event-id", "if-match", "if-none-match"})
MOST_KEPT, MOST_MINIMISED = 50, 5
SERVER_ERROR, GONE = 500, frozenset({404, 410})


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A request that showed a failure: of an operation, by a check and its code, with the status that it met."""

    operation: str
    check: str
    code: str
    says: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str
    status: int | None

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return base64.b64decode(self.body)


def kept_of(said: Said, sent: Sent, origin: str) -> Kept:
    """What is kept of a failure."""
    request = sent.exchange.request
    return Kept(
        operation=said.operation,
        check=said.check,
        code=said.code,
        says=said.fault,
        method=request.method,
        target=request.url.removeprefix(origin) or "/",
        headers=tuple(pair for pair in request.headers if pair[0].lower() in ANYBODYS),
        body=base64.b64encode(request.body).decode(),
        status=sent.exchange.status,
    )


def read_kept(path: Path) -> tuple[Kept, ...]:
    """What a file holds; a file that is none holds nothing, for it decides nothing."""
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Kept(**{**one, "headers": tuple(map(tuple, one["headers"]))}) for one in found)
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def write_kept(path: Path, every: Iterable[Kept]) -> None:
    """Write the file anew, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(json.dumps([asdict(one) for one in every], indent=1), encoding="utf-8")
    aside.replace(path)


@dataclass(kw_only=True)
class Shelf:
    """
    What is kept of one target.

    `judge` tells what an answer alone breaks, `redact` hides secrets, `say` tells the person at the terminal.
    """

    path: Path
    wire: Wire
    routes: Mapping[str, Route]
    judge: Callable[[Route, Exchange], Iterable[Said]]
    redact: Callable[[str], str]
    say: Callable[[str], None]
    number: int = 0

    def replay(self) -> Iterator[Said]:
        """Send all that is kept, before anything else; what fails again is told, what does not leaves the file."""
        left = []
        for one in read_kept(self.path):
            route = self.routes.get(one.operation)
            if route is None:
                self.say(f"kept: {one.operation} is not tried any more")
                continue
            call, sent = self.ask(route, one)
            if self.fails(one, route, sent.exchange):
                left.append(one)
                yield Said(
                    check=one.check,
                    case=call.case,
                    operation=one.operation,
                    phase=PHASE,
                    code=one.code,
                    fault=one.says,
                )
            elif route.has_id and sent.exchange.status in GONE and one.status not in GONE:
                left.append(one)  # what it asked for is not there any more: nobody knows
            else:
                self.say(f"kept: {one.operation}: fixed: {one.says[:120]}")
        write_kept(self.path, left)

    def keep(self, found: Iterable[Said]) -> None:
        """Keep what was found and is not kept yet, each as small as it goes, and print its line."""
        every = {(one.operation, one.check, one.code): one for one in read_kept(self.path)}
        small = 0
        for said in found:
            sent, key = self.wire.by_case.get(said.case), (said.operation, said.check, said.code)
            route = self.routes.get(said.operation)
            if sent is None or route is None or key in every or len(every) >= MOST_KEPT:
                continue
            one = kept_of(said, sent, self.origin)
            if self.redact(one.target + one.content.decode("utf-8", "replace")) != one.target + one.content.decode(
                "utf-8", "replace"
            ):
                continue  # it holds a secret, which no file of ours may
            if one.check == FAILS and small < MOST_MINIMISED:
                small += 1
                one = self.smallest(one, route)
            every[key] = one
            self.say(f"{one.operation}: {self.line(one, sent)}")
        write_kept(self.path, every.values())

    @property
    def origin(self) -> str:
        """Where the target is."""
        origin: str = self.wire.troupe.cast.profile.origins.api
        return origin

    def fails(self, one: Kept, route: Route, exchange: Exchange) -> bool:
        """Whether an answer shows the same failure."""
        if one.check == FAILS:
            return exchange.status is None or exchange.status >= SERVER_ERROR
        if one.check in OF_ANSWERS:
            return any((said.check, said.code) == (one.check, one.code) for said in self.judge(route, exchange))
        return exchange.status == one.status

    def smallest(self, one: Kept, route: Route) -> Kept:
        """The same failure with as little as shows it."""

        def small(asked: tuple[str, bytes]) -> Kept:
            return replace(one, target=asked[0], body=base64.b64encode(asked[1]).decode())

        def shows(asked: tuple[str, bytes]) -> bool:
            return self.fails(one, route, self.ask(route, small(asked))[1].exchange)

        return small(minimised((one.target, one.content), shows))

    def ask(self, route: Route, one: Kept) -> tuple[Call, Sent]:
        """Send what is kept, as whoever is to send it."""
        self.number += 1
        call = Call(
            case=f"{PHASE}-{self.number}",
            route=route,
            phase=PHASE,
            valid=None,
            own=True,
            text=one.target,
            as_documented=False,  # it is no walk of the operation, and proves no guard
        )
        ca_file = self.wire.troupe.cast.profile.tls.ca_file
        url = f"{self.origin}{one.target}"

        def send(session: requests.Session, sign: Callable[..., Any]) -> Answer:
            return Fetched.of(
                session.request(
                    one.method,
                    url,
                    data=one.content or None,
                    headers=dict(one.headers),
                    auth=sign,
                    verify=str(ca_file) if ca_file else True,
                    timeout=self.wire.patience_for(route),
                    allow_redirects=False,
                )
            )

        try:
            self.wire.carry(call, send)
        except OSError:  # requests' own; the wire has kept what went out, and that nothing came back
            self.wire.by_case[call.case] = self.wire.sent[-1]
        return call, self.wire.by_case[call.case]

    def line(self, one: Kept, sent: Sent) -> str:
        """The shell line that shows it again, with variables in the place of credentials."""
        cast = self.wire.troupe.cast
        shown = {value: name for person in cast.persons.values() for value, name in person.shown_as.items()}
        request = replace(sent.exchange.request, url=f"{self.origin}{one.target}", body=one.content)
        try:
            return curl(request, shown, cast.profile)
        except HarnessTrouble as trouble:
            return str(trouble)
