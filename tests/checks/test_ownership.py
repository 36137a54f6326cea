"""What is another member's stays so: a try that got through is told with who tried it, and so is a deed behind a no."""

import pytest

from checks import ownership
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.owned import Kept
from gonogo.trouble import NotEvaluable


def answer(status: int, body: bytes = b"mine", *, person: str = "guest", operation: str = "history") -> Exchange:
    """An answer; 200 is promised."""
    request = Request(operation=operation, method="GET", url="https://chat.example.com/c/1")
    return Exchange(id="1", person=person, request=request, status=status, body=body, expected=(200,))


def test_a_try_that_got_through_is_named() -> None:
    """404, 403 and 401 refuse; anything else is told with who tried it and whose it is."""
    shown = [Refusal(refused=answer(one, person="rival"), after=answer(200)) for one in (401, 403, 404, 200)]
    assert list(ownership.own_things_only().looks(shown)) == [
        "history by rival at what is guest's was answered with 200, 403 or 404 expected"
    ]
    gone = Refusal(refused=answer(404), after=answer(404))
    said = ownership.own_things_only().looks([gone, Refusal(refused=answer(200), after=answer(404))])
    assert next(said).startswith("history by guest")
    with pytest.raises(NotEvaluable):
        next(said)


def test_a_deed_behind_a_refusal_is_told() -> None:
    """A thing that looks otherwise, or is gone, was touched; without a look before nothing can be said."""
    check = ownership.own_things_are_untouched()
    assert list(check.looks([Kept(before=answer(200), after=answer(200), tried=())])) == []
    assert len(list(check.looks([Kept(before=answer(200), after=answer(200, b"theirs"), tried=())]))) == 1
    assert len(list(check.looks([Kept(before=answer(200), after=answer(404), tried=())]))) == 1
    for nothing in ([], [Kept(before=answer(500), after=answer(200), tried=())]):
        with pytest.raises(NotEvaluable):
            list(check.looks(nothing))
