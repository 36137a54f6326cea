"""Two kinds of answers are told apart by time only where chance does not do that."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from checks import auth
from gonogo.exchange import Exchange, Request, Timing
from gonogo.stopwatch import Series, leaning, served_in, timed
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.member import Member

HASHED, QUICK = (0.031, 0.030, 0.035, 0.033), (0.004, 0.004, 0.004, 0.006)


def answer(seconds: float, status: int = 401) -> Exchange:
    """A refused sign-in that took so long, over a connection that was made before."""
    request = Request(operation="signin", method="POST", url="https://chat.example.com/")
    return Exchange(id="1", person="timer", request=request, status=status, timing=Timing(headers=seconds))


def series(known: tuple[float, ...], unknown: tuple[float, ...]) -> Series:
    """Answers that took so long."""
    return Series(known=tuple(map(answer, known)), unknown=tuple(map(answer, unknown)))


@pytest.mark.parametrize(
    ("known", "unknown", "slower"),
    [
        (HASHED, QUICK, True),
        (QUICK, HASHED, False),
        (HASHED, HASHED, None),
        (HASHED, (0.004, 0.2, 0.005, 0.2), None),
        (HASHED, (0.004, 0.005, 0.034, 0.006), None),
        ((0.030, 0.031, 0.032, 0.033), (0.021, 0.022, 0.023, 0.024), None),
        ((0.030, 0.900, 0.032, 0.033), (0.029, 0.031, 0.030, 0.032), None),
    ],
)
def test_which_takes_longer(known: tuple[float, ...], unknown: tuple[float, ...], *, slower: bool | None) -> None:
    """One kind takes longer where its quickest does, its median does, and hardly any pair says otherwise."""
    assert leaning(series(known, unknown)) is slower


HELD_UP = (0.004, 0.2, 0.005, 0.006)


@pytest.mark.parametrize(
    ("seen", "taken"),
    [
        ([(HASHED, HASHED), (HASHED, QUICK)], 1),
        ([(HASHED, QUICK), (HASHED, QUICK), (HASHED, QUICK)], 2),
        ([(HASHED, QUICK), (HASHED, HASHED), (HASHED, QUICK)], 2),
        ([(HASHED, HELD_UP), (HASHED, QUICK), (HASHED, QUICK), (HASHED, QUICK)], 3),
        ([(HASHED, HELD_UP), (HASHED, QUICK), (HASHED, HELD_UP), (HASHED, QUICK)], 4),
    ],
)
async def test_a_doubt_is_looked_into(
    monkeypatch: pytest.MonkeyPatch, seen: list[tuple[tuple[float, ...], tuple[float, ...]]], taken: int
) -> None:
    """A series in which an answer was held up is taken again by somebody else, until two agree or nobody is left."""
    rest = iter([series(*one) for one in seen])

    async def measured(_caller: Member, _email: str) -> Series:
        return next(rest)

    monkeypatch.setattr("gonogo.stopwatch.series", measured)
    done = await timed(cast("list[Member]", [None] * 4), "ada@example.com")
    assert len(done) == taken
    told = sum(one == (HASHED, QUICK) for one in seen[:taken])
    assert bool(list(auth.unknown_address_takes_as_long().looks(done))) == (told > 1)


def test_a_doubt_that_stays_is_no_pass() -> None:
    """Where answers were held up to the end nobody can tell, even after one series that told something."""
    doubt = series(HASHED, HELD_UP)
    for measured in ([doubt] * 4, [series(HASHED, QUICK), doubt]):
        with pytest.raises(NotEvaluable, match="held up each time"):
            list(auth.unknown_address_takes_as_long().looks(measured))


def test_connecting_does_not_count() -> None:
    """An answer's time begins when its connection stands."""
    one = answer(0.05)
    assert served_in(one) == 0.05
    fresh = Exchange(**{**one.__dict__, "timing": Timing(connected=0.01, secured=0.03, headers=0.05)})
    assert served_in(fresh) == pytest.approx(0.02)


def test_a_suspicion_is_confirmed() -> None:
    """Only two series that agree are a complaint; what meets a limit says nothing."""
    told, other, same = series(HASHED, QUICK), series(QUICK, HASHED), series(HASHED, HASHED)

    def said(*measured: Series) -> list[str]:
        return list(auth.unknown_address_takes_as_long().looks(measured))

    assert said(same) == []
    assert said(told, same) == said(told, other) == []
    (complaint,) = said(told, told)
    assert complaint.startswith("known and unknown addresses took 32 ms and 4 ms and 32 ms and 4 ms (medians of 4), ")
    limited = Series(known=(answer(0.03, 429),), unknown=(answer(0.03),))
    with pytest.raises(NotEvaluable):
        said(limited)
