"""
What a person does to the target in one scenario.

`gonogo.sender` says how requests are sent; here they become what people want.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gonogo.check import CATALOGUE
from gonogo.exchange import Exchange, Refusal, Request, StreamedExchange
from gonogo.mailbox import wait_for_mail
from gonogo.people import MailWait
from gonogo.remote_mail import wait_for_remote_mail
from gonogo.sender import Sender
from gonogo.template import Filler
from gonogo.trouble import HarnessTrouble, OperationFailed, Trouble
from gonogo.webhook import DIGEST, FRESH, Signing, respaced

if TYPE_CHECKING:
    from gonogo.mailbox import Mail
    from gonogo.sections import Mail as MailSection

RESET_MAIL = "auth.reset-mail-arrives"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Member(Sender):
    """A person in one scenario."""

    async def join(self) -> Member:
        """
        Be a verified, signed-in member, whatever that takes; done once a person.

        Who could not join is not asked to try again: it would spend the target's limits, and our time.
        """
        async with self.person.ready:
            if self.person.signed_in_by:
                return self
            if kept_out := self.person.kept_out:
                why = f"{self.person.name} could not join before, and is not asked to try again: {kept_out}"
                raise type(kept_out)(why)
            try:
                if self.person.account.made and not self.person.account.proven:
                    await self._become_known()
                if "signin" in self.profile.operations:
                    await self.sign_in()
            except Trouble as trouble:
                self.person.kept_out = trouble
                raise
        return self

    async def _become_known(self) -> None:
        await self.sign_up()
        if "verify_email" in self.profile.operations:
            await self.verify_email()
        self.person.account.proven = True

    def title(self, word: str) -> str:
        """A title that nothing on the target has yet, for whoever looks for it later."""
        return self.cast.names.title(word)

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
        await self.prepare_csrf("signup")
        return await self.do("signup")

    async def delete_account(self) -> Exchange:
        """Have this person's account deleted; nothing is left to be removed when the run ends."""
        exchange = await self.do("delete_account")
        self.person.account.exists, self.person.account.gone = False, True
        return exchange

    async def mailed_link(self, check: str = "auth.mail-arrives") -> dict[str, str]:
        """
        Wait for the mail and read its link; the groups of the profile's pattern, such as the token.

        Raises OperationFailed where no such mail comes, after the `check` has said so.
        """
        mail = self.profile.mail
        if mail is None:
            return {}
        pattern = (mail.reset_link if check == RESET_MAIL else None) or mail.link
        since = float(self.person.variables.get("mail_since", 0.0))
        arrived = await self._mail_since(mail, since)
        groups = arrived.groups(pattern) if arrived else {}
        wait = MailWait(recipient=self.person.account.email, waited_s=mail.wait_s, mail=arrived, groups=groups)
        record = self.cast.recorder.checked(self.scenario, CATALOGUE[check](), wait, ())
        if record.complaints or record.error:
            raise OperationFailed(record.error or record.complaints[0])
        for name, value in groups.items():
            self._secret(value, f"MAIL_{name.upper()}")
        return groups

    async def _mail_since(self, mail: MailSection, since: float) -> Mail | None:
        if mail.source == "smtp-sink":
            return await wait_for_mail(self.cast.mail_folder, self.person.account.email, since, mail.wait_s)
        return await wait_for_remote_mail(mail, self.person.account.email, since, mail.wait_s)

    async def verify_email(self) -> Exchange:
        """Follow the link of the mail."""
        return await self.do("verify_email", **await self.mailed_link())

    async def sign_in(self) -> Exchange:
        """Sign in, and fetch the CSRF token that belongs to the new session."""
        await self.prepare_csrf("signin")
        exchange = await self.do("signin")
        await self.fetch_csrf()
        self.person.signed_in_by = exchange
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
        exchange = await self.attempt(csrf.fetch)
        token = self.found(csrf.source, exchange)
        if not token:
            exchange = replace(exchange, lacks=(*exchange.lacks, f"CSRF token at {csrf.source}"))
        self.answered(exchange)
        if token:
            self.person.csrf = token
            self._secret(token, "CSRF")

    async def create_conversation(self, title: str) -> str:
        """Create a conversation; its id, which is empty where the target keeps no conversations."""
        if "create_conversation" not in self.profile.operations:
            return ""
        exchange = await self.do("create_conversation", title=title)
        return exchange.captured.get("conversation_id", "")

    async def send(self, conversation: str, content: str, *, encodings: str | None = None) -> StreamedExchange:
        """Send a message and read the whole stream, which may be compressed in one of the `encodings`."""
        self.person.account.messages += 1
        request = self.request("send_message", conversation_id=conversation, content=content)
        if encodings:
            request = request.with_header("Accept-Encoding", encodings)
        exchange = self.answered(await self.exchange(request))
        if not isinstance(exchange, StreamedExchange):
            raise HarnessTrouble("the profile's send_message does not say `streams: true`")
        return exchange

    async def ask(self, content: str, *, encodings: str | None = None) -> StreamedExchange:
        """Send a message in a conversation of its own."""
        return await self.send(await self.create_conversation("smoke"), content, encodings=encodings)

    def question(self, words: str) -> str:
        """A question with these words that asks for an answer of some length."""
        asks = self.profile.means.fixed_prompt is not None
        return self.prompt("fixed_prompt", words=words) if asks else f"Tell me something about each of these: {words}"

    def prompt(self, means: str, **values: str) -> str:
        """One of the profile's prompts, filled."""
        template = getattr(self.profile.means, means)
        if template is None:
            raise HarnessTrouble(f"the profile names no means.{means}: mark the part with needs")
        return Filler(operation=means, variables=values, environ={}).text(template)

    async def history(self, conversation: str) -> Exchange:
        """Read a conversation's messages."""
        return await self.do("history", conversation_id=conversation)

    def signed_event(self, signing: Signing = FRESH, *, spaced: bool = False, **values: Any) -> Request:  # noqa: ANN401  a template takes any value
        """
        Build a payment event signed as the profile says, or as `signing` gets it wrong.

        The signature stands behind a variable, also a wrong one: it may be nearly right, or right somewhere else.
        """
        payment = self.profile.payment
        if payment is None or payment.secret is None:
            raise HarnessTrouble("the profile has no payment secret to sign an event with")
        request = self.request("payment_webhook", **values)
        request = replace(request, body=respaced(request.body)) if spaced else request
        for field, value in signing.headers(payment, request.body, time.time()).items():
            variable = signing.variable_for(field, payment)
            if variable == signing.variable:
                for secret in (value, *DIGEST.findall(value)[-1:]):
                    self.cast.vault.add(secret, variable)
            self.person.shown_as[value] = variable
            request = request.with_header(field, value)
        if "event_id" in values:
            self.name("event_id", str(values["event_id"]))
        return request
