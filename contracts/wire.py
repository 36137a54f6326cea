"""
How a generated request goes out: as somebody, paced, and tried first by those who must be refused.

It knows nothing of what generates requests: whoever does hands over a function that sends as a given person.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from contracts.calls import Fetched, Followed, Sent, exchange_of, told
from contracts.dress import bare, signer
from gonogo.exchange import Exchange, Refusal
from gonogo.forgery import one_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from contracts.calls import Answer, Call, Sending
    from contracts.routes import Route
    from contracts.troupe import Hand, Troupe
    from gonogo.people import Person

MOST_TRIES = 4
ANSWER_WITHIN_S, ANSWER_AGAIN_WITHIN_S = 10.0, 1.0
ENOUGH_ENDED = 3
UNAUTHORIZED = 401
CREATED, MOST_FOLLOWED, FOLLOWED = 201, 2, "follow"
ANONYMOUS, NO_TOKEN, WRONG_TOKEN, FOREIGN = "nobody", "no token", "another token", "another member"


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
    every: Mapping[str, Route] = field(default_factory=dict)
    followed: list[Followed] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
    limited: int = 0
    number: int = 0

    def carry(self, call: Call, send: Sending) -> Answer:
        """Send a call as whoever is to send it, and what must be refused before and after it; its answer."""
        if not call.own:
            answer, self.by_case[call.case] = self._send(call, self.troupe.hand(call.route, None), send, bare)
            return answer
        person = self._who(call)
        owner = self.troupe.owner_of(call.text) if person else None
        if owner is not None and owner is not person:
            self.strangers.add(call.case)
        hand = self.troupe.hand(call.route, person)
        foreign = self._foreign(call, person, send)
        answer, sent = self._send(call, hand, send, signer(self.troupe.cast, call.route, person))
        self.by_case[call.case] = sent
        self._learn(call, person, sent)
        if foreign and (sent.exchange.status or 0) // 100 == 2:  # noqa: PLR2004  a success
            self._prove(call.route, FOREIGN, foreign, sent)
        if (sent.exchange.status or 0) // 100 == 2 and call.as_documented:  # noqa: PLR2004  the same
            self._guards(call, person, send, sent)
            self.follow(call, person, sent)
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
        sign = signer(self.troupe.cast, call.route, thief)
        return self._send(call, self.troupe.hand(call.route, thief), send, sign)[1]

    def _guards(self, call: Call, person: Person | None, send: Sending, twin: Sent) -> None:
        """Ask again without what the operation wants of everybody, now that it has answered well with it."""
        route = call.route
        for what, who, token in self._missing(route, person):
            if self._due(route, what):
                self.tries[route.label, what] += 1
                hand = self.troupe.hand(route, who)
                sign = signer(self.troupe.cast, route, who, token) if who else bare
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

    # -- what became of it

    def follow(self, call: Call, person: Person | None, sent: Sent) -> None:
        """Ask for what was just made or deleted, as its owner, a few times for each operation."""
        url, gone = sent.exchange.request.url, call.route.method == "DELETE"
        if sent.exchange.status == CREATED:
            url = urljoin(url, sent.exchange.headers.get("location") or ".")
        elif not gone:
            return
        reader = self._reader(url)
        if person is None or reader is None or self.tries[call.route.label, FOLLOWED] >= MOST_FOLLOWED:
            return
        self.tries[call.route.label, FOLLOWED] += 1
        asking = replace(call, case=f"{call.case}-followed", route=reader, phase=FOLLOWED, valid=True, text=url)
        ca_file = self.troupe.cast.profile.tls.ca_file

        def fetch(session: requests.Session, sign: Callable[..., Any]) -> Answer:
            verify = str(ca_file) if ca_file else True
            answer = session.get(url, auth=sign, verify=verify, timeout=ANSWER_WITHIN_S, allow_redirects=False)
            return Fetched.of(answer)

        _, seen = self._send(asking, self.troupe.hand(reader, person), fetch, signer(self.troupe.cast, reader, person))
        status = seen.exchange.status or 0
        there = status // 100 == 2  # noqa: PLR2004  a success
        wrong = there if gone else status in {404, 410}
        state = "is still there" if gone else "is not there"
        says = f"what it {'deleted' if gone else 'made'} {state}: {reader.label} answered {status}" if wrong else ""
        self.followed.append(Followed(gone=gone, operation=call.route.label, says=says, trail=(sent, seen)))

    def _reader(self, url: str) -> Route | None:
        """The operation that reads what a URL names; nothing is sent to strangers."""
        origin = self.troupe.cast.profile.origins.api
        path = url.removeprefix(origin).partition("?")[0]
        if path == url:
            return None
        readers = (one for one in self.every.values() if one.method == "GET" and one.has_id)
        return next((one for one in readers if one.pattern.fullmatch(path)), None)

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
