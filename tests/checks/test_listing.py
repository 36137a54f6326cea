"""What a list names is found by text and by number, and what only looks like an id is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.listing import told_in
from gonogo.exchange import Exchange, Request


def told(document: Any) -> set[str]:  # noqa: ANN401  JSON has no narrower type
    """What a document names."""
    request = Request(operation="list_conversations", method="GET", url="https://chat.example.com/")
    return told_in(Exchange(id="1", person="ada", request=request, status=200, body=json.dumps(document).encode()))


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([{"id": 7, "title": "a"}, {"id": 8}], {"7", "8", "a"}),
        ({"threads": [{"number": 7}], "next": None}, {"7"}),
        ({"data": {"items": [{"conversationId": 7}, {"thread_id": 8}, {"Chat-ID": 9}]}}, {"7", "8", "9"}),
        ({"ids": [7, 8]}, {"7", "8"}),
        ([{"pk": 7, "fields": {"id": 8}}, {"id": True}], {"7"}),
        ({"total": 7, "page": 8, "id": 9}, set()),
        ([{"id": "x7", "user_id": 7, "project_id": 8, "unread": 9, "size": 10, "messages": [{"id": 11}]}], {"x7"}),
        ([], set()),
    ],
)
def test_what_a_list_names(document: Any, found: set[str]) -> None:  # noqa: ANN401  JSON has no narrower type
    """A number is told where an item of the list has it as its own id, and nowhere else; a text is, wherever it is."""
    assert told(document) == found
