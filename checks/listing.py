"""What a list names: every text in it, and the numbers that its items have as ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checks.chat import strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gonogo.exchange import Exchange

KINDS = "conversation|thread|chat|dialog|session|room|topic"
ID = re.compile(rf"(?:(?:{KINDS})[_-]?)?(?:id|uid|pk|key|number|no)", re.IGNORECASE)
"""How a field is called that tells one item from another; another object's, such as user_id, may be the same number."""


def told_in(listing: Exchange) -> set[str]:
    """Every text in a document, and every number that is an item's own id, as text. Raises NotEvaluable for no JSON."""
    document = listing.json()
    return {*strings(document), *numbers(document)}


def numbers(node: Any) -> Iterator[str]:  # noqa: ANN401  JSON has no narrower type
    """The numbers by which the items of the outermost lists are known; what stands within an item is another's."""
    if isinstance(node, dict):
        for value in node.values():
            yield from numbers(value)
    elif isinstance(node, list):
        for item in node:
            fields = item.items() if isinstance(item, dict) else [("id", item)]
            yield from (str(value) for name, value in fields if is_whole(value) and ID.fullmatch(name))


def is_whole(value: object) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)
