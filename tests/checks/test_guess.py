"""What an answer proves to a request that nothing shows to be a good one."""

import pytest

from checks.guess import all_refused
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.trouble import NotEvaluable


def answer(
    status: int | None,
    *,
    operation: str = "rename",
    method: str = "GET",
    body: bytes = b"",
    captured: dict[str, str] | None = None,
) -> Exchange:
    """An answer; 200 and 303 are promised."""
    request = Request(operation=operation, method=method, url="https://chat.example.com/x", body=body)
    return Exchange(id="1", person="ada", request=request, status=status, expected=(200, 303), captured=captured or {})


@pytest.mark.parametrize("status", [401, 403, 405, 501])
def test_a_guess_that_was_refused(status: int) -> None:
    """A refusal is one, and where there is no such method nothing is open."""
    assert list(all_refused([answer(status)], [401, 403], "without a session")) == []


@pytest.mark.parametrize("status", [200, 204, 302, 500])
def test_a_guess_that_was_let_in(status: int) -> None:
    """Whatever is done, sent on or broken was let in."""
    (complaint,) = all_refused([answer(status)], [401, 403], "without a session")
    assert complaint == f"rename without a session was answered with {status}, 401 or 403 expected"


@pytest.mark.parametrize("status", [400, 404, 409, 415, 422, 429, None])
def test_a_guess_that_tells_nothing(status: int | None) -> None:
    """An answer to the form of a request tells nothing; what was let in beside it is told all the same."""
    shown = all_refused([answer(status), answer(200, operation="delete")], [401], "without a session")
    assert next(shown).startswith("delete without a session was answered with 200")
    with pytest.raises(NotEvaluable, match=f"rename without a session was answered with {status} before"):
        next(shown)


def test_a_path_that_is_not_there() -> None:
    """A page of the document that is not served is not open; one with an id, or with a body, may be."""
    assert list(all_refused([answer(404, operation="GET /news")], [401], "")) == []
    for one in (
        answer(404, operation="GET /news/{id}"),
        answer(404, operation="POST /news", method="POST", body=b"{}"),
    ):
        with pytest.raises(NotEvaluable):
            list(all_refused([one], [401], ""))


def test_a_redirect_to_what_was_made_is_no_refusal() -> None:
    """Where a form redirects whom it refuses and whom it serves, what the answer captures tells them apart."""
    made = answer(303, captured={"conversation_id": "1"})
    assert list(all_refused([Refusal(refused=answer(303), after=made)], [303], "")) == []
    (complaint,) = all_refused([Refusal(refused=made, after=made)], [303], "without a session")
    assert complaint == "rename without a session was answered with 303 and what it asked for"
