"""Reads a page as a browser's parser does, and lists what it holds."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

BROWSING = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
OPEN_PAGES = ("/signin", "/signup", "/verify", "/verify-email", "/forgot-password", "/reset-password")
MEMBER_PAGES = ("/chat", "/projects", "/settings", "/files", "/export", "/plan")
NONCE = re.compile(r"'nonce-([^']+)'")

Attributes = dict[str, str | None]


@dataclass
class Page(HTMLParser):
    """The tags of a page, in order, and its text."""

    tags: list[tuple[str, Attributes]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def all(self, tag: str) -> list[Attributes]:
        """List the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def read(answer: httpx.Response) -> Page:
    """Parse an answer, which must be a page."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.text
    page = Page()
    page.feed(answer.text)
    return page


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """Give the directives of an answer's policy."""
    parts = (one.strip().partition(" ") for one in answer.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


def nonce_of(answer: httpx.Response) -> str:
    """Give the one nonce of an answer's policy."""
    (nonce,) = set(NONCE.findall(answer.headers["content-security-policy"]))
    return str(nonce)
