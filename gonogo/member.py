"""
What a person does to the target in one scenario.

A member sends, obeys the limits, records, and stops the scenario when a step does not get its answer.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gonogo.check import CATALOGUE
from gonogo.exchange import Exchange, Refusal, Request, StreamedExchange
from gonogo.mailbox import wait_for_mail
from gonogo.operation import Credentials, build, capture, read_source, variables_of
from gonogo.people import MailWait
from gonogo.redaction import SHORTEST
from gonogo.tampering import tampered_token
from gonogo.template import Filler
from gonogo.trouble import HarnessTrouble, OperationFailed
from gonogo.webhook import FRESH, Signing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.people import Cast, Person

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
POLL_S = 0.25
FOLLOWED = "followed redirect"  # no operation's name: a limit on everything counts it


class Member:
    """A person in one scenario."""

    def __init__(self, person: Person, cast: Cast, scenario: str) -> None:
        """Act as this person, for this scenario."""
        self.person = person
        self.cast = cast
        self.scenario = scenario
        self.profile = cast.profile

    # -- requests and exchanges -----------------------------------------------------------------

    @property
    def credentials(self) -> Credentials:
        """What this person's requests carry now; cookies are chosen for each URL."""
        return Credentials(cookies=self.person.store, bearer=self.person.bearer, csrf=self.person.csrf)

    def request(self, operation: str, *, credentials: Credentials | None = None, **values: Any) -> Request:  # noqa: ANN401  a template takes any value
        """Build the request of an operation as this person would send it."""
        known = self.person.variables | values
        return build(self.profile, operation, known, credentials=credentials or self.credentials)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The variables that requests need; of what answers hold, only these stand behind a shell variable."""
        return frozenset(name for one in self.profile.operations for name in variables_of(self.profile, one))

    @property
    def who(self) -> tuple[str, str]:
        """The user and the address that the target's limits count."""
        return self.person.account.id, self.person.address or ""

    async def exchange(self, request: Request, *, paced: bool = True, repeat: int = 1) -> Exchange:
        """
        Send a request, obey the target's limits, keep the exchange and what it captured.

        `repeat` is how often one must send it to see the same; its curl line says so.
        """
        budget = self.cast.budget
        for operation in (request.operation, *([FOLLOWED] * request.redirects)):
            if paced:
                await budget.take(operation, *self.who)
            else:
                budget.record(operation, *self.who)
        self._show_cookies(request)
        exchange = await self.person.driver.send(request, self.cast.recorder.next_id(), self.person.name)
        for _ in range(request.redirects - exchange.followed):
            budget.give_back(FOLLOWED, *self.who)
        described = self.profile.operations.get(request.operation)
        if described:
            exchange = replace(exchange, expected=described.expect, captured=capture(described, exchange))
        self._learn(exchange)
        self.cast.recorder.exchange(exchange, self.scenario, self._variables(), repeat)
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
        """Hold a step's answer against what the profile promises; raises OperationFailed."""
        check = CATALOGUE.get(f"operation.{exchange.request.operation}") or CATALOGUE["operation.other"]
        record = self.cast.recorder.checked(self.scenario, check(), exchange, exchange.trail)
        if record.complaints or record.error:
            raise OperationFailed(record.error or record.complaints[0])
        self.take_over(exchange)
        return exchange

    async def refused(self, valid: Request, invalid: Request, by: Member | None = None) -> Refusal:
        """
        Send a request that must be refused between two that differ from it in that one respect.

        `by` is who sends the invalid one, where that is the respect.
        """
        before = await self.exchange(valid)
        refused = await (by or self).exchange(invalid)
        return Refusal(before=before, refused=refused, after=await self.exchange(valid))

    def tampered(self, request: Request) -> Request:
        """The same request with its session changed in the middle, as a forger would."""
        for value in (*self.person.store.values, self.person.bearer or ""):
            for name in ("cookie", "authorization", self.profile.identity.bearer.header):
                sent = request.headers.get(name)
                if value and value in sent:
                    request = request.with_header(name, sent.replace(value, tampered_token(value)))
        return request

    # -- what people do -------------------------------------------------------------------------

    async def join(self) -> Member:
        """Be a verified, signed-in member, whatever that takes; done once a person."""
        async with self.person.ready:
            if self.person.signed_in_by:
                return self
            if self.person.account.made and not self.person.proven:
                await self._become_known()
            if "signin" in self.profile.operations:
                await self.sign_in()
        return self

    async def _become_known(self) -> None:
        if self.person.account.exists:
            raise OperationFailed(f"{self.person.name} could not join before, and is not asked to try again")
        await self.sign_up()
        if "verify_email" in self.profile.operations:
            await self.verify_email()
        self.person.proven = True

    async def keeps_from(self, other: Member, operation: str, **values: Any) -> Refusal:  # noqa: ANN401  a template takes any value
        """Have another member send what this one may: the refusal, between this one's own two."""
        return await self.refused(self.request(operation, **values), other.request(operation, **values), by=other)

    @property
    def signed_in_by(self) -> Exchange:
        """The answer that signed this person in. Raises HarnessTrouble when nobody signs in here."""
        if self.person.signed_in_by is None:
            raise HarnessTrouble(f"{self.person.name} has not signed in")
        return self.person.signed_in_by

    def leave(self) -> None:
        """Count the session as lost, so that whoever needs it signs in again."""
        self.person.signed_in_by = None

    async def sign_up(self) -> Exchange:
        """Sign up with this person's address; the account is removed when the run ends."""
        self.cast.keep(self.person.account)
        self.person.account.exists = True
        self.person.variables["mail_since"] = time.time()
        return await self.do("signup")

    async def verification_mail(self) -> dict[str, str]:
        """Wait for the mail and read its link; the groups of the profile's pattern, such as the token."""
        mail = self.profile.mail
        if mail is None:
            return {}
        since = float(self.person.variables.get("mail_since", 0.0))
        arrived = await wait_for_mail(self.cast.mail_folder, self.person.account.email, since, mail.wait_s)
        groups = arrived.groups(mail.link) if arrived else {}
        wait = MailWait(recipient=self.person.account.email, waited_s=mail.wait_s, mail=arrived, groups=groups)
        record = self.cast.recorder.checked(self.scenario, CATALOGUE["auth.mail-arrives"](), wait, ())
        if record.complaints or record.error:
            raise OperationFailed(record.error or record.complaints[0])
        for name, value in groups.items():
            self._secret(value, f"MAIL_{name.upper()}")
        return groups

    async def verify_email(self) -> Exchange:
        """Follow the link of the mail."""
        return await self.do("verify_email", **await self.verification_mail())

    async def sign_in(self) -> Exchange:
        """Sign in, and fetch the CSRF token that belongs to the new session."""
        await self.prepare_csrf("signin")
        exchange = await self.do("signin")
        self.person.signed_in_by = exchange
        await self.fetch_csrf()
        return exchange

    async def prepare_csrf(self, operation: str) -> None:
        """Fetch a token beforehand where the profile's form wants one before there is a session."""
        csrf = self.profile.csrf
        if csrf and csrf.before_session and self.profile.operations[operation].method not in SAFE:
            await self.fetch_csrf()

    async def fetch_csrf(self) -> None:
        """Fetch the token that unsafe requests carry, where the profile names one."""
        csrf = self.profile.csrf
        if csrf is None:
            return
        exchange = await self.do(csrf.fetch)
        token = read_source(csrf.source, exchange)
        if token is None:
            raise OperationFailed(f"{exchange} holds no CSRF token at {csrf.source}")
        self.person.csrf = token
        self._secret(token, "CSRF")

    async def create_conversation(self, title: str) -> str:
        """Create a conversation; its id."""
        exchange = await self.do("create_conversation", title=title)
        return exchange.captured.get("conversation_id", "")

    async def send(self, conversation: str, content: str) -> StreamedExchange:
        """Send a message and read the whole stream."""
        self.person.account.messages += 1
        exchange = await self.do("send_message", conversation_id=conversation, content=content)
        if not isinstance(exchange, StreamedExchange):
            raise HarnessTrouble("the profile's send_message does not say `streams: true`")
        return exchange

    async def ask(self, content: str) -> StreamedExchange:
        """Send a message in a conversation of its own."""
        return await self.send(await self.create_conversation("smoke"), content)

    def prompt(self, means: str, **values: str) -> str:
        """One of the profile's prompts, filled."""
        template = getattr(self.profile.means, means)
        if template is None:
            raise HarnessTrouble(f"the profile names no means.{means}: mark the part with needs")
        return Filler(operation=means, variables=values, environ={}).text(template)

    async def history(self, conversation: str) -> Exchange:
        """Read a conversation's messages."""
        return await self.do("history", conversation_id=conversation)

    def signed_event(self, signing: Signing = FRESH, **values: Any) -> Request:  # noqa: ANN401  a template takes any value
        """Build a payment event signed as the profile says, or as `signing` gets it wrong."""
        payment = self.profile.payment
        if payment is None or payment.secret is None:
            raise HarnessTrouble("the profile has no payment secret to sign an event with")
        request = self.request("payment_webhook", **values)
        signature = signing.signature(payment.secret, request.body, time.time())
        self.person.shown_as[signature] = signing.variable
        return request.with_header(payment.header, signature)

    # -- what is learned from answers -----------------------------------------------------------

    def _show_cookies(self, request: Request) -> None:
        """Let the whole Cookie field stand behind one variable, where it is this person's own."""
        sent = request.headers.get("cookie")
        if sent and sent == self.person.store.header_for(request.url):
            self.person.shown_as[sent] = f"{self.person.prefix}COOKIE"

    def _learn(self, exchange: Exchange) -> None:
        for cookie in exchange.cookies:
            if len(cookie.value) >= SHORTEST:
                self._secret(cookie.value, f"COOKIE_{re.sub(r'[^A-Za-z0-9]+', '_', cookie.name).strip('_').upper()}")
        for name, value in exchange.captured.items():
            if name in self.wanted:
                self.person.shown_as.setdefault(value, f"{self.person.prefix}{name.upper()}")

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
        return everyone | self.person.shown_as
