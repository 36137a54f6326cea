"""Each check of rate limits is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checks import rate, renewal
from gonogo.budget import Limit
from gonogo.burst import Burst, Exhaustion, Renewed
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Request
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = Limit(name="api", requests=3, window_s=60, scope="user", operations="*")
SPOOF = Headers((("Accept", "*/*"), ("X-Real-IP", "203.0.113.8")))


def answer(status: int | None, person: str = "ada", **fields: str) -> Exchange:
    """An answer with these header fields; 200 is promised."""
    request = Request(operation="session", method="GET", url="https://chat.example.com/", headers=SPOOF)
    headers = Headers(tuple((name.replace("_", "-"), value) for name, value in fields.items()))
    failure = None if status else "the connection was refused"
    return Exchange(
        id="1", person=person, request=request, status=status, headers=headers, failure=failure, expected=(200,)
    )


def burst(*statuses: int | None, spent: int = 0, took_s: float = 2.0, **fields: str) -> Burst:
    """Requests in a row that were answered like this."""
    exchanges = tuple(answer(status, "ada", **fields) for status in statuses)
    return Burst(limit=LIMIT, spent=spent, exchanges=exchanges, took_s=took_s)


def spoofed(*statuses: int | None, still: int | None = 429, held: bool = True) -> Burst:
    """A limit that was spent, and what claimed other addresses then."""
    return replace(
        burst(200, 200, 200, 429), spoofed=tuple(answer(one) for one in statuses), still=answer(still), held=held
    )


def exhausted(**more: Any) -> Exhaustion:  # noqa: ANN401  fields of Exhaustion
    """A limit that was spent, and all went well."""
    fields = {
        "burst": burst(200, 200, 200, 429),
        "meanwhile": (answer(200, "bob"),),
        "promised_s": 42.0,
        "recovered": answer(200),
    }
    return Exhaustion(**{**fields, **more})


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


def as_api(shown: Burst) -> Exhaustion:
    """A burst as the check of the API's limit looks at it."""
    return exhausted(burst=shown)


def as_sign_in(shown: Burst) -> Burst:
    """A burst as the check of the sign-in limit looks at it."""
    return shown


both_limits = pytest.mark.parametrize(
    ("check", "seen"), [(rate.api_limit_is_enforced, as_api), (rate.sign_in_limit_is_enforced, as_sign_in)]
)


@both_limits
def test_enforced(check: Check[Any, []], seen: Callable[[Burst], Any]) -> None:
    """A limit that refuses is enforced; one that lets more through than promised is told with both numbers."""
    assert said(check, seen(burst(200, 200, 200, 429))) == []
    assert said(check, seen(burst(401, 401, 401, 429))) == []
    assert said(check, seen(burst(200, 200, 200, 200))) == ["4 requests within 2.0 s were let through, promised 3"]
    assert said(check, seen(burst(401, 401, 401, 401))) == ["4 requests within 2.0 s were let through, promised 3"]


@both_limits
def test_one_refusal_is_no_limit(check: Check[Any, []], seen: Callable[[Burst], Any]) -> None:
    """A limit refuses until the end: nothing passes after its first refusal but what has left the window."""
    assert said(check, seen(burst(200, 429, 200, 200))) == [
        "request 2 was refused, and 2 of the 2 after it were let through, promised 0 at most"
    ]
    assert said(check, seen(burst(200, 429, 200, 200, spent=1))) == [
        "request 2 was refused, and 2 of the 2 after it were let through, promised 1 at most"
    ]
    assert said(check, seen(burst(200, 429, 200, 429, spent=1))) == []
    assert said(check, seen(burst(200, 429, None, 429))) == []


@pytest.mark.parametrize("shown", [burst(200, 200, 429, 200, spent=1), burst(200, 200, 429, None)])
@both_limits
def test_a_last_request_that_is_let_through_proves_no_limit(
    check: Check[Any, []], seen: Callable[[Burst], Any], shown: Burst
) -> None:
    """When the last request is not refused, the window may have moved: a refusal before it proves nothing."""
    with pytest.raises(NotEvaluable, match="request 3 was refused, but the last one got"):
        said(check, seen(shown))


@pytest.mark.parametrize(
    "shown", [burst(200, 200, 200, 200, took_s=60.0), burst(200, None, 200, 200), burst(*[500] * 4)]
)
@both_limits
def test_nothing_known_of_a_limit(check: Check[Any, []], seen: Callable[[Burst], Any], shown: Burst) -> None:
    """Requests that took longer than the window, or that got no real answer, say nothing of a limit."""
    with pytest.raises(NotEvaluable):
        said(check, seen(shown))


SLIDING = LIMIT.model_copy(update={"sliding": True})


def begun(shown: Exchange, at: float) -> Exchange:
    """The same answer, at this moment."""
    return replace(shown, started_at=at)


def test_a_window_may_end_meanwhile() -> None:
    """More than promised is no failure where a window may have ended; a second burst within one window tells."""
    first, later = burst(200, 200, 200, 200, 200, 429, took_s=0.1), begun(answer(200), 61.0)
    once = exhausted(burst=first, recovered=later, again=burst(200, 200, 429, took_s=0.1))
    assert said(rate.api_limit_is_enforced, once) == []
    lax = exhausted(burst=first, recovered=later, again=burst(200, 200, 200, 200, 429, took_s=0.1))
    assert said(rate.api_limit_is_enforced, lax) == ["5 requests within 0.1 s were let through, promised 3"]
    with pytest.raises(NotEvaluable, match="would explain"):
        said(rate.api_limit_is_enforced, exhausted(burst=first, recovered=None))
    with pytest.raises(NotEvaluable, match="would explain"):
        said(rate.sign_in_limit_is_enforced, first)


def test_no_window_has_ended() -> None:
    """Who is served again long before a window could end shows that the burst met no such end."""
    soon = exhausted(burst=burst(200, 200, 200, 200, 200, 429, took_s=0.1), recovered=begun(answer(200), 9.0))
    assert said(rate.api_limit_is_enforced, soon) == ["5 requests within 0.1 s were let through, promised 3"]


def test_a_limit_that_fills_up() -> None:
    """What a filling limit gives back meanwhile may pass, at the end or between refusals."""
    assert said(rate.api_limit_is_enforced, as_api(burst(200, 200, 200, 200, 429, took_s=20.0))) == []
    assert said(rate.sign_in_limit_is_enforced, burst(200, 200, 429, 200, 429, took_s=20.0)) == []
    held_to_it = replace(burst(200, 200, 429, 200, 429, took_s=20.0), limit=SLIDING)
    assert len(said(rate.sign_in_limit_is_enforced, held_to_it)) == 1


@pytest.mark.parametrize(
    ("shown", "complaints"),
    [
        (burst(200, 200, 200, 429), []),
        (burst(200, 200, 429, 429, spent=1), []),
        (burst(200, 200, 200, 200), []),
        (burst(200, 200, 429, 429), ["refused after 2 requests, promised 3"]),
        (burst(200, 429, 429, 429, spent=1), ["refused after 2 requests, promised 3"]),
        (burst(200, 500, 200, 429), ["1 of 3 requests below the limit failed, first with 500"]),
        (burst(200, None, 200, 429), ["1 of 3 requests below the limit failed, first with the connection was refused"]),
    ],
)
def test_not_early(shown: Burst, complaints: list[str]) -> None:
    """Everything up to the limit is served, less what was spent before."""
    assert said(rate.nothing_is_refused_early, shown) == complaints


@pytest.mark.parametrize(
    ("value", "complaints"),
    [
        ("1", []),
        ("62", []),
        ("Sun, 06 Nov 1994 08:49:37 GMT", []),
        ("", ["429 with Retry-After missing, seconds or a date expected"]),
        ("soon", ["429 with Retry-After soon, seconds or a date expected"]),
        ("-1", ["429 with Retry-After -1, seconds or a date expected"]),
        ("0", ["Retry-After 0 s, promised within the window of 60 s"]),
        ("63", ["Retry-After 63 s, promised within the window of 60 s"]),
        ("Sun, 06 Nov 1994 09:49:37 GMT", ["Retry-After 3630 s, promised within the window of 60 s"]),
    ],
)
def test_retry_after(value: str, complaints: list[str]) -> None:
    """A refusal says, in seconds or by a date, when to come back, and that is within the window."""
    shown = burst(200, 429, Retry_After=value, Date="Sun, 06 Nov 1994 08:49:07 GMT")
    assert said(rate.says_when_to_come_back, shown) == complaints


def test_nothing_to_look_at() -> None:
    """Without a refusal there is nothing to recover from, to get around, or to keep from others."""
    open_door = burst(200, 200, 200, 200)
    with pytest.raises(NotEvaluable):
        said(rate.says_when_to_come_back, open_door)
    for check in (rate.recovers_when_it_says, rate.others_are_served):
        with pytest.raises(NotEvaluable, match="nothing was refused"):
            said(check, exhausted(burst=open_door))
    for trick in (rate.headers_do_not_reset_it, rate.headers_give_no_more_guesses):
        with pytest.raises(NotEvaluable, match="nothing was refused"):
            said(trick, open_door)
    with pytest.raises(NotEvaluable, match="nobody else"):
        said(rate.others_are_served, exhausted(meanwhile=()))


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({}, None),
        ({"recovered": answer(429)}, "429 after waiting 42 s as told"),
        ({"recovered": answer(None)}, "the connection was refused after waiting 42 s as told"),
        ({"recovered": None, "promised_s": None}, "Retry-After is missing, nothing to wait for in a window of 60 s"),
        ({"recovered": None, "promised_s": 900.0}, "Retry-After is 900 s, nothing to wait for in a window of 60 s"),
    ],
)
def test_recovers(more: dict[str, Any], complaint: str | None) -> None:
    """Who waits as told is served."""
    assert said(rate.recovers_when_it_says, exhausted(**more)) == ([complaint] if complaint else [])


@pytest.mark.parametrize("check", [rate.headers_do_not_reset_it, rate.headers_give_no_more_guesses])
def test_spoofed(check: Check[Any, []]) -> None:
    """Another address in a header field gets no fresh limit; what is neither served nor refused says nothing."""
    assert said(check, spoofed(429, 429, 429)) == []
    assert said(check, spoofed(429, 200)) == [
        "200 with X-Real-IP: 203.0.113.8 although the limit was spent, 429 expected"
    ]
    for over in (spoofed(200, held=False), spoofed(200, still=200)):
        with pytest.raises(NotEvaluable, match="was over"):
            said(check, over)
    with pytest.raises(NotEvaluable, match="403 with X-Real-IP"):
        said(check, spoofed(403))


def test_a_guess_that_is_looked_at_got_around() -> None:
    """A wrong password that is told so was let through, though nobody was signed in."""
    guesses = replace(burst(401, 401, 401, 429), spoofed=(answer(401),), still=answer(429))
    assert len(said(rate.headers_give_no_more_guesses, guesses)) == 1
    assert said(rate.no_attempt_is_refused_early, guesses) == []
    early = said(rate.no_attempt_is_refused_early, burst(401, 401, 429, 429))
    assert early == ["refused after 2 requests, promised 3"]


def test_others() -> None:
    """Somebody else is served meanwhile."""
    assert said(rate.others_are_served, exhausted()) == []
    assert said(rate.others_are_served, exhausted(meanwhile=(answer(429, "bob"),))) == [
        "bob got 429 while somebody else's limit was spent"
    ]
    down = answer(None, "bob")
    assert said(rate.others_are_served, exhausted(meanwhile=(down,))) == [
        "bob got the connection was refused while somebody else's limit was spent"
    ]


def test_one_address_for_all() -> None:
    """Where addresses are counted, somebody else's refusal may come from a proxy between, and proves nothing."""
    limit = LIMIT.model_copy(update={"scope": "address"})
    seen = exhausted(burst=replace(burst(200, 200, 200, 429), limit=limit), meanwhile=(answer(429, "bob"),))
    with pytest.raises(NotEvaluable, match="one address for all"):
        said(rate.others_are_served, seen)


def test_trail() -> None:
    """The last request of a burst stands for all of it."""
    shown = exhausted()
    assert shown.trail == shown.burst.trail == shown.burst.exchanges[-1:]


def shared(*statuses: int | None) -> Burst:
    """A burst with an account that somebody else may use too."""
    return replace(burst(*statuses), shared=True)


def test_others_may_have_spent_a_shared_limit() -> None:
    """Where somebody else may count, what they may have caused is nobody's fault, and the rest still is."""
    early = shared(200, 429, 429, 429)
    for check, subject in (
        (rate.nothing_is_refused_early, early),
        (rate.headers_do_not_reset_it, replace(early, spoofed=(answer(200),), still=answer(429))),
        (rate.others_are_served, exhausted(burst=early, meanwhile=(answer(429, "bob"),))),
        (rate.recovers_when_it_says, exhausted(burst=shared(200, 200, 200, 429), recovered=answer(429))),
    ):
        with pytest.raises(NotEvaluable, match="others"):
            said(check, subject)
    whole = shared(200, 200, 200, 429)
    assert said(rate.nothing_is_refused_early, whole) == []
    assert said(rate.others_are_served, exhausted(burst=whole, meanwhile=(answer(429, "bob"),))) != []


def test_others_requests_may_leave_a_shared_window() -> None:
    """In a shared window what others spent may become free; more than the limit in all is still too much."""
    assert said(rate.api_limit_is_enforced, as_api(shared(200, 429, 200, 429))) == []
    assert said(rate.api_limit_is_enforced, as_api(replace(burst(200, 429, 200, 429), shared=False))) != []
    assert said(rate.api_limit_is_enforced, as_api(shared(200, 200, 200, 200))) != []


def renewed(*statuses: int | None, held: bool = True) -> Renewed:
    """What a renewed session got."""
    return Renewed(refresh=answer(200), exchanges=tuple(answer(one) for one in statuses), held=held)


def test_a_renewed_session() -> None:
    """A limit that is spent refuses a renewed session as well."""
    check = renewal.a_new_token_is_no_new_limit
    assert said(check, exhausted(renewed=renewed(429, 429, 429))) == []
    assert said(check, exhausted(renewed=renewed(200, 200, 200))) == [
        "200 with a renewed session although the limit was spent, 429 expected"
    ]


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (None, "could not be renewed"),
        (renewed(401, 401, 401), "neither served nor 429"),
        (renewed(200, 429, 429), "filled up a little"),
        (renewed(200, 200, 200, held=False), "may have been over"),
    ],
)
def test_a_renewed_session_that_tells_nothing(seen: Renewed | None, why: str) -> None:
    """A session that is not renewed, or a limit that may be over, tells nothing."""
    with pytest.raises(NotEvaluable, match=why):
        said(renewal.a_new_token_is_no_new_limit, exhausted(renewed=seen))
    with pytest.raises(NotEvaluable, match="nothing was refused"):
        said(renewal.a_new_token_is_no_new_limit, exhausted(burst=burst(200, 200), renewed=seen))
