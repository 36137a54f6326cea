"""What a suite saw is written down as it was; what a check could not judge is an error, never a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gonogo.check import Bound, Check, Effects, Severity
from gonogo.checker import Checker, trail_of
from gonogo.evidence import Attempt, Checked, Exchanged, Measured, Planned
from gonogo.exchange import Exchange, Headers, Refusal, Request, StreamedExchange, StreamEvent, Timing
from gonogo.recorder import KEPT_BODY
from gonogo.trouble import HarnessTrouble, NotEvaluable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gonogo.check import Complaints
    from tests.machinery.conftest import Company, Describe, Gather

URL = "https://chat.example.com"


@pytest.fixture
def people(describe: Describe, company: Gather) -> Company:
    """People of a target that is never asked."""
    return company(describe(URL))


def exchange(number: str = "1", **more: Any) -> Exchange:  # noqa: ANN401  fields of Exchange
    """An exchange."""
    request = more.pop("request", Request(operation="session", method="GET", url=f"{URL}/me"))
    return Exchange(id=number, person="ada", request=request, status=200, **more)


def check_of(looks: Callable[[Any], Complaints], check_id: str = "x.y") -> Bound[Any]:
    """A check that looks like this."""
    made: Check[Any, []] = Check(
        id=check_id,
        severity=Severity.MAJOR,
        scenarios=frozenset({"chat"}),
        effects=Effects.READ,
        needs=frozenset(),
        claim="All is well.",
        why="",
        fix="",
        looks=looks,
    )
    return made()


def good(_subject: object) -> Complaints:
    """Find nothing wrong."""
    yield from ()


def bad(subject: object) -> Complaints:
    """Find two things wrong."""
    yield f"{subject} is too long"
    yield "and too late"


def broken(_subject: object) -> Complaints:
    """Break after a complaint."""
    yield "this is wrong"
    raise KeyError("ours")


def blind(_subject: object) -> Complaints:
    """Find nothing to look at."""
    raise NotEvaluable("there is nothing")
    yield ""


def nothing(_subject: object) -> Complaints:
    """Forget to be a generator."""
    return None  # type: ignore[return-value]  # the mistake that is meant


@pytest.mark.parametrize(
    ("looks", "complaints", "error"),
    [
        (good, (), None),
        (bad, ("7 is too long", "and too late"), None),
        (broken, ("this is wrong",), "the check itself broke: KeyError: 'ours'"),
        (blind, (), "there is nothing"),
        (nothing, (), "the check itself broke: TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_looks(
    people: Company, looks: Callable[[Any], Complaints], complaints: tuple[str, ...], error: str | None
) -> None:
    """What a check says is kept; a check that breaks or finds nothing keeps what it said, and is an error."""
    people.cast.recorder.checked("chat", check_of(looks), 7, [exchange("a"), exchange("b")])
    (record,) = people.of(Checked)
    assert (record.complaints, record.error, record.subjects) == (complaints, error, 1)
    assert (record.suite, record.scenario, record.check, record.expected) == ("smoke", "chat", "x.y", "All is well.")
    assert record.observed == "; ".join(complaints)
    assert record.exchanges == ("a", "b")


@pytest.mark.parametrize(("subject", "count"), [([], 0), ((), 0), ([1, 2], 2), ("ab", 1), (None, 1)])
def test_subjects_are_counted(people: Company, subject: object, count: int) -> None:
    """A list that is empty is no subject at all; a text is one."""
    assert people.cast.recorder.checked("chat", check_of(good), subject, ()).subjects == count


def test_an_exchange_is_kept(people: Company) -> None:
    """Request, answer, timing and curl line are kept; what stands for a variable is named."""
    request = Request(
        operation="plan", method="POST", url=f"{URL}/p", headers=Headers((("X", "secret-1"),)), body=b"in"
    )
    shown = exchange(
        request=request,
        headers=Headers((("Server", "x"),)),
        body=b"out\xff",
        failure="the body was cut",
        timing=Timing(headers=0.1, total=0.2),
    )
    people.cast.recorder.exchange(shown, "chat", {"secret-1": "GONOGO_X", "unused": "GONOGO_Y"})
    (kept,) = people.of(Exchanged)
    assert (kept.method, kept.url, kept.request_body, kept.operation) == ("POST", f"{URL}/p", "in", "plan")
    assert (kept.status, kept.body, kept.body_bytes, kept.failure) == (200, "out\ufffd", 4, "the body was cut")
    assert kept.timing == {"headers": 0.1, "total": 0.2}
    assert kept.events is None
    assert "$GONOGO_X" in kept.curl
    assert kept.needs == ("GONOGO_X",)


def test_a_stream_tells_its_events(people: Company) -> None:
    """How many events came is kept, be it none."""
    request = Request(operation="send_message", method="POST", url=f"{URL}/p")
    events = (StreamEvent(type="token", data="{}"),) * 3
    streamed = StreamedExchange(id="1", person="ada", request=request, status=200, events=events)
    people.cast.recorder.exchange(streamed, "chat")
    assert people.of(Exchanged)[0].events == 3


def test_a_burst_repeats_its_line(people: Company) -> None:
    """The curl line of many requests is a loop that shows each status."""
    people.cast.recorder.exchange(exchange(), "chat", repeat=101)
    line = people.of(Exchanged)[0].curl
    assert line.startswith("for n in $(seq 101); do curl ")
    assert line.endswith("-o /dev/null -w '%{http_code}\\n'; done")


def test_no_half_of_a_secret_is_kept(people: Company) -> None:
    """A body is cut only after its secrets are hidden, so that none is cut in two."""
    people.vault.add("abcdefghijklmnop", "GONOGO_TOKEN")
    body = b"." * (KEPT_BODY - 8) + b"abcdefghijklmnop" + b"." * KEPT_BODY
    request = Request(operation="x", method="POST", url=URL, body=body)
    people.cast.recorder.exchange(exchange(body=body, request=request), "chat")
    (kept,) = people.of(Exchanged)
    assert kept.body == kept.request_body == "." * (KEPT_BODY - 8) + "$GONOGO_"
    assert kept.body_bytes == len(body)


def test_the_rest_is_written_as_it_is(people: Company) -> None:
    """Samples and ends of parts are kept; ids of exchanges are never used twice."""
    recorder = people.cast.recorder
    recorder.measured("chat", "ttft_s", [0.1, 0.2])
    ended = Attempt(
        suite="smoke", scenario="chat", title="t", part="p", ended="finished", started_at=1.0, duration_s=1.0
    )
    recorder.attempt(ended)
    recorder.write(ended)
    assert people.of(Measured)[0].values == (0.1, 0.2)
    assert people.of(Attempt) == [ended, ended]
    assert [recorder.next_id() for _ in range(3)] == ["smoke0-0001", "smoke0-0002", "smoke0-0003"]


# -- the checker ------------------------------------------------------------------------------------


def planned(check: str, skip: str | None = None) -> Planned:
    """A check in the plan."""
    return Planned(
        suite="smoke", scenario="chat", check=check, severity=Severity.MAJOR, effects=Effects.READ, skip=skip
    )


def checker(people: Company, *plan: Planned) -> Checker:
    """A checker of the chat scenario."""
    return Checker(people.cast.recorder, "chat", {(one.scenario, one.check): one for one in plan})


def test_every_check_looks(people: Company) -> None:
    """A check looks whatever those before it said; all of them are recorded, and the complaints are collected."""
    check = checker(people, planned("a"), planned("b"), planned("c"))
    check(exchange("e"), check_of(broken, "a"), check_of(bad, "b"), check_of(good, "c"))
    assert [(one.check, one.exchanges) for one in people.of(Checked)] == [("a", ("e",)), ("b", ("e",)), ("c", ("e",))]
    assert check.complaints[0] == "a: this is wrong"
    assert len(check.complaints) == 3


def test_a_check_can_be_given_as_it_is(people: Company) -> None:
    """A check that compares with nothing needs no brackets."""
    checker(people, planned("a"))(1, check_of(good, "a").check)
    assert [one.check for one in people.of(Checked)] == ["a"]


def test_only_what_is_planned_looks(people: Company) -> None:
    """A check that nobody planned here, or that is skipped here, is a mistake in the scenario."""
    check = checker(people, planned("a", skip="no upload is offered"))
    with pytest.raises(HarnessTrouble, match="check b does not name chat among its scenarios"):
        check(1, check_of(good, "b"))
    with pytest.raises(HarnessTrouble, match=r"check a is a declared skip here \(no upload is offered\)"):
        check(1, check_of(good, "a"))
    assert people.of(Checked) == []


def test_trail() -> None:
    """What shows a subject is the trail of its items, however they are nested."""
    refusal = Refusal(refused=exchange("r"), before=exchange("b"), steps=(exchange("s"),))
    found = trail_of([(refusal, "words"), exchange("x"), 7])
    assert [one.id for one in found] == ["s", "r", "x"]
