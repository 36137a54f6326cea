"""The three text formats. What a member or a model wrote is shown as it is, and never acts as markup."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_app.exports.records import ExportedConversation, ExportedMessage

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Conversations</title>
<style>
body {{ font-family: system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }}
</style>
</head>
<body>
<h1>Conversations</h1>
{body}
</body>
</html>
"""


def render_json(conversations: Sequence[ExportedConversation]) -> bytes:
    """Write one object with the list `conversations`, each with its `messages`."""
    document = {"conversations": [asdict(conversation) for conversation in conversations]}
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def fenced(content: str) -> str:
    """Put `content` into a code fence longer than any in it (CommonMark 4.5), so that it stays as it was written."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{content}\n{fence}"


def render_markdown(conversations: Sequence[ExportedConversation]) -> bytes:
    """Write a heading for each conversation and a fenced block for each message."""
    parts = ["# Conversations"]
    for conversation in conversations:
        parts += [f"## {html.escape(conversation.title, quote=False)}", f"Started {conversation.created_at}"]
        for message in conversation.messages:
            parts += [f"**{message.role}**, {message.created_at} ({message.status})", fenced(message.content)]
    return ("\n\n".join(parts) + "\n").encode()


def _article(message: ExportedMessage) -> str:
    # The line feed after <pre> is dropped by readers of HTML: without it a first empty line of the content would be.
    return (
        f'<article>\n<h3>{message.role}</h3>\n<p><time datetime="{message.created_at}">{message.created_at}</time> '
        f'({message.status})</p>\n<pre dir="auto">\n{html.escape(message.content)}</pre>\n</article>'
    )


def render_html(conversations: Sequence[ExportedConversation]) -> bytes:
    """Write one page that needs nothing from outside and runs no script."""
    parts = []
    for conversation in conversations:
        parts.append(f"<section>\n<h2>{html.escape(conversation.title)}</h2>")
        parts += [_article(message) for message in conversation.messages]
        parts.append("</section>")
    return PAGE.format(body="\n".join(parts)).encode()
