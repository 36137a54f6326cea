"""
Reads mails from a mailbox that somebody else keeps: Mailpit's HTTP API, or any server that speaks IMAP.

    HarnessTrouble: the mailbox refuses us or says what is none of its protocol; it is not the target's fault.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import email.utils
import imaplib
import ssl
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from gonogo.mailbox import Mail, text_of
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from gonogo.sections import Mail as MailSection

STEP_S = 0.5
TIMEOUT_S = 10.0
MOST = 50
CLOCKS_APART_S = 5.0
"""How much earlier than we a mailbox's clock may say that a mail arrived."""


async def wait_for_remote_mail(source: MailSection, recipient: str, since: float, deadline_s: float) -> Mail | None:
    """
    Wait for the newest mail to an address that arrived at `since` (seconds since the epoch) or later.

    None when none came within so many seconds. Raises HarnessTrouble when the mailbox cannot be read.
    """
    deadline = time.monotonic() + deadline_s
    while True:
        late = time.monotonic() >= deadline
        async for mail in READERS[source.source](source, recipient):
            if mail.arrived >= since - CLOCKS_APART_S:
                return mail
        if late:
            return None
        await asyncio.sleep(STEP_S)


async def from_mailpit(source: MailSection, recipient: str) -> AsyncIterator[Mail]:
    """Mails to an address, the newest first, as Mailpit's search finds them (API v1)."""
    auth = (source.username, source.password or "") if source.username else None
    async with httpx.AsyncClient(
        base_url=source.url or "", auth=auth, trust_env=False, timeout=TIMEOUT_S, verify=trust(source)
    ) as client:
        query = {"query": f'to:"{recipient}"', "limit": str(MOST)}
        found = await asked(client, "/api/v1/search", query)
        for summary in listed(found):
            raw = await asked(client, f"/api/v1/message/{summary['ID']}/raw")
            message = email.message_from_bytes(raw.content, policy=email.policy.default)
            arrived = moment_of(str(summary.get("Created", "")))
            if recipient.lower() in recipients_of(message, summary):
                yield mail_of(message, recipient, arrived)


async def asked(client: httpx.AsyncClient, path: str, query: dict[str, str] | None = None) -> httpx.Response:
    """What Mailpit answers. Raises HarnessTrouble unless that is good."""
    try:
        answer = await client.get(path, params=query)
    except httpx.HTTPError as error:
        raise HarnessTrouble(f"mail.url: {client.base_url} does not answer: {error or type(error).__name__}") from error
    if answer.status_code in {401, 403}:
        raise HarnessTrouble(f"mail.url: {path} answered {answer.status_code}; look at mail.username and password")
    if not answer.is_success:
        raise HarnessTrouble(f"mail.url: {path} answered {answer.status_code}; is this Mailpit's address?")
    return answer


def listed(answer: httpx.Response) -> list[dict[str, object]]:
    """The messages that a search found. Raises HarnessTrouble for an answer that is no search's."""
    try:
        messages = answer.json()["messages"]
        return [{**one, "ID": str(one["ID"])} for one in messages]
    except (ValueError, KeyError, TypeError) as error:
        raise HarnessTrouble("mail.url: the answer to a search is none of Mailpit's; is this its address?") from error


def recipients_of(message: EmailMessage, summary: dict[str, object]) -> set[str]:
    """Every address that a mail went to, as its header and Mailpit's envelope say, in lower case."""
    named = [value for name in ("to", "cc", "delivered-to") for value in message.get_all(name, [])]
    found = {address.lower() for _, address in email.utils.getaddresses([str(value) for value in named])}
    for key in ("To", "Cc", "Bcc"):
        people = summary.get(key)
        listed_there = people if isinstance(people, list) else []
        found |= {str(one.get("Address", "")).lower() for one in listed_there if isinstance(one, dict)}
    return found


def moment_of(text: str) -> float:
    """A date of RFC 3339 in seconds since the epoch; nought when it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0


def mail_of(message: EmailMessage, recipient: str, arrived: float) -> Mail:
    """A mail as scenarios read it."""
    return Mail(
        sender=str(message["from"] or ""),
        recipients=(recipient,),
        subject=str(message["subject"] or ""),
        text=text_of(message),
        arrived=arrived,
    )


async def from_imap(source: MailSection, recipient: str) -> AsyncIterator[Mail]:
    """Mails to an address, the newest first, as a folder of an IMAP server holds them (RFC 9051)."""
    for raw, arrived in await asyncio.to_thread(fetched, source, recipient):
        message = email.message_from_bytes(raw, policy=email.policy.default)
        if recipient.lower() in recipients_of(message, {}):
            yield mail_of(message, recipient, arrived)


def fetched(source: MailSection, recipient: str) -> list[tuple[bytes, float]]:
    """The mails and when each arrived, read without marking them. Raises HarnessTrouble when that cannot be done."""
    host, _, port = (source.server or "").rpartition(":")
    try:
        box = connected(host.strip("[]"), int(port), source)
        try:
            box.login(source.username or "", source.password or "")
            state, _ = box.select(quoted(source.folder), readonly=True)
            if state != "OK":
                raise HarnessTrouble(f"mail.folder: the mailbox has no folder {source.folder}")
            _, found = box.search(None, "TO", quoted(recipient))
            numbers = (found[0] or b"").split()[::-1][:MOST]
            return [one for number in numbers if (one := one_of(box, number.decode()))]
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                box.logout()
    except (imaplib.IMAP4.error, OSError) as error:
        raise HarnessTrouble(f"mail.server: {source.server} cannot be read: {error}") from error


def connected(host: str, port: int, source: MailSection) -> imaplib.IMAP4:
    """A connection with TLS from the start, upgraded to it, or without it, as the profile says."""
    if source.security == "tls":
        return imaplib.IMAP4_SSL(host, port, ssl_context=trust(source), timeout=TIMEOUT_S)
    box = imaplib.IMAP4(host, port, timeout=TIMEOUT_S)
    if source.security == "starttls":
        box.starttls(trust(source))
    return box


def one_of(box: imaplib.IMAP4, number: str) -> tuple[bytes, float] | None:
    """One mail, and when it arrived."""
    _, parts = box.fetch(number, "(INTERNALDATE BODY.PEEK[])")
    for part in parts:
        if isinstance(part, tuple):
            arrived = imaplib.Internaldate2tuple(part[0])
            return part[1], time.mktime(arrived) if arrived else 0.0
    return None


def quoted(text: str) -> str:
    """A text as IMAP quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def trust(source: MailSection) -> ssl.SSLContext:
    """Whom to trust."""
    return ssl.create_default_context(cafile=source.ca_file)


READERS = {"mailpit": from_mailpit, "imap": from_imap}
