"""
Goes through a target as its profile describes it, and says of each thing that does not fit which line to change.

It takes the steps of a member once: sign up, prove the address, sign in, ask something. A step that does not fit ends
what depends on it, so that one mistake is not told ten times.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from gonogo.exchange import StreamedExchange
from gonogo.mailbox import wait_for_mail
from gonogo.operation import read_source, variables_of
from gonogo.proposals import described_events, found_in, link_like, promised_numbers, proposed_delta, proposed_end
from gonogo.remote_mail import wait_for_remote_mail
from gonogo.trouble import HarnessTrouble, OperationFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange
    from gonogo.member import Member
    from gonogo.profile_file import Document, Loc

NOT_THERE, NOT_THIS_WAY, FORBIDDEN, NO_SESSION, TOO_MANY = 404, 405, 403, 401, 429
READS = ("session", "settings", "list_conversations", "projects", "plan")


class Misfit(Exception):
    """A step did not fit; what is wrong is written down already."""


class Consultation:
    """One member's way through the target; `problems` holds a sentence for each thing that does not fit."""

    def __init__(self, member: Member, document: Document) -> None:
        self.member = member
        self.profile = member.profile
        self.document = document
        self.problems: list[str] = []
        self.seen: set[str] = set()

    def say(self, loc: Loc, sentence: str) -> None:
        """Write down what is wrong, with its line."""
        told = str(self.document.error(loc, sentence))
        if told not in self.problems:
            self.problems.append(told)

    async def everything(self) -> list[str]:
        """Take each step that can be taken; what is wrong."""
        for name in self.open_to_all():
            await self.looked_at(name)
        if self.profile.allows("own-data"):
            with suppress(Misfit):
                await self.as_member()
        return self.problems

    async def as_member(self) -> None:
        """Become a member, and do what members do. Raises Misfit."""
        try:
            await self.joined()
            await self.used()
        except (HarnessTrouble, OperationFailed) as trouble:
            self.say((), str(trouble))

    def open_to_all(self) -> list[str]:
        """The operations that need no member and no variable."""
        return [
            name
            for name, one in self.profile.operations.items()
            if one.method == "GET" and one.credential in {"none", "operator"} and not variables_of(self.profile, name)
        ]

    async def looked_at(self, name: str, **values: str) -> Exchange | None:
        """Send an operation once; its answer, None where that does not fit the profile."""
        self.seen.add(name)
        exchange = await self.member.attempt(name, **values)
        wrong = list(self.misfits(name, exchange))
        for loc, sentence in wrong:
            self.say(loc, sentence)
        if not wrong:
            self.member.take_over(exchange)
        return None if wrong else exchange

    async def needed(self, name: str, **values: str) -> Exchange:
        """The same for a step that others stand on. Raises Misfit."""
        exchange = await self.looked_at(name, **values)
        if exchange is None:
            raise Misfit
        return exchange

    def misfits(self, name: str, exchange: Exchange) -> Iterator[tuple[Loc, str]]:
        """What does not fit of an answer, each with the place in the profile."""
        one, loc = self.profile.operations[name], ("operations", name)
        asked = f"{one.method} {one.path}"
        if exchange.status is None:
            yield loc, f"{asked} was not answered: {exchange.failure}"
        elif exchange.status not in one.expect:
            yield self.wrong_status(name, exchange)
        elif not exchange.has_expected_type:
            media_type = exchange.content_type or "no type"
            yield (*loc, "content_type"), f"{asked} answered with {media_type}, and the profile says {one.content_type}"
        else:
            yield from self.wrong_contents(name, exchange)
        yield from self.wrong_limits(name, exchange)

    def wrong_status(self, name: str, exchange: Exchange) -> tuple[Loc, str]:
        """What a status that was not promised most likely means."""
        one, loc, status = self.profile.operations[name], ("operations", name), exchange.status
        asked, promised = f"{one.method} {one.path} answered {status}", " or ".join(map(str, one.expect))
        if status == NOT_THERE:
            return (*loc, "path"), f"{asked}: the target knows no such path; correct operations.{name}.path"
        if status == NOT_THIS_WAY:
            allowed = exchange.headers.get("allow") or "other methods"
            return (*loc, "method"), f"{asked}: the path takes {allowed}; correct operations.{name}.method or path"
        if status == TOO_MANY:
            return ("promises", "limits"), f"{asked}: a limit is spent; promise it in promises.limits, or wait"
        if status in {NO_SESSION, FORBIDDEN} and one.credential in {"operator", "session"}:
            return self.refused(name, asked, status)
        return (*loc, "expect"), f"{asked}, and {promised} is expected; correct expect if {status} is a good answer"

    def refused(self, name: str, asked: str, status: int) -> tuple[Loc, str]:
        """What the profile most likely says wrongly of who is asking."""
        one, csrf = self.profile.operations[name], self.profile.csrf
        if one.credential == "operator":
            return ("operator", "headers"), f"{asked}: operator.headers do not open it"
        if status == FORBIDDEN and csrf and one.method != "GET":
            sent = f"{csrf.send_as} {csrf.name}"
            return ("csrf", "name"), f"{asked}, with the CSRF token sent as {sent}; correct csrf.name or csrf.send_as"
        return ("identity",), f"{asked} to who has just signed in: correct identity.session or session_source"

    def wrong_contents(self, name: str, exchange: Exchange) -> Iterator[tuple[Loc, str]]:
        """What the profile looks for in a good answer, and does not find."""
        one = self.profile.operations[name]
        for variable, source in one.capture.items():
            if variable not in exchange.captured:
                yield ("operations", name, "capture", variable), f"{source} is not in the answer; {found_in(exchange)}"
        build = self.profile.build
        if build and build.operation == name and not read_source(build.source, exchange):
            yield ("build", "source"), f"{build.source} is not in the answer of {name}; {found_in(exchange)}"

    def wrong_limits(self, name: str, exchange: Exchange) -> Iterator[tuple[Loc, str]]:
        """Where the answer tells another limit than the profile promises."""
        told, limit = promised_numbers(exchange), self.member.cast.budget.limit_for(name)
        if not told:
            return
        if limit is None:
            if name not in self.profile.promises.unlimited:
                yield ("promises", "limits"), f"the answer of {name} tells a limit of {told[0]}, and none is promised"
            return
        index = self.profile.promises.limits.index(limit)
        for key, says, is_told in (("requests", limit.requests, told[0]), ("window_s", limit.window_s, told[1])):
            if is_told is not None and says != is_told:
                loc = ("promises", "limits", index, key)
                yield loc, f"the limit {limit.name} has {key}: {says:g}, and the answer of {name} tells {is_told}"

    async def joined(self) -> None:
        """Sign up, prove the address, sign in and fetch the token. Raises Misfit."""
        account = self.member.person.account
        if account.made:
            self.member.cast.keep(account)
            account.exists, since = True, time.time()
            await self.member.prepare_csrf("signup")
            await self.needed("signup")
            if "verify_email" in self.profile.operations:
                await self.needed("verify_email", **await self.link(since))
        if "signin" not in self.profile.operations:
            return
        await self.member.prepare_csrf("signin")
        exchange = await self.needed("signin")
        sources = self.profile.identity.session_source
        if sources and not any(self.member.found(source, exchange) for source in sources):
            self.say(("identity", "session_source"), f"{' or '.join(sources)} is not there; {found_in(exchange)}")
            raise Misfit
        csrf = self.profile.csrf
        if csrf:
            answer = await self.needed(csrf.fetch)
            token = self.member.found(csrf.source, answer)
            if not token:
                self.say(("csrf", "source"), f"{csrf.source} is not in the answer of {csrf.fetch}; {found_in(answer)}")
                raise Misfit
            self.member.person.csrf = token

    async def link(self, since: float) -> dict[str, str]:
        """The groups of the mailed link. Raises Misfit."""
        mail, address = self.profile.mail, self.member.person.account.email
        if mail is None:
            return {}
        if mail.source == "smtp-sink":
            arrived = await wait_for_mail(self.member.cast.mail_folder, address, since, mail.wait_s)
        else:
            arrived = await wait_for_remote_mail(mail, address, since, mail.wait_s)
        if arrived is None:
            where = mail.listen if mail.source == "smtp-sink" else mail.url or mail.server
            self.say(("mail",), f"no mail came to {where} within {mail.wait_s:g} s; does the target send there?")
            raise Misfit
        groups = arrived.groups(mail.link)
        wanted = set(variables_of(self.profile, "verify_email")) - {"email", "password", "name"}
        if not groups or wanted - set(groups):
            found = f"the groups {', '.join(sorted(groups))}" if groups else "nothing"
            needs = f", and verify_email needs {', '.join(sorted(wanted))}" if wanted else ""
            self.say(("mail", "link"), f"the pattern finds {found} in the mail{needs}; {link_like(arrived)}")
            raise Misfit
        return groups

    async def used(self) -> None:
        """Read what a member reads, make a conversation, and ask something in it."""
        for name in READS:
            if name in self.profile.operations and name not in self.seen:
                await self.looked_at(name)
        conversation = ""
        if "create_conversation" in self.profile.operations:
            made = await self.needed("create_conversation", title="doctor")
            conversation = made.captured.get("conversation_id", "")
        if "send_message" not in self.profile.operations:
            return
        values = {"conversation_id": conversation, "content": "Tell me something about doctors."}
        reply = await self.needed("send_message", **values)
        if isinstance(reply, StreamedExchange):
            self.stream(reply)
        if "history" in self.profile.operations:
            await self.looked_at("history", conversation_id=conversation)

    def stream(self, reply: StreamedExchange) -> None:
        """Whether the dialect reads what was streamed; if not, what was seen, and what to write."""
        if not reply.events:
            self.say(("operations", "send_message", "streams"), "the answer holds no event; is it a stream at all?")
            return
        seen = f"none of {len(reply.events)} events {{}} ({described_events(reply.events)}); {{}}"
        if not any(event.delta for event in reply.events):
            self.say(("stream", "delta"), seen.format("carries text", proposed_delta(reply.events)))
        if not any(event.terminal for event in reply.events):
            self.say(("stream", "end"), seen.format("ends the stream", proposed_end(reply.events)))
