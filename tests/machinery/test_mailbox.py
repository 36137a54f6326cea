"""Mails go from a real SMTP client through the sink into the hands of whoever waits."""

import asyncio
import contextlib
import smtplib
import socket
import stat
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.mailbox import Mail, read_mail, wait_for_mail
from gonogo.sinks import MailSink
from gonogo.trouble import UsageError

LINK = r"https?://\S+[?&]token=(?P<token>[^\s&]+)"
LONG = "https://chat.example.com/verify?" + "x=1&" * 40 + "token=ab%2Bc="


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the sink writes."""
    return tmp_path / "private" / "mail"


@pytest.fixture
def sink(folder: Path) -> Iterator[MailSink]:
    """A sink on a free port."""
    with MailSink(folder, "127.0.0.1", 0) as listening:
        yield listening


def message(text: str = "Hello", **headers: str) -> EmailMessage:
    """A mail with this text."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Chat <no-reply@example.com>", "ann@example.com", "Verify"
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made


def deliver(sink: MailSink, mail: EmailMessage, *recipients: str) -> None:
    """Send a mail as the target would."""
    with smtplib.SMTP(sink.host, sink.port) as client:
        client.send_message(mail, to_addrs=list(recipients) or None)


def kept(raw: bytes) -> Mail:
    """Read a mail of these bytes."""
    return read_mail(
        {"sender": None, "recipients": ["ann@example.com"], "arrived": 0.0, "message": raw.decode("latin-1")}
    )


async def test_a_mail_arrives(sink: MailSink, folder: Path) -> None:
    """Sender, recipients, subject, text and arrival come through."""
    before = time.time()
    await asyncio.to_thread(deliver, sink, message("Grüße 😀"))
    mail = await wait_for_mail(folder, "ann@example.com", before, 5)
    assert mail is not None
    assert (mail.sender, mail.recipients, mail.subject) == ("no-reply@example.com", ("ann@example.com",), "Verify")
    assert mail.text.strip() == "Grüße 😀"
    assert before <= mail.arrived <= time.time()


async def test_waits_for_a_mail_that_comes_later(sink: MailSink, folder: Path) -> None:
    """Whoever waits before the mail is sent gets it."""
    waiting = asyncio.create_task(wait_for_mail(folder, "ann@example.com", 0, 5))
    await asyncio.sleep(0)
    await asyncio.to_thread(deliver, sink, message())
    assert await waiting is not None


async def test_only_ones_own_mail_counts(sink: MailSink, folder: Path) -> None:
    """Mail to others, and mail from before, is passed over; the case of an address does not matter."""
    await asyncio.to_thread(deliver, sink, message("old"), "ann@example.com")
    since = time.time()
    await asyncio.to_thread(deliver, sink, message("other"), "bob@example.com")
    await asyncio.to_thread(deliver, sink, message("mine"), "bob@example.com", "ANN@example.com")
    mail = await wait_for_mail(folder, "Ann@Example.com", since, 5)
    assert mail is not None
    assert mail.text.strip() == "mine"


async def test_none_when_time_is_up(folder: Path) -> None:
    """Without a mail, and even without a folder, the wait ends with nothing."""
    assert await wait_for_mail(folder, "ann@example.com", 0, 0) is None
    assert await wait_for_mail(folder, "ann@example.com", 0, 0.06) is None


def test_mails_are_private(sink: MailSink, folder: Path) -> None:
    """A mail holds a token: its file is for its owner alone, and nothing half-written stays."""
    deliver(sink, message())
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_port_in_use_is_the_users_error(sink: MailSink, folder: Path) -> None:
    """The sentence names host, port and the key to change."""
    sentence = (
        rf"^cannot listen on 127\.0\.0\.1:{sink.port} \(.+ in use\); free it, or .* at mail\.listen in the profile$"
    )
    with pytest.raises(UsageError, match=sentence):
        MailSink(folder, "127.0.0.1", sink.port).start()


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_the_users_error(folder: Path, host: str) -> None:
    """An address of another machine, or none at all, cannot be listened on."""
    with pytest.raises(UsageError, match=rf"^cannot listen on {host}:0 \("):
        MailSink(folder, host, 0).start()


def test_stopping_hangs_up(folder: Path) -> None:
    """A client that stays connected does not keep the sink from stopping, and its port is free again."""
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(MailSink(folder, "127.0.0.1", 0))
        client = socket.create_connection(("127.0.0.1", sink.port), timeout=5)
        assert client.recv(3) == b"220"
    with client:
        while client.recv(100):
            pass
    with MailSink(folder, "127.0.0.1", sink.port) as again:
        assert again.port == sink.port


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
def test_a_link_survives_its_encoding(encoding: str) -> None:
    """A long link is found whole, however the mail was encoded, and its escapes are undone."""
    mail = message()
    mail.set_content(f"Please open\n{LONG}\nsoon", cte=encoding)
    assert kept(mail.as_bytes()).groups(LINK) == {"token": "ab+c="}


def test_plain_text_is_preferred() -> None:
    """Of two versions the plain one is read, whatever else is attached."""
    mail = message("plain")
    mail.add_alternative("<p>page</p>", subtype="html")
    mail.add_attachment(b"\0", maintype="image", subtype="png")
    assert kept(mail.as_bytes()).text.strip() == "plain"


def test_a_page_is_read_when_there_is_no_plain_text() -> None:
    """Of HTML the text and the links are read, without escapes, styles or scripts."""
    page = '<style>p {}</style><p>Hi <b>Ann</b></p><a href="https://x.example.com/v?a=1&amp;token=t0k3n">Verify</a><script>1</script>'
    mail = EmailMessage()
    mail.set_content(page, subtype="html")
    read = kept(mail.as_bytes())
    assert read.text.split("\n") == ["", "Hi Ann", "https://x.example.com/v?a=1&token=t0k3n", "Verify", ""]
    assert read.groups(LINK) == {"token": "t0k3n"}


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        (r"code (?P<code>\d+)", {"code": "123456"}),
        (r"code (?P<code>\d+)(?P<more>x)?", {"code": "123456"}),
        (r"link (?P<link>\S+)", {}),
        (r"code", {}),
    ],
)
def test_groups(pattern: str, groups: dict[str, str]) -> None:
    """The named groups that took part are returned, and none when nothing matches."""
    assert kept(b"\n\nYour code 123456").groups(pattern) == groups


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"Content-Type: text/plain; charset=nonsense\n\nh\xc3\xa9", "hé"),
        (b"Content-Type: text/plain; charset=latin-1\n\nh\xe9", "hé"),
        (b"Content-Type: text/plain\n\nh\xff", "h\ufffd"),
        (b"Content-Type: multipart/mixed\n\nno boundary", ""),
        (b"Content-Type: text/html\n\n<![x<p>a", ""),
    ],
)
def test_broken_mails_are_read_as_far_as_possible(raw: bytes, text: str) -> None:
    """A mail that is wrong in its charset or structure does not stop the reader."""
    assert kept(raw).text.strip() == text


@given(raw=st.binary(max_size=300))
def test_any_bytes_are_read(raw: bytes) -> None:
    """No mail whatever makes the reader raise."""
    assert kept(b"Content-Type: text/html\n\n" + raw).arrived == 0
    assert kept(raw).arrived == 0
