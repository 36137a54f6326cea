"""Each check of plans and caches is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks import quota
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Refusal, Request
from gonogo.spending import Spent
from gonogo.trouble import NotEvaluable

CACHED = r'regex:"cached": ?"(\w+)"'


def told(status: int = 200, body: object = None) -> Exchange:
    """What a message, or a list, was answered with."""
    request = Request(operation="send_message", method="POST", url="https://chat.example.com/")
    content = json.dumps(body).encode()
    return Exchange(id="1", person="ada", request=request, status=status, body=content, expected=(200,))


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def spent(*statuses: int) -> Spent:
    """A quota of two, and what each message was answered with."""
    return Spent(allowed=2, told=tuple(told(status, {"plans": ["LARGE"]}) for status in statuses))


@pytest.mark.parametrize(
    ("statuses", "enforced", "lost"),
    [
        ((200, 200, 403), [], []),
        ((200, 402, 200, 429), [], []),
        ((200, 200, 200), ["3 messages were answered, 2 allowed"], []),
        ((200, 200, 500), ["a message beyond the quota was answered with 500, 402, 403 or 429 expected"], []),
        ((200, 403, 403), [], ["1 messages were answered, 2 are allowed"]),
    ],
)
def test_quota(statuses: tuple[int, ...], enforced: list[str], lost: list[str]) -> None:
    """As many messages are answered as are allowed, no more and no fewer, and the rest is refused."""
    assert said(quota.quota_is_enforced, spent(*statuses)) == enforced
    assert said(quota.none_is_counted_twice, spent(*statuses)) == lost


def test_an_answer_that_broke_off_counts_nobody_knows_how() -> None:
    """The quota cannot be judged by it; a model that breaks off does not answer."""
    cut = replace(told(), failure="the connection was reset")
    cuts = Spent(allowed=2, told=(told(), cut, told(403)))
    for check in (quota.quota_is_enforced, quota.none_is_counted_twice, quota.refusal_shows_a_way_out("json:/plans")):
        with pytest.raises(NotEvaluable, match="an answer broke off: the connection was reset"):
            said(check, cuts)
    complaint = ["a model of the plan was answered with the connection was reset"]
    assert said(quota.models_of_the_plan_answer, [told(), cut]) == complaint


def test_way_out() -> None:
    """A refusal names how to go on; an empty list names nothing."""
    assert said(quota.refusal_shows_a_way_out("json:/plans"), spent(200, 200, 403)) == []
    complaint = ["the refusal (403) shows no way out at json:/plans"]
    nothing = Spent(allowed=2, told=(told(403, {"plans": []}),))
    assert said(quota.refusal_shows_a_way_out("json:/plans"), nothing) == complaint
    assert said(quota.refusal_shows_a_way_out("json:/plans"), Spent(allowed=2, told=(told(403, {}),))) == complaint
    with pytest.raises(NotEvaluable, match="no message was refused"):
        said(quota.refusal_shows_a_way_out("json:/plans"), spent(200, 200))


def test_models() -> None:
    """The plan's models answer, others are refused beside one that answers, and the list has those of the plan."""
    assert said(quota.models_of_the_plan_answer, [told(), told()]) == []
    assert said(quota.models_of_the_plan_answer, [told(), told(503)]) == ["a model of the plan was answered with 503"]
    assert said(quota.other_models_are_refused, Refusal(before=told(), refused=told(403))) == []
    assert len(said(quota.other_models_are_refused, Refusal(before=told(), refused=told()))) == 1
    assert said(quota.models_are_listed(["small"]), told(body=["small", "large"])) == []
    assert said(quota.models_are_listed(["small", "plain"]), told(body=["small"])) == [
        "the list of models lacks plain, which the plan includes"
    ]


def test_cache() -> None:
    """An answer from a cache is told by the profile's mark, and none such may come here."""
    assert said(quota.cache_is_ones_own(CACHED), told(body={"model": "m"})) == []
    assert said(quota.cache_regards_the_context(CACHED), told(body={"cached": None})) == []
    assert said(quota.cache_is_ones_own(CACHED), told(body={"cached": "exact"})) == [
        "ada was answered from a cache (exact) what another member had asked"
    ]
    assert said(quota.cache_regards_the_context(CACHED), told(body={"cached": "semantic"})) == [
        "the same words after other ones were answered from a cache (semantic)"
    ]


def test_a_message_that_failed_is_not_counted() -> None:
    """What is missing is told beside what failed before."""
    few = replace(spent(200, 403, 403), failed=(told(),))
    assert said(quota.none_is_counted_twice, few) == ["1 messages were answered beside 1 that failed, 2 are allowed"]
    assert said(quota.none_is_counted_twice, replace(spent(200, 200, 403), failed=(told(),))) == []


@pytest.mark.parametrize(("answered", "lost", "beyond"), [(0, 1, 0), (1, 0, 0), (2, 0, 0), (3, 0, 1)])
def test_a_failure_that_does_not_say_so(answered: int, lost: int, beyond: int) -> None:
    """A message that should have failed may count, or not: neither is held against the target."""
    spent = Spent(allowed=2, told=(*[told()] * answered, told(402)), unsure=(told(),))
    assert len(said(quota.none_is_counted_twice, spent)) == lost
    assert len(said(quota.quota_is_enforced, spent)) == beyond
