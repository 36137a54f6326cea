"""What answers tell of a limit is held against the promise, and against itself."""

from __future__ import annotations

from typing import Any

import pytest

from checks import allowance
from gonogo.allowance import Told, remaining, told
from gonogo.budget import Limit
from gonogo.burst import Burst
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Request
from gonogo.trouble import NotEvaluable

LIMIT = Limit(name="api", requests=3, window_s=60, scope="user", operations="*", sliding=True)
LOOSE = LIMIT.model_copy(update={"sliding": False})
POLICY = '"api";q=3;w=60'


def answer(status: int = 200, **fields: str) -> Exchange:
    """An answer with these header fields; underscores stand for hyphens."""
    request = Request(operation="session", method="GET", url="https://chat.example.com/")
    headers = Headers(tuple((name.replace("_", "-"), value) for name, value in fields.items()))
    return Exchange(
        id="1", person="ada", request=request, status=status, headers=headers, expected=(200,), started_at=9
    )


def burst(*exchanges: Exchange, limit: Limit = LIMIT, held: bool = True, took_s: float = 1.0, freed: int = 0) -> Burst:
    """Requests in a row that were answered like this."""
    return Burst(limit=limit, spent=0, exchanges=exchanges, took_s=took_s, freed=freed, held=held)


def left(*numbers: int, **more: Any) -> Burst:  # noqa: ANN401  fields of Burst
    """Answers that tell so many to be left."""
    return burst(*(answer(RateLimit=f'"api";r={one};t=60') for one in numbers), **more)


def said(check: Check[Any, []] | Bound[Any], subject: Burst) -> list[str]:
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


@pytest.mark.parametrize(
    ("shown", "complaints"),
    [
        (left(2, 1, 0), []),
        (burst(answer(RateLimit='"api";r=1'), answer()), ["1 of 2 answers do not tell what is left (draft-11)"]),
        (left(5, 5, 4), ["what is left went from 5 to 5 with one request, 1 times in all"]),
        (left(5, 5, 4, 4, freed=2), []),
        (left(5, 5, 4, 4, freed=1), ["what is left went from 5 to 5 with one request, 2 times in all"]),
        (left(5, 6, 5, freed=2), []),
        (left(5, 5, 3, freed=2), ["what is left went from 5 to 5 with one request, 2 times in all"]),
        (left(5, 3, limit=LOOSE), ["what is left went from 5 to 3 with one request, 1 times in all"]),
        (left(1, 2, 1, limit=LOOSE), []),
        (left(1, 2, 1, 2, limit=LOOSE), ["what is left went from 1 to 2 with one request, 2 times in all"]),
        (left(1, 1, 1, 0, limit=LOOSE, took_s=20.0), []),
    ],
)
def test_what_is_left(shown: Burst, complaints: list[str]) -> None:
    """What is left is told with every answer, and falls by one, but where a window begins or fills up."""
    assert said(allowance.tells_what_is_left("draft-11"), shown) == complaints


def test_each_promised_family_counts() -> None:
    """Who promises both families of fields must send both."""
    one = burst(answer(X_RateLimit_Remaining="2"), answer(X_RateLimit_Remaining="1"))
    assert said(allowance.tells_what_is_left("x-ratelimit"), one) == []
    assert said(allowance.tells_what_is_left("both"), one) == ["2 of 2 answers do not tell what is left (draft-11)"]


def test_what_is_left_while_the_window_moves() -> None:
    """What is left rises again when the oldest request leaves the window, which is no mistake."""
    with pytest.raises(NotEvaluable, match="moved on"):
        said(allowance.tells_what_is_left("draft-11"), left(5, 4, 4, held=False))


@pytest.mark.parametrize("check", [allowance.tells_what_is_left("both"), allowance.tells_the_limit("both")])
def test_nothing_was_let_through(check: Bound[Any]) -> None:
    """Refusals alone tell nothing of what is left."""
    with pytest.raises(NotEvaluable, match="let through"):
        said(check, burst(answer(429)))


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"RateLimit_Policy": POLICY, "RateLimit": '"api";r=2;t=60'}, []),
        ({"RateLimit_Policy": f'"day";q=9;w=86400, {POLICY}', "RateLimit": '"day";r=8;t=900, "api";r=2'}, []),
        ({"RateLimit_Policy": '"x";q=3;w=60', "RateLimit": '"x";r=2;t=60'}, []),
        (
            {"RateLimit_Policy": '"api";q=30;w=6', "RateLimit": '"api";r=2;t=90'},
            [
                "the limit is told as 30 requests, promised 3 (draft-11)",
                "the limit is told as for 6 s, promised 60 s (draft-11)",
                "there is more in 90 s, promised within 60 s (draft-11)",
            ],
        ),
        ({"RateLimit": '"api";r=2'}, ["answers do not tell the limit, promised 3 requests (draft-11)"]),
    ],
)
def test_the_limit(fields: dict[str, str], complaints: list[str]) -> None:
    """The numbers are the promised ones; of several policies the limit's own counts."""
    assert said(allowance.tells_the_limit("draft-11"), burst(answer(200, **fields))) == complaints


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"X_RateLimit_Limit": "3", "X_RateLimit_Reset": "42"}, Told(requests=3, reset_s=42)),
        ({"X_RateLimit_Limit": "\u00b2", "X_RateLimit_Reset": "1700000042"}, Told(reset_s=1700000033)),
        ({"X_RateLimit_Reset": "1700000042", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}, Told(reset_s=42)),
    ],
)
def test_older_fields(fields: dict[str, str], expected: Told) -> None:
    """A reset is in seconds from now, or since the epoch, which counts from the answer's own date if it has one."""
    assert told(answer(200, **fields), LIMIT, "x-ratelimit") == expected


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3.5s", 3723.5),
        ("20ms", 0.02),
        ("1m30s250ms", 90.25),
        ("", None),
        ("60", None),
        ("soon", None),
        ("2023-11-14T22:14:02Z", 42),
        ("2023-11-14T22:14:02", None),
    ],
)
def test_resets_of_vendors(reset: str, seconds: float | None) -> None:
    """A reset is a duration, or a moment with its zone, from which the answer's own date is taken."""
    fields = {
        "X_RateLimit_Limit_Requests": "3",
        "X_RateLimit_Remaining_Requests": "2",
        "X_RateLimit_Reset_Requests": reset,
    }
    shown = answer(200, Date="Tue, 14 Nov 2023 22:13:20 GMT", **fields)
    said_of_it = told(shown, LIMIT, "openai")
    assert (said_of_it.requests, said_of_it.remaining) == (3, 2)
    assert said_of_it.reset_s == pytest.approx(seconds)


def test_fields_of_another_vendor() -> None:
    """Each vendor's fields are its own; what is left is found in any of them."""
    fields = {"Anthropic_RateLimit_Requests_Limit": "3", "Anthropic_RateLimit_Requests_Remaining": "2"}
    assert told(answer(200, **fields), LIMIT, "anthropic") == Told(requests=3, remaining=2)
    assert told(answer(200, **fields), LIMIT, "openai") == Told()
    assert remaining(answer(200, **fields)) == 2


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"RateLimit": '"api";r=0;t=42', "Retry_After": "42"}, []),
        ({"RateLimit": '"api";r=0;t=42', "Retry_After": "40"}, []),
        ({"RateLimit": '"api";r=1;t=42'}, ["429 although 1 requests are told to be left, 0 expected (draft-11)"]),
        (
            {"RateLimit": '"api";r=0;t=42', "Retry_After": "2"},
            ["Retry-After is 2 s, and there is more in 42 s (draft-11)"],
        ),
    ],
)
def test_a_refusal(fields: dict[str, str], complaints: list[str]) -> None:
    """A refusal has nothing left, and asks nobody back before there is more."""
    assert said(allowance.refusals_agree("draft-11"), burst(answer(), answer(429, **fields))) == complaints


def test_no_refusal() -> None:
    """Without a refusal there is none to look at."""
    with pytest.raises(NotEvaluable):
        said(allowance.refusals_agree("both"), burst(answer()))


@pytest.mark.parametrize(
    ("policy", "now", "complaint"),
    [
        (POLICY, '"api";r=2;t=60', None),
        (f"{POLICY};pk=:QQ==:", '"api";r=2', None),
        ("api;q=3", "api;r=2", "without quotes"),
        (f"{POLICY},", '"api";r=2', "is no structured field"),
        ('"api";w=60', '"api";r=2', "ratelimit-policy has no q"),
        ('"api";q=3;w=0', '"api";r=2', "w=0, a whole number from 1 on expected"),
        (POLICY, '"api";r=2.5', "r=2.5, a whole number"),
        (POLICY, '"api";r=-1', "r=-1, a whole number"),
        (POLICY, '"day";r=2', "day, which ratelimit-policy does not name"),
    ],
)
def test_fields(policy: str, now: str, complaint: str | None) -> None:
    """The fields are lists of names in quotes, with the draft's parameters as whole numbers."""
    complaints = said(allowance.fields_can_be_read, burst(answer(RateLimit_Policy=policy, RateLimit=now)))
    assert bool(complaints) == (complaint is not None)
    assert complaint is None or complaint in complaints[0]


def test_no_fields() -> None:
    """What is not there is not unreadable: that it is missing is another check's finding."""
    with pytest.raises(NotEvaluable):
        said(allowance.fields_can_be_read, burst(answer()))
