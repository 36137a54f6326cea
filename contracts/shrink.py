"""Makes a request that shows a failure small: nothing stays in it without which it still shows. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Asked = tuple[str, bytes]
"""What a request says: its path with its query, and its body."""
MOST = 24
SHORT = 1


def minimised(asked: Asked, shows: Callable[[Asked], bool], most: int = MOST) -> Asked:
    """The smallest request that still shows the failure, found with so many tries at most."""
    tries = iter(range(most))
    smaller = True
    while smaller:
        smaller = False
        for one in simpler(asked):
            if next(tries, None) is None:
                return asked
            if shows(one):
                asked, smaller = one, True
                break
    return asked


def simpler(asked: Asked) -> Iterator[Asked]:
    """Every request that is a little simpler: without a part of the query or of the body, or with less of a value."""
    target, body = asked
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    for number in range(len(pairs)):
        left = urlencode(pairs[:number] + pairs[number + 1 :])
        yield f"{path}?{left}" if left else path, body
    try:
        held = json.loads(body)
    except ValueError:
        return
    for less in lesser(held):
        yield target, json.dumps(less).encode()


def lesser(value: Any) -> Iterator[Any]:  # noqa: ANN401  whatever JSON holds
    """Values that are a little less than a value, of the same type."""
    if isinstance(value, dict):
        for name in value:
            yield {key: one for key, one in value.items() if key != name}
        for name, one in value.items():
            yield from ({**value, name: less} for less in lesser(one))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield value[:number] + value[number + 1 :]
            yield from ([*value[:number], less, *value[number + 1 :]] for less in lesser(one))
    elif isinstance(value, str) and len(value) > SHORT:
        half = len(value) // 2
        yield value[:half]
        yield value[half:]
