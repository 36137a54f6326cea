"""A refusal counts only with its status, and only beside a twin that succeeds."""

from __future__ import annotations

import pytest

from checks.refusal import refused_with
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.trouble import NotEvaluable


def answer(status: int | None, failure: str | None = None, kind: str = "") -> Exchange:
    """An answer; 200 is promised, of this media type if any."""
    request = Request(operation="session", method="GET", url="https://chat.example.com/")
    return Exchange(
        id="1", person="ada", request=request, status=status, failure=failure, expected=(200,), expected_type=kind
    )


@pytest.mark.parametrize(("before", "after"), [(answer(200), None), (None, answer(200)), (answer(200), answer(200))])
def test_a_refusal_beside_a_twin(before: Exchange | None, after: Exchange | None) -> None:
    """One of the promised statuses is no complaint when what had to succeed did."""
    shown = Refusal(refused=answer(403), before=before, after=after)
    assert list(refused_with(shown, (401, 403), "this")) == []


@pytest.mark.parametrize(
    ("refused", "complaint"),
    [
        (answer(200), "this was answered with 200, 401 or 403 expected"),
        (answer(404), "this was answered with 404, 401 or 403 expected"),
        (
            answer(None, "the connection was refused"),
            "this was answered with the connection was refused, 401 or 403 expected",
        ),
    ],
)
def test_anything_else_is_no_refusal(refused: Exchange, complaint: str) -> None:
    """Another status, or none, is told with what was expected."""
    assert list(refused_with(Refusal(refused=refused, before=answer(200)), (401, 403), "this")) == [complaint]


@pytest.mark.parametrize(
    "shown",
    [
        Refusal(refused=answer(403)),
        Refusal(refused=answer(403), before=answer(403)),
        Refusal(refused=answer(403), before=answer(200), after=answer(401)),
        Refusal(refused=answer(403), before=answer(200, "the body was cut")),
        Refusal(refused=answer(403), after=answer(200, kind="application/json")),
    ],
)
def test_without_a_twin_that_succeeds_nothing_is_proven(shown: Refusal) -> None:
    """A dead session, a firewall, a cut answer or a page in its place refuses everything, and proves nothing."""
    with pytest.raises(NotEvaluable, match="twin"):
        list(refused_with(shown, (403,), "this"))
