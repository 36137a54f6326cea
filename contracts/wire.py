"""
How a generated request goes out: as somebody, paced, and tried first by those who must be refused.

It knows nothing of what generates requests: whoever does hands over a function that sends as a given person.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from gonogo import __version__
from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Refusal, Request, Timing
from gonogo.forgery import one_changed
from gonogo.operation import SAFE
from gonogo.webhook import FRESH

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from contracts.routes import Route
    from contracts.troupe import Hand, Troupe
    from gonogo.people import Person

MOST_TRIES = 4
ANSWER_WITHIN_S, ANSWER_AGAIN_WITHIN_S = 10.0, 1.0
ENOUGH_ENDED = 3
UNAUTHORIZED = 401
ANONYMOUS, NO_TOKEN, WRONG_TOKEN, FOREIGN = "nobody", "no token", "another token", "another member"


class Answer(Protocol):
    """What came back, as the generator's transport has it."""

    status_code: int
    headers: Any
    content: bytes
    request: requests.PreparedRequest
    elapsed: float
    stream_cut_short: bool


class Sending(Protocol):
    """Sends what was generated over some connections, after `sign` has made the request somebody's."""

    def __call__(self, session: requests.Session, sign: Callable[..., Any], /) -> Answer:
        """Its answer. Raises what the network does."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One generated request, before it is sent: `own` is whether a member is to send it, `text` all that is in it."""

    case: str
    route: Route
    phase: str
    valid: bool | None
    own: bool
    text: str
    as_documented: bool = True


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request that went out, and its exchange."""

    call: Call
    person: str
    exchange: Exchange
    cut: bool


@dataclass(kw_only=True)
class Wire:
    """Sends calls, and keeps what came of them in order."""

    troupe: Troupe
    sent: list[Sent] = field(default_factory=list)
    by_case: dict[str, Sent] = field(default_factory=dict)
    refusals: list[tuple[Route, str, Refusal]] = field(default_factory=list)
    proven: set[tuple[str, str]] = field(default_factory=set)
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    strangers: set[str] = field(default_factory=set)
    ended: Counter[str] = field(default_factory=Counter)
    slow: set[str] = field(default_factory=set)
    limited: int = 0
    number: int = 0

    def carry(self, call: Call, send: Sending) -> Answer:
        """Send a call as whoever is to send it, and what must be refused before and after it; its answer."""
        if not call.own:
            return self._send(call, self.troupe.hand(call.route, None), send, bare)[0]
        person = self._who(call)
        owner = self.troupe.owner_of(call.text) if person else None
        if owner is not None and owner is not person:
            self.strangers.add(call.case)
        hand = self.troupe.hand(call.route, person)
        foreign = self._foreign(call, person, send)
        answer, sent = self._send(call, hand, send, self._as(call.route, person))
        self._learn(call, person, sent)
        if foreign and (sent.exchange.status or 0) // 100 == 2:  # noqa: PLR2004  a success
            self._prove(call.route, FOREIGN, foreign, sent)
        if (sent.exchange.status or 0) // 100 == 2 and call.as_documented:  # noqa: PLR2004  the same
            self._guards(call, person, send, sent)
        return answer

    def patience_for(self, route: Route) -> float:
        """How long an answer may take; less where one has already taken too long."""
        return ANSWER_AGAIN_WITHIN_S if route.label in self.slow else ANSWER_WITHIN_S

    # -- who

    def _who(self, call: Call) -> Person | None:
        route = call.route
        if route.credential in {"none", "operator", "signature"} or route.public:
            return None
        if route.ends and self.ended[route.label] >= ENOUGH_ENDED:
            return None
        return self.troupe.member_for(route, call.text)

    def _as(self, route: Route, person: Person | None, csrf: str | None = "") -> Callable[..., Any]:
        """What turns a prepared request into this person's; `csrf` replaces the token, None leaves it out."""
        profile = self.troupe.cast.profile

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            dressed(request, self.troupe.cast.run_id)
            headers: Any = request.headers
            for name, value in profile.access.headers.items():
                headers[name] = value
            if route.credential == "operator" and profile.operator:
                headers.update(profile.operator.headers)
            if route.credential == "signature" and profile.payment and profile.payment.secret:
                headers[profile.payment.header] = FRESH.signature(profile.payment.secret, body_of(request), time.time())
            if person is None:
                return request
            cookies = person.store.header_for(request.url or "")
            if cookies:
                headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie", ""), cookies]))
                person.shown_as[cookies] = f"{person.prefix}COOKIE"
            if person.bearer is not None and profile.identity.session != "cookie":
                bearer = profile.identity.bearer
                headers[bearer.header] = f"{bearer.prefix}{person.bearer}"
            self._with_token(route, request, person, csrf)
            return request

        return sign

    def _with_token(self, route: Route, request: requests.PreparedRequest, person: Person, csrf: str | None) -> None:
        rule = self.troupe.cast.profile.csrf
        headers: Any = request.headers
        if rule is None or rule.send_as != "header" or request.method in SAFE:
            return
        if csrf is None:
            headers.pop(rule.name, None)
        elif rule.name in headers or request.method != route.method or not route.wants_token:
            # what an operation takes and a request of it left out was left out on purpose
            headers[rule.name] = csrf or person.csrf or ""

    # -- what must be refused

    def _due(self, route: Route, what: str) -> bool:
        key = (route.label, what)
        return key not in self.proven and self.tries[key] < MOST_TRIES

    def _foreign(self, call: Call, person: Person | None, send: Sending) -> Sent | None:
        """Have another member ask for what is this one's, before its owner does."""
        if person is None or not call.route.has_id or self.troupe.owner_of(call.text) is not person:
            return None
        thief = self.troupe.another(person)
        if thief is None or not call.as_documented or not self._due(call.route, FOREIGN):
            return None
        self.tries[call.route.label, FOREIGN] += 1
        return self._send(call, self.troupe.hand(call.route, thief), send, self._as(call.route, thief))[1]

    def _guards(self, call: Call, person: Person | None, send: Sending, twin: Sent) -> None:
        """Ask again without what the operation wants of everybody, now that it has answered well with it."""
        route = call.route
        for what, who, token in self._missing(route, person):
            if self._due(route, what):
                self.tries[route.label, what] += 1
                hand = self.troupe.hand(route, who)
                sign = self._as(route, who, token) if who else bare
                self._prove(route, what, self._send(call, hand, send, sign)[1], twin)

    def _missing(self, route: Route, person: Person | None) -> list[tuple[str, Person | None, str | None]]:
        if route.public or route.credential == "none":
            return []
        ways: list[tuple[str, Person | None, str | None]] = [(ANONYMOUS, None, None)]
        csrf = self.troupe.cast.profile.csrf
        if person and person.csrf and csrf and csrf.send_as == "header" and route.unsafe and not route.ends:
            ways += [(NO_TOKEN, person, None), (WRONG_TOKEN, person, one_changed(person.csrf))]
        return ways

    def _prove(self, route: Route, what: str, refused: Sent, twin: Sent) -> None:
        self.proven.add((route.label, what))
        self.refusals.append((route, what, Refusal(refused=refused.exchange, before=twin.exchange)))

    # -- sending

    def _send(
        self,
        call: Call,
        hand: Hand,
        send: Sending,
        sign: Callable[..., Any],
    ) -> tuple[Answer, Sent]:
        self.troupe.pace(call.route, hand)
        began = time.time()
        prepared: list[requests.PreparedRequest] = []

        def signed(request: requests.PreparedRequest) -> requests.PreparedRequest:
            prepared[:] = [sign(request)]
            return request

        try:
            answer = send(hand.session, signed)
        except Exception as error:
            self._keep(call, hand, exchange_of(self._id(), call, prepared, None, began, told(error)), cut=False)
            raise
        exchange = exchange_of(self._id(), call, prepared, answer, began, None)
        return answer, self._keep(call, hand, exchange, cut=answer.stream_cut_short)

    def _id(self) -> str:
        self.number += 1
        return f"contracts-w{self.number:04d}"

    def _keep(self, call: Call, hand: Hand, exchange: Exchange, *, cut: bool) -> Sent:
        sent = Sent(call=call, person=hand.person.name if hand.person else "nobody", exchange=exchange, cut=cut)
        self.sent.append(sent)
        self.by_case[call.case] = sent
        if cut or exchange.failure:
            self.slow.add(call.route.label)
        self.limited += exchange.status == 429  # noqa: PLR2004  Too Many Requests
        self.troupe.hear_cookies(hand.person, list(exchange.headers.all("set-cookie")))
        return sent

    def _learn(self, call: Call, person: Person | None, sent: Sent) -> None:
        """Remember whose what came is, and who is no longer signed in."""
        status = sent.exchange.status or 0
        if person is None:
            return
        if status // 100 == 2:  # noqa: PLR2004  a success
            self.troupe.learn(person, f"{sent.exchange.text[:20000]} {sent.exchange.headers.get('location')}")
            if call.route.ends:
                self.ended[call.route.label] += 1
                self.troupe.replaced(person)
        elif status == UNAUTHORIZED and not self.troupe.is_signed_in(person):
            self.troupe.replaced(person)


def bare(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A request that nobody in particular sends."""
    return request


def dressed(request: requests.PreparedRequest, run_id: str) -> None:
    """Say who we are, as on every request of a run."""
    request.headers["User-Agent"] = f"gonogo/{__version__} ({run_id})"
    request.headers["traceparent"] = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def body_of(request: requests.PreparedRequest) -> bytes:
    """The body as bytes."""
    body: Any = request.body
    return body if isinstance(body, bytes) else (body or "").encode() if isinstance(body, str | None) else b""


def told(error: Exception) -> str:
    """A failure of the network in one sentence."""
    return f"no answer: {type(error).__name__}"


def exchange_of(
    number: str,
    call: Call,
    prepared: list[requests.PreparedRequest],
    answer: Answer | None,
    began: float,
    failure: str | None,
) -> Exchange:
    """What went out and came back, as all suites have it."""
    wire = answer.request if answer else prepared[-1] if prepared else None
    fields = tuple((str(name), str(value)) for name, value in (wire.headers.items() if wire else ()))
    got = tuple((name, value) for name, values in (answer.headers.items() if answer else ()) for value in values)
    headers = Headers(got)
    return Exchange(
        id=number,
        person="",
        request=Request(
            operation=call.route.operation,
            method=(wire.method if wire else None) or call.route.method,
            url=(wire.url if wire else None) or call.route.path,
            headers=Headers(tuple(pair for pair in fields if pair[0].lower() not in {"content-length", "connection"})),
            body=body_of(wire) if wire else b"",
        ),
        status=answer.status_code if answer else None,
        headers=headers,
        body=answer.content if answer else b"",
        failure=failure,
        started_at=began,
        timing=Timing(total=answer.elapsed if answer else None),
        cookies=tuple(parse_set_cookie(raw) for raw in headers.all("set-cookie")),
    )


def text_of(*parts: object) -> str:
    """All that stands in the parts of a request, to look for ids."""
    return json.dumps(parts, default=repr, ensure_ascii=False)
