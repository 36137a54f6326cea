"""What processes measure adds up, whatever happens to their messages."""

import pytest

from load.broken import Broken
from load.client import Answer
from load.dialected import Dialected
from load.measures import Measures, Whole
from load.stream import Reading
from tests.load.truth import DIALECT

TOKENS = b'event: token\ndata: {"index":%d,"text":"a"}\n\n'


def measured(chats: int, broken: Broken | None = None) -> Measures:
    """Measures of some chats of three tokens, two of which came together, and as many calls."""
    one = Measures()
    for _ in range(chats):
        reading = Reading(Dialected(DIALECT))
        reading.feed(TOKENS % 0, 2_000_000)
        reading.feed(TOKENS % 1 + TOKENS % 2, 5_000_000)
        one.chat(1_000_000, Answer(sent_ns=1_500_000, headers_ns=1_600_000, ended_ns=6_000_000), reading, broken)
        one.call("history", 1_000_000, Answer(sent_ns=1_500_000, ended_ns=9_000_000), broken)
    return one


def test_latency_counts_from_the_intended_start() -> None:
    """What is judged counts from when it was meant; what counts from the send is kept beside it."""
    one = measured(1)

    assert one.histograms["ttft"].percentile(0.5) == pytest.approx(0.001, rel=0.0015)
    assert one.histograms["ttft_sent"].percentile(0.5) == pytest.approx(0.0005, rel=0.0015)
    assert one.histograms["http"].percentile(0.5) == pytest.approx(0.008, rel=0.0015)
    assert one.histograms["itl"].n == 1


def test_snapshots_that_are_lost_late_or_doubled_change_nothing() -> None:
    """Only a process's latest snapshot counts, in whatever order they come."""
    one, whole = measured(2), Whole()
    first = one.snapshot()
    one.chat(0, Answer(sent_ns=1, headers_ns=2, ended_ns=3), Reading(Dialected(DIALECT)), Broken.EMPTY)
    second = one.snapshot()
    for snapshot in (second, first, second):
        whole.take("a", snapshot)

    assert whole.counts()["chats"] == 3
    assert whole.counts()["broken:empty"] == 1
    assert whole.adds_up()


def test_workers_add_up() -> None:
    """The whole is the sum of the workers, and says who has not had a last word."""
    whole = Whole()
    for name, chats in (("a", 2), ("b", 5)):
        one = measured(chats)
        one.final = name == "a"
        whole.take(name, one.snapshot())

    assert whole.counts()["chats"] == whole.histograms()["ttft"].n == 7
    assert whole.unfinished() == ["b"]
    assert whole.adds_up()


def test_samples_that_are_missing_are_noticed() -> None:
    """Counts that no sample stands for do not add up."""
    one, whole = measured(2), Whole()
    one.counts["calls"] += 1
    whole.take("a", one.snapshot())

    assert not whole.adds_up()


def test_what_fails_is_counted_by_operation_and_kind() -> None:
    """A failed call is counted with its operation and its kind, and has its time all the same."""
    one = measured(3, Broken.SERVER_ERROR)

    assert one.counts["failed:history:server-error"] == one.counts["calls_failed"] == 3
    assert one.counts["broken:server-error"] == 3
    assert one.histograms["http"].n == 3
