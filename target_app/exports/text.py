"""The three text formats. What a member or a model wrote is shown as it is, and never acts as markup."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_app.exports.records import ExportedConversation, ExportedMessage

START_OF_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Conversations</title>
<style>
body { font-family: system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
</style>
</head>
<body>
<h1>Conversations</h1>
"""
END_OF_PAGE = """</body>
</html>
"""


class JsonPen:
    """One object with the list `conversations`, each with its `messages`."""

    def __init__(self) -> None:
        self.between = ""

    def start(self) -> bytes:
        """See Pen."""
        return b'{"conversations": ['

    def write(self, conversation: ExportedConversation) -> bytes:
        """See Pen."""
        text = self.between + json.dumps(asdict(conversation), ensure_ascii=False, indent=2)
        self.between = ",\n"
        return text.encode()

    def finish(self) -> bytes:
        """See Pen."""
        return b"]}\n"


def fenced(content: str) -> str:
    """Put `content` into a code fence longer than any in it (CommonMark 4.5), so that it stays as it was written."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{content}\n{fence}"


class MarkdownPen:
    """A heading for each conversation and a fenced block for each message."""

    def start(self) -> bytes:
        """See Pen."""
        return b"# Conversations\n"

    def write(self, conversation: ExportedConversation) -> bytes:
        """See Pen."""
        parts = [f"## {html.escape(conversation.title, quote=False)}", f"Started {conversation.created_at}"]
        for message in conversation.messages:
            parts += [f"**{message.role}**, {message.created_at} ({message.status})", fenced(message.content)]
        return "".join(f"\n{part}\n" for part in parts).encode()

    def finish(self) -> bytes:
        """See Pen."""
        return b""


class HtmlPen:
    """One page that needs nothing from outside and runs no script."""

    def start(self) -> bytes:
        """See Pen."""
        return START_OF_PAGE.encode()

    def write(self, conversation: ExportedConversation) -> bytes:
        """See Pen."""
        articles = "\n".join(_article(message) for message in conversation.messages)
        return f"<section>\n<h2>{html.escape(conversation.title)}</h2>\n{articles}\n</section>\n".encode()

    def finish(self) -> bytes:
        """See Pen."""
        return END_OF_PAGE.encode()


def _article(message: ExportedMessage) -> str:
    # The line feed after <pre> is dropped by readers of HTML: without it a first empty line of the content would be.
    return (
        f'<article>\n<h3>{message.role}</h3>\n<p><time datetime="{message.created_at}">{message.created_at}</time> '
        f'({message.status})</p>\n<pre dir="auto">\n{html.escape(message.content)}</pre>\n</article>'
    )
