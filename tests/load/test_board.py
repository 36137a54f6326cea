"""What people feel is told a few seconds at a time, on a page and in a terminal."""

import math
from collections import Counter
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from load.board import MOST, Board, page, percent, table
from load.histogram import SECOND_NS, Histogram


def times(*seconds: float) -> Histogram:
    """Durations that were measured."""
    one = Histogram()
    for value in seconds:
        one.record(int(value * SECOND_NS))
    return one


def board() -> Board:
    """Two points: the second one has a slow answer, and a broken one."""
    found = Board()
    first = times(0.1, 0.1)
    found.begin(98.0)
    found.add(100.0, 5, {"ttft": first, "itl": times(0.02)}, Counter(chats=2, calls=4))
    later = first.copy()
    later.add(times(0.9))
    found.add(105.0, 8, {"ttft": later, "itl": times(0.02)}, Counter({"chats": 4, "calls": 4, "broken:cut": 1}))
    return found


def test_a_point_is_of_what_came_since_the_one_before() -> None:
    """What was measured earlier is in no later point."""
    first, second = board().points
    assert (first.at, first.users, first.chats_s, first.complete) == (2.0, 5, 1.0, 1.0)
    assert first.ttft_p95 == pytest.approx(0.1, rel=0.002)
    assert second.ttft_p50 == pytest.approx(0.9, rel=0.002)
    assert (second.at, second.chats_s, second.calls_s, second.complete) == (7.0, 0.4, 0.0, 0.5)
    assert math.isnan(second.itl_p95)


def test_the_page() -> None:
    """It draws each figure with its last value in words, runs no script, and shows a hostile title as text."""
    html = page(board(), "<script>alert(1)</script>")
    assert "<script" not in html
    assert "Time to the first token, p95<strong>900 ms</strong>" in html
    assert "Answers that came whole<strong>50.000 %</strong>" in html
    drawn = [ET.fromstring(f"<svg {part.partition('</svg>')[0]}</svg>") for part in html.split("<svg ")[1:]]  # noqa: S314  our own
    assert len(drawn) == 7
    assert drawn[0][0].attrib["points"].startswith("0.0,")
    assert "900 ms at most" in drawn[0].attrib["aria-label"]
    assert "none yet" in page(Board(), "x")


def test_the_terminal() -> None:
    """The same in a table."""
    console = Console(width=80, record=True, file=None)
    with console.capture() as said:
        console.print(table(board()))
    assert "900 ms" in said.get()
    assert "0.4 a second" in said.get()


def test_it_is_bounded() -> None:
    """A load of days keeps as many points as can be drawn."""
    found = Board()
    for number in range(MOST + 5):
        found.add(float(number), 1, {}, Counter())
    assert len(found.points) == MOST
    assert found.points[-1].at == MOST + 4


def test_almost_all_is_not_all() -> None:
    """One broken answer in a million does not read as none."""
    assert percent(1 - 1e-6) == "99.999 %"
    assert percent(1.0) == "100.000 %"
