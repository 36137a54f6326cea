"""
What every person in a scenario does with requests: builds, paces, sends, records, and learns from the answers.

A step that does not get the answer that the profile promises is a failed check, and stops the scenario. A
failure that may have happened on our side of the network is nobody's finding; it stops the scenario too.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gonogo.belongings import MADE_BY
from gonogo.check import CATALOGUE
from gonogo.control import doubt, judged
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.forgery import one_changed
from gonogo.given import GIVE_SESSIONS, secrets_given
from gonogo.operation import Credentials, build, capture, read_source, variables_of
from gonogo.others import excuse, patiently
from gonogo.redaction import SHORTEST
from gonogo.resigning import RESIGNED, UNSIGNED
from gonogo.tampering import is_signed, session_field, tampered, tampered_token
from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.description import Operation
    from gonogo.driver import Hearing
    from gonogo.people import Cast, Person

POLL_S = 0.25
FOLLOWED = "followed redirect"  # no operation's name: a limit on everything counts it
TAMPERED, WRONG_CSRF = "TAMPERED", "WRONG_CSRF"
FORGERIES = {TAMPERED: tampered_token, **UNSIGNED, **RESIGNED}


class Sender:
    """A person in one scenario, as far as requests go."""

    def __init__(self, person: Person, cast: Cast, scenario: str) -> None:
        """Act as this person, for this scenario."""
        self.person = person
        self.cast = cast
        self.scenario = scenario
        self.profile = cast.profile
        self.named: dict[str, int] = {}

    @property
    def credentials(self) -> Credentials:
        """What this person's requests carry now; cookies are chosen for each URL."""
        return Credentials(cookies=self.person.store, bearer=self.person.bearer, csrf=self.person.csrf)

    def request(self, operation: str, *, credentials: Credentials | None = None, **values: Any) -> Request:  # noqa: ANN401  a template takes any value
        """Build the request of an operation as this person would send it; what it names gets a name of this run."""
        known = self.person.variables | self.cast.names.given(values)
        return build(self.profile, operation, known, credentials=credentials or self.credentials)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The variables that requests need; of what answers hold, only these stand behind a shell variable."""
        return frozenset(name for one in self.profile.operations for name in variables_of(self.profile, one))

    @property
    def who(self) -> tuple[str, str]:
        """The user and the address that the target's limits count."""
        return self.person.account.id, self.person.address or ""

    async def exchange(
        self,
        request: Request,
        *,
        paced: bool = True,
        patient: bool = True,
        repeat: int = 1,
        heard: Hearing | None = None,
    ) -> Exchange:
        """
        Send a request, obey the target's limits, keep the exchange and what it captured.

        `repeat` is how often one must send it to see the same; its curl line says so. `heard` is shown the events of
        a stream, and may end it. Raises HarnessTrouble for a failure that nobody can judge from here. A paced
        request also waits where others have spent its limit, unless it is not `patient`.
        """
        if not (paced and patient):
            return await self._sent(request, paced=paced, repeat=repeat, heard=heard)
        limit = self.cast.budget.limit_for(request.operation)
        return await patiently(
            lambda: self._sent(request, repeat=repeat, heard=heard),
            limit,
            self.person,
            self.cast.say,
            self.cast.budget.in_vain,
        )

    async def _sent(
        self, request: Request, *, paced: bool = True, repeat: int, heard: Hearing | None = None
    ) -> Exchange:
        budget = self.cast.budget
        for operation in (request.operation, *([FOLLOWED] * request.redirects)):
            if paced:
                await budget.take(operation, *self.who)
            else:
                budget.record(operation, *self.who)
        self._show_cookies(request)
        request = self.cast.names.fresh(request)
        kept = self._kept(request, repeat, heard)
        exchange = await (self.cast.see_through(kept) if request.operation in MADE_BY else kept)
        if not await judged(exchange, self.profile, self.cast.run_id):
            raise HarnessTrouble(doubt(exchange, self.profile))
        return exchange

    async def _kept(self, request: Request, repeat: int, heard: Hearing | None) -> Exchange:
        """Send a request, and keep the exchange, what it captured and what it made."""
        exchange = await self.person.driver.send(request, self.cast.recorder.next_id(), self.person.name, heard)
        for _ in range(request.redirects - exchange.followed):
            self.cast.budget.give_back(FOLLOWED, *self.who)
        exchange = self.read(exchange)
        self.cast.made_by(self.person, exchange)
        gives = self.learn(exchange)
        self.cast.recorder.exchange(exchange, self.scenario, self._variables(), repeat, gives)
        return exchange

    async def attempt(self, operation: str, **values: Any) -> Exchange:  # noqa: ANN401  a template takes any value
        """Send an operation's request and take whatever comes back."""
        return await self.exchange(self.request(operation, **values))

    async def until(self, operation: str, name: str, wanted: str, *, within_s: float, **values: Any) -> Exchange:  # noqa: ANN401  a template takes any value
        """Take a step again until its answer captures what is wanted, or the time is over; the last answer."""
        deadline = time.monotonic() + within_s
        while True:
            exchange = await self.do(operation, **values)
            if exchange.captured.get(name) == wanted or time.monotonic() >= deadline:
                return exchange
            await asyncio.sleep(POLL_S)

    async def do(self, operation: str, **values: Any) -> Exchange:  # noqa: ANN401  a template takes any value
        """
        Send an operation's request as a step of the scenario.

        Raises OperationFailed when the target does not answer as the profile promises.
        """
        return self.answered(await self.attempt(operation, **values))

    def answered(self, exchange: Exchange) -> Exchange:
        """
        Hold a step's answer against what the profile promises; raises OperationFailed.

        Raises HarnessTrouble for a refusal by a limit that our own traffic, or somebody else's, may have spent.
        """
        why = excuse(exchange, self.cast.budget.limit_for(exchange.request.operation), self.person)
        if why:
            raise HarnessTrouble(f"{exchange} {why}")
        exchange = replace(exchange, aside=self._taken_for_a_stranger(exchange))
        check = CATALOGUE.get(f"operation.{exchange.request.operation}") or CATALOGUE["operation.other"]
        record = self.cast.recorder.checked(self.scenario, check(), exchange, exchange.trail)
        if record.complaints or record.error:
            raise OperationFailed(record.error or record.complaints[0])
        self.take_over(exchange)
        return exchange

    def _taken_for_a_stranger(self, exchange: Exchange) -> str:
        """How old the session is that was refused although nobody has ended it; nothing where that is not so."""
        since = self.person.signed_in_by
        if since is None or exchange.status not in self.profile.identity.reject_statuses:
            return ""
        return f", with a session that was given {exchange.started_at - since.started_at:.1f} s before"

    async def refused(self, valid: Request, invalid: Request, by: Sender | None = None) -> Refusal:
        """
        Send a request that must be refused between two that differ from it in that one respect.

        `by` is who sends the invalid one, where that is the respect.
        """
        before = await self.exchange(valid)
        refused = await (by or self).exchange(invalid)
        return Refusal(before=before, refused=refused, after=await self.exchange(valid))

    def tampered(self, request: Request, how: str = TAMPERED) -> Request:
        """
        The same request with its session changed, as a forger would. Raises HarnessTrouble where it has none.

        `how` is a name among FORGERIES. What is nearly a secret is one too: whoever knows the change can take it back.
        """
        identity = self.profile.identity
        if identity.credential == "opaque" and is_signed(session_field(request, identity)):
            raise HarnessTrouble("the session is a JSON Web Token; say so: identity.credential: jwt")
        forged = tampered(request, identity, self.person.bearer, FORGERIES[how])
        field = session_field(forged, identity)
        for pair in field.split("; "):
            self.cast.vault.add(pair.rpartition("=")[2] or pair, f"{self.person.prefix}{how}")
        self._secret(field, how)
        return forged

    def nearly_right_token(self) -> str:
        """The CSRF token with one character changed; as secret as the right one."""
        token = one_changed(self.person.csrf or "")
        self._secret(token, WRONG_CSRF)
        return token

    def _show_cookies(self, request: Request) -> None:
        """Let the whole Cookie field stand behind one variable, where it is this person's own."""
        sent = request.headers.get("cookie")
        if sent and sent == self.person.store.header_for(request.url):
            self.person.shown_as[sent] = f"{self.person.prefix}COOKIE"

    def read(self, exchange: Exchange) -> Exchange:
        """The exchange with what the profile promises of it and reads in it."""
        described = self.profile.operations.get(exchange.request.operation)
        if described is None:
            return exchange
        captured = capture(described, exchange)
        identity = self.profile.identity
        if identity.session == "bearer" and exchange.request.operation in GIVE_SESSIONS:
            found = [token for source in identity.session_source if (token := read_source(source, exchange))]
            captured = {**({"bearer": found[0]} if found else {}), **captured}
        exchange = replace(exchange, expected=described.expect, captured=captured)
        if described.content_type and not described.streams:
            exchange = replace(exchange, expected_type=described.content_type.lower())
        return replace(exchange, lacks=tuple(self._missing(described, exchange)))

    def _missing(self, described: Operation, exchange: Exchange) -> Iterator[str]:
        """What later steps need of this answer and do not find in it."""
        for name, source in described.capture.items():
            if name in self.wanted and name not in exchange.captured:
                yield f"{name} at {source}"
        identity = self.profile.identity
        if exchange.request.operation == "signin" and identity.session_source and not self._has_session(exchange):
            yield f"session at {' or '.join(identity.session_source)}"

    def _has_session(self, exchange: Exchange) -> bool:
        """Whether an answer gives the session, or it goes on in a cookie that was there before."""
        return any(self.found(source, exchange) for source in self.profile.identity.session_source)

    def found(self, source: str, exchange: Exchange) -> str | None:
        """What a source finds in an answer; a cookie that was set before need not be set again."""
        kind, _, name = source.partition(":")
        return read_source(source, exchange) or (self.person.store.value_of(name) if kind == "cookie" else None)

    def learn(self, exchange: Exchange) -> dict[str, str]:
        """
        Know what an answer gives before it is written down: secrets stay out of evidence from the start.

        Returns the variables of what was captured, by the captured name.
        """
        given: dict[str, str] = {}
        for value, name in secrets_given(self.profile, exchange):
            given.setdefault(value, name)
        for value, name in given.items():
            if len(value) >= SHORTEST:
                self._secret(value, name)
        return {name: self.name(name, value) for name, value in exchange.captured.items() if name in self.wanted}

    def name(self, captured: str, value: str) -> str:
        """
        The variable that stands for a value of this kind; each further one in this part gets a number of its own.

        A value that has a variable keeps it.
        """
        if value not in self.person.shown_as:
            number = self.named[captured] = self.named.get(captured, 0) + 1
            suffix = "" if number == 1 else f"_{number}"
            self.person.shown_as[value] = f"{self.person.prefix}{captured.upper()}{suffix}"
        return self.person.shown_as[value]

    def take_over(self, exchange: Exchange) -> None:
        """Take over what an answer set; only from steps, so that a probe cannot change who we are."""
        self.person.store.update(exchange.cookies, exchange.request.url)
        self.person.variables |= exchange.captured
        bearer = exchange.captured.get("bearer")
        if bearer:
            self.person.bearer = bearer
            self._secret(bearer, "TOKEN")

    def _secret(self, value: str, name: str) -> None:
        shown = f"{self.person.prefix}{name}"
        self.cast.vault.add(value, shown)
        self.person.shown_as[value] = shown

    def _variables(self) -> Mapping[str, str]:
        everyone = {value: name for person in self.cast.persons.values() for value, name in person.shown_as.items()}
        ours = {value: name for name, value in self.profile.secrets.items()}
        return ours | everyone | self.person.shown_as
