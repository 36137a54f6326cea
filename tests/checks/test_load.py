"""What goes wrong under load is told where it is more than chance, and nothing is judged of too little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checks import load
from gonogo.loaded import Loaded
from gonogo.trouble import NotEvaluable

if TYPE_CHECKING:
    from gonogo.check import Check

ALL = (load.answers_whole, load.calls_answered, load.limits_apart, load.stays_up, load.stays_signed_in)
SENTENCES = {"cut": "the connection was closed", "server-error": "a status of 500 or more"}


def loaded(**found: Any) -> Loaded:  # noqa: ANN401  fields of Loaded
    """What many people met; nothing went wrong but what is said."""
    return Loaded(**{"chats": 1000, "calls": 1000, "probes": 50, "sentences": SENTENCES, **found})


def said(check: Check[Any, []], subject: Loaded) -> list[str]:
    """What a check says."""
    return list(check().looks(subject))


@pytest.mark.parametrize("check", ALL)
def test_nothing_went_wrong(check: Check[Any, []]) -> None:
    """Of a load without a failure nobody complains."""
    assert said(check, loaded()) == []


@pytest.mark.parametrize("check", ALL)
def test_too_little_says_nothing(check: Check[Any, []]) -> None:
    """A handful of requests, or no probe, is not judged, whatever came of them."""
    with pytest.raises(NotEvaluable):
        said(check, loaded(chats=9, calls=9, probes=0, broken={"cut": 9}, failed={"history:limited": 9}))


def test_broken_answers() -> None:
    """Answers that are broken for certain more often than is tolerated are told by kind, the commonest first."""
    few, many = {"cut": 1}, {"cut": 4, "empty": 9, "limited": 3, "signed-out": 2}
    assert said(load.answers_whole, loaded(broken=few)) == []
    (told,) = said(load.answers_whole, loaded(broken=many))
    assert told.startswith("13 of 1000 answers were broken, 0.100% are tolerated: 9 empty (empty); 4 cut (the conn")
    assert said(load.answers_whole, loaded(broken=many, complete=0.9)) == []


def test_failed_calls() -> None:
    """Plain requests that fail are told with their operation."""
    many = {"history:server-error": 12, "settings:cut": 1}
    (told,) = said(load.calls_answered, loaded(failed=many))
    assert told.startswith("13 of 1000 plain requests failed, 0.100% are tolerated: 12 history (a status of 500")
    assert said(load.calls_answered, loaded(failed=many, error_rate=0.1)) == []


def test_strangers() -> None:
    """One member who is taken for a stranger is one too many."""
    assert said(load.stays_signed_in, loaded(failed={"history:signed-out": 1})) == [
        "1 requests of people who are signed in were answered with 401"
    ]


def test_probes() -> None:
    """One probe in ten may fail, and no more."""
    assert said(load.stays_up, loaded(probes=50, probes_failed=("health: 503",) * 5)) == []
    assert said(load.stays_up, loaded(probes=50, probes_failed=("health: 503",) * 6)) == [
        "6 of 50 probes failed: health: 503"
    ]
