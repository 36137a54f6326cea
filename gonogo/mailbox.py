"""Reads the mails that the target sent to our mail sink."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

STEP_S = 0.05
BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "li", "p", "td", "tr"})
HIDDEN = frozenset({"script", "style", "title"})


@dataclass(frozen=True, kw_only=True)
class Mail:
    """
    One mail: the envelope's sender and recipients, and the text that a person would read.

    `arrived` is in seconds since the epoch.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    arrived: float

    def groups(self, link_pattern: str) -> dict[str, str]:
        """Return the named groups of the first match, free of URL escapes; nothing when there is none."""
        match = re.search(link_pattern, self.text)
        found = match.groupdict() if match else {}
        return {name: unquote(value) for name, value in found.items() if value is not None}


async def wait_for_mail(folder: Path, recipient: str, since: float, deadline_s: float) -> Mail | None:
    """
    Wait for the first mail to an address that arrived at `since` (seconds since the epoch) or later.

    None when none came within so many seconds.
    """
    passed_over: set[str] = set()
    deadline = time.monotonic() + deadline_s
    while True:
        late = time.monotonic() >= deadline
        for mail in new_mails(folder, passed_over):
            if mail.arrived >= since and recipient.lower() in {one.lower() for one in mail.recipients}:
                return mail
        if late:
            return None
        await asyncio.sleep(STEP_S)


def new_mails(folder: Path, passed_over: set[str]) -> list[Mail]:
    """Read the mails whose files were not passed over yet, in the order of their arrival."""
    paths = sorted(path for path in folder.glob("*.json") if path.name not in passed_over)
    passed_over.update(path.name for path in paths)
    return [read_mail(json.loads(path.read_bytes())) for path in paths]


def read_mail(kept: dict[str, Any]) -> Mail:
    """Read a mail as the sink kept it."""
    message = email.message_from_bytes(kept["message"].encode("latin-1"), policy=email.policy.default)
    return Mail(
        sender=kept["sender"] or "",
        recipients=tuple(kept["recipients"]),
        subject=str(message["subject"] or ""),
        text=text_of(message),
        arrived=kept["arrived"],
    )


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a mail, else the text and the links of its HTML."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    content = body.get_payload(decode=True)
    text = decoded(content if isinstance(content, bytes) else b"", body.get_content_charset("utf-8"))
    return text if body.get_content_subtype() == "plain" else readable(text)


def decoded(content: bytes, charset: str) -> str:
    """Decode text in the charset that its sender names, in UTF-8 if there is no such."""
    try:
        return content.decode(charset, "replace")
    except LookupError:
        return content.decode(errors="replace")


def readable(page: str) -> str:
    """Return the text of an HTML page, each link's target on a line of its own."""
    reader = PageReader()
    with suppress(AssertionError):  # how the parser ends on a declaration that it does not know
        reader.feed(page)
        reader.close()
    return "".join(reader.pieces)


class PageReader(HTMLParser):
    """Collects text and link targets."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a link leads, and where a new line starts."""
        self.hidden = tag in HIDDEN
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.pieces.append(f"\n{target}\n")
        elif tag in BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Note that what was hidden is over."""
        self.hidden = self.hidden and tag not in HIDDEN

    def handle_data(self, data: str) -> None:
        """Note what a person sees."""
        if not self.hidden:
            self.pieces.append(data)
