"""Mails are found in mailboxes that others keep: servers of our own speak Mailpit's API and IMAP."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from gonogo.remote_mail import wait_for_remote_mail
from gonogo.sections import Mail as Source
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.machinery.conftest import Reply, Serve

TOKEN, KEY = "t0k3n", "p4ss"
LINK = r"https?://\S+[?&]token=(?P<token>[^\s&]+)"
ADDRESS, NOW = "ann@example.com", "2024-05-01T10:00:00.123Z"
AT = 1714557600.123


def message(to: str = ADDRESS, token: str = TOKEN) -> bytes:
    """A mail with a link."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "chat@example.com", f"Ann <{to}>", "Verify"
    made.set_content(f"Open https://chat.example.com/verify?token={token}")
    return made.as_bytes()


def mailpit(url: str, **more: Any) -> Source:  # noqa: ANN401  passed on
    """A profile's section for Mailpit."""
    return Source(source="mailpit", url=url, link=LINK, **more)


def found(*summaries: dict[str, Any]) -> dict[str, Any]:
    """What Mailpit's search answers."""
    return {"total": len(summaries), "messages": list(summaries)}


SUMMARY = {"ID": "a1", "Created": NOW, "To": [{"Name": "Ann", "Address": ADDRESS}]}


async def test_mailpit(serve: Serve, reply: Reply) -> None:
    """The mail to the address is found by a search, and its link is read from the mail as it came."""
    answers = {"GET /api/v1/search": reply(200, found(SUMMARY)), "GET /api/v1/message/a1/raw": reply(200, message())}
    service = serve(answers)
    mail = await wait_for_remote_mail(mailpit(service.url, username="u", password="p"), ADDRESS, AT, 5)
    assert mail is not None
    assert mail.groups(LINK) == {"token": "t0k3n"}
    assert (mail.recipients, mail.subject, mail.arrived) == ((ADDRESS,), "Verify", AT)
    assert service.seen[0].path == "/api/v1/search?query=to%3A%22ann%40example.com%22&limit=50"
    assert service.seen[0].headers["authorization"] == "Basic dTpw"


async def test_mailpit_knows_who_was_meant_blindly(serve: Serve, reply: Reply) -> None:
    """An address that only the envelope names counts."""
    summary = {"ID": "a1", "Created": NOW, "To": None, "Bcc": [{"Address": "Ann@Example.com"}]}
    raw = message("others@example.com")
    service = serve({"GET /api/v1/search": reply(200, found(summary)), "GET /api/v1/message/a1/raw": reply(200, raw)})
    assert await wait_for_remote_mail(mailpit(service.url), ADDRESS, 0, 0) is not None


async def test_what_came_before_or_to_others_is_passed_over(serve: Serve, reply: Reply) -> None:
    """A mail from before does not count, nor one to an address that only looks alike; then time is up."""
    other = {"ID": "b2", "Created": NOW, "To": [{"Address": f"x{ADDRESS}"}]}
    service = serve(
        {
            "GET /api/v1/search": reply(200, found(SUMMARY, other)),
            "GET /api/v1/message/a1/raw": reply(200, message()),
            "GET /api/v1/message/b2/raw": reply(200, message(f"x{ADDRESS}")),
        }
    )
    assert await wait_for_remote_mail(mailpit(service.url), ADDRESS, AT + 60, 0) is None
    assert await wait_for_remote_mail(mailpit(service.url), f"y{ADDRESS}", 0, 0) is None


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, "", r"mail\.url: .* answered 401; look at mail\.username and password"),
        (404, "", r"mail\.url: .* answered 404; is this Mailpit's address"),
        (200, "<html>", r"the answer to a search is none of Mailpit's"),
        (200, '{"total": 1}', r"the answer to a search is none of Mailpit's"),
    ],
)
async def test_a_mailbox_that_is_none(serve: Serve, reply: Reply, status: int, body: str, sentence: str) -> None:
    """What is wrong with the mailbox is our trouble and not the target's, with the key to look at."""
    with pytest.raises(HarnessTrouble, match=sentence):
        await wait_for_remote_mail(mailpit(serve(reply(status, body)).url), ADDRESS, 0, 0)


async def test_a_mailbox_that_is_not_there(nowhere: str) -> None:
    """The address is named."""
    with pytest.raises(HarnessTrouble, match=r"mail\.url: http://127\.0\.0\.1:\d+/? does not answer"):
        await wait_for_remote_mail(mailpit(nowhere), ADDRESS, 0, 0)


# -- IMAP --------------------------------------------------------------------------------------------


@asynccontextmanager
async def imap(
    mails: list[bytes], tls: ssl.SSLContext | None = None, *, password: str = KEY, folder: str = "INBOX"
) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that speaks as much IMAP as is needed: its address, and what it was told."""
    told: list[str] = []
    talks: set[asyncio.Task[Any]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        writer.write(b"* OK ready\r\n")
        try:
            while line := (await reader.readline()).decode().strip():
                tag, _, words = line.partition(" ")
                told.append(words)
                writer.write(answer_to(words) + f"{tag} {verdict(words)}\r\n".encode())
        finally:
            writer.close()

    def verdict(words: str) -> str:
        wrong_key = words.startswith("LOGIN") and password not in words
        wrong_folder = words.startswith("EXAMINE") and folder not in words
        return "NO that is wrong" if wrong_key or wrong_folder else "OK done"

    def answer_to(words: str) -> bytes:
        command = words.split(" ", maxsplit=1)[0]
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command == "EXAMINE":
            return b"* %d EXISTS\r\n" % len(mails)
        if command == "SEARCH":
            return b"* SEARCH " + b" ".join(b"%d" % number for number in range(1, len(mails) + 1)) + b"\r\n"
        if command == "FETCH":
            mail = mails[int(words.split(" ")[1]) - 1]
            date = time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime(AT)).encode()
            return b'* 1 FETCH (INTERNALDATE "%s" BODY[] {%d}\r\n%s)\r\n' % (date, len(mail), mail)
        return b""

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", told
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)


def box(server: str, **more: Any) -> Source:  # noqa: ANN401  passed on
    """A profile's section for IMAP without TLS."""
    given = {"security": "none", "username": "u", "password": "p4ss", **more}
    return Source(source="imap", server=server, link=LINK, **given)


async def test_imap() -> None:
    """The newest mail to the address is read, and nothing is marked."""
    async with imap([message(token="old"), message(token="new"), message("bob@example.com")]) as (server, told):
        mail = await wait_for_remote_mail(box(server), ADDRESS, AT, 5)
    assert mail is not None
    assert mail.groups(LINK) == {"token": "new"}
    assert int(mail.arrived) == int(AT)
    assert 'SEARCH TO "ann@example.com"' in told
    assert "EXAMINE" in " ".join(told)
    assert "LOGOUT" in told


async def test_imap_with_tls(tls: ssl.SSLContext, ca_file: Path) -> None:
    """The server's certificate is checked against the profile's authorities, or the system's."""
    async with imap([message()], tls) as (server, _):
        trusting = box(server, security="tls", ca_file=str(ca_file))
        assert await wait_for_remote_mail(trusting, ADDRESS, 0, 5) is not None
        with pytest.raises(HarnessTrouble, match=r"mail\.server: .* cannot be read: .*certificate verify failed"):
            await wait_for_remote_mail(box(server, security="tls"), ADDRESS, 0, 0)


async def test_imap_without_a_mail() -> None:
    """None when nothing came, or only what is from before."""
    async with imap([]) as (server, _):
        assert await wait_for_remote_mail(box(server), ADDRESS, 0, 0) is None
    async with imap([message()]) as (server, _):
        assert await wait_for_remote_mail(box(server), ADDRESS, AT + 60, 0) is None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"password": "wrong"}, r"mail\.server: .* cannot be read: .*that is wrong"),
        ({"folder": "Spam"}, r"mail\.folder: the mailbox has no folder Spam"),
    ],
)
async def test_an_imap_mailbox_that_refuses(more: dict[str, str], sentence: str) -> None:
    """A wrong password or folder is our trouble, and no password is told."""
    async with imap([message()]) as (server, _):
        with pytest.raises(HarnessTrouble, match=sentence) as raised:
            await wait_for_remote_mail(box(server, **more), ADDRESS, 0, 0)
    assert "wrong" not in str(raised.value).replace("that is wrong", "")


@pytest.mark.parametrize(
    ("section", "missing"),
    [
        ({"source": "mailpit"}, "source: mailpit needs url"),
        ({"source": "imap", "server": "mail.example.com:993"}, "source: imap needs username and password"),
    ],
)
def test_a_source_says_where(section: dict[str, str], missing: str) -> None:
    """What a source cannot do without is named, and a password is never shown."""
    with pytest.raises(ValidationError, match=missing):
        Source.model_validate({"link": LINK, **section})
    assert "p4ss" not in repr(box("mail.example.com:993")) + json.dumps(box("mail.example.com:993").model_dump())
