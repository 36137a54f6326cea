"""What is said of pages."""

from __future__ import annotations

import pytest

from checks import ui_flow, ui_watch
from gonogo.browsed import Arrived, Noticed, Talked
from gonogo.trouble import NotEvaluable


def test_a_page_that_is_quiet_is_fine() -> None:
    """Nothing noticed is nothing wrong."""
    noticed = Noticed(pages=["/chat"])
    assert not list(ui_watch.no_exception().looks(noticed))
    assert not list(ui_watch.own_requests_only().looks(noticed))


def test_each_different_thing_is_said_once() -> None:
    """The same error on every page is one sentence."""
    assert list(ui_watch.no_console_error().looks(Noticed(pages=["/"], console=["a", "b", "a"]))) == ["a", "b"]


def test_no_page_is_no_evidence() -> None:
    """Silence where nobody looked passes nothing."""
    with pytest.raises(NotEvaluable):
        list(ui_watch.keeps_policy().looks(Noticed()))


@pytest.mark.parametrize(("path", "ready", "wrong"), [("/chat", True, 0), ("/plan", True, 1), ("/chat", False, 1)])
def test_a_step_leads_to_a_page_that_is_ready(path: str, ready: bool, wrong: int) -> None:  # noqa: FBT001  a column
    """Elsewhere is wrong, and so is a page that never finishes."""
    arrived = Arrived(step="signing in", wanted="/chat", path=path, ready=ready)
    assert len(list(ui_flow.sign_in().looks(arrived))) == wrong


@pytest.mark.parametrize(
    ("answers", "shown", "twice"), [((), 1, 0), (("a b",), 0, 0), (("a b a b",), 0, 1), (("a b", "a b"), 0, 1)]
)
def test_an_answer_is_shown_once(answers: tuple[str, ...], shown: int, twice: int) -> None:
    """None is one thing wrong, and two another."""
    talked = Talked(words="a b", waited_s=1.0, answers=answers)
    assert len(list(ui_flow.answer_shown().looks(talked))) == shown
    assert len(list(ui_flow.answer_once().looks(talked))) == twice
