"""No limit is met however chance bunches what people do, and whose refusals are our own is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from checks.load import limits_apart
from gonogo.budget import Limit
from gonogo.embedded import STAND_IN
from gonogo.evidence import Fact, Measured
from gonogo.journal import read_evidence
from gonogo.loaded import Loaded
from gonogo.policy import Slos
from gonogo.profile import load_profile
from gonogo.trouble import NotEvaluable
from load.capacity import Counted, step_of
from load.histogram import Histogram
from load.limits import Windows, spent_by_others
from load.profiles import PROFILES
from load.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from gonogo.profile import Profile

MINE = Limit(name="mine", requests=10, window_s=60, scope="user", operations="*")
FEW = Limit(name="few", requests=2, window_s=10, scope="user", operations=("search_conversations",))
PLACE = Limit(name="place", requests=100, window_s=60, scope="address", operations=("search_conversations", "history"))
ALL = Limit(name="all", requests=1000, window_s=60, scope="global", operations=("settings",))


def promising(*limits: Limit) -> Profile:
    """The reference profile with these limits."""
    profile = load_profile("reference", STAND_IN, base_url="https://127.0.0.1:1", environment="local")
    promises = profile.promises.model_copy(update={"limits": limits, "unlimited": ()})
    return profile.model_copy(update={"promises": promises})


def windows(*limits: Limit, users: int = 10, addresses: int = 10, members: int = 10) -> Windows:
    """One person's windows, whose clock goes on by a second whenever it is looked at."""
    made = Windows.of(promising(*limits), users, addresses, members)
    ticks = count()
    return replace(made, clock=lambda: float(next(ticks)))


def sent(found: Windows, operation: str, tries: int) -> int:
    """How many of so many tries are let go."""
    gone = 0
    for _ in range(tries):
        if found.have_room([operation]):
            found.count(operation)
            gone += 1
    return gone


def test_a_person_keeps_to_every_limit() -> None:
    """What one person does at once stays below each limit, whichever operation it counts."""
    assert sent(windows(MINE), "history", 20) == 9
    assert sent(windows(MINE, FEW), "search_conversations", 4) == 1
    assert sent(windows(ALL), "history", 20) == 20


def test_a_window_moves_on() -> None:
    """When the oldest has left the window, there is room again."""
    assert sent(windows(FEW), "search_conversations", 20) > 1


@pytest.mark.parametrize(
    ("company", "most"),
    [({}, 94), ({"addresses": 1}, 9), ({"addresses": 2, "users": 20}, 9), ({"addresses": 40, "users": 20}, 94)],
)
def test_what_several_share(company: dict[str, int], most: int) -> None:
    """Of a limit that counts several people together, each has a share."""
    made = Windows.of(promising(PLACE), **{"users": 10, "addresses": 10, "members": 10, **company})
    assert made.sent["place"].maxlen == most


def test_who_else_may_have_spent_a_limit() -> None:
    """A limit of all, of lent accounts, or of an address that others have too counts whom we do not see."""
    profile = promising(FEW, PLACE, ALL)
    few, place, everyone = {"search_conversations"}, {"search_conversations", "history"}, {"settings"}
    assert spent_by_others(profile, lent=False, addressed=True) == everyone
    assert spent_by_others(profile, lent=True, addressed=True) == few | everyone
    assert spent_by_others(profile, lent=False, addressed=False) == place | everyone


def said(limited_elsewhere: int = 0) -> list[str]:
    """What is said of so many refusals."""
    loaded = Loaded(chats=500, calls=500, broken={"limited": 2}, failed={"history:limited": 3})
    return list(limits_apart().looks(replace(loaded, limited_elsewhere=limited_elsewhere)))


def test_refusals_that_others_may_have_caused() -> None:
    """A 429 of a limit that counts others too is nobody's fault, and proves nothing; any other is the target's."""
    assert said() == ["5 requests were refused (429), though each person stayed within the promised limits"]
    assert said(limited_elsewhere=2)[0].startswith("3 requests were refused")
    with pytest.raises(NotEvaluable, match="5 requests were refused"):
        said(limited_elsewhere=5)


def shares(record: Record, **counts: int) -> dict[str, tuple[int, int]]:
    """What went wrong among how many, by name."""
    found: Any = record._shares(Counter({name.replace("_of_", ":"): number for name, number in counts.items()}))
    return {name: (wrong, whole) for name, wrong, whole in found}


def test_what_others_caused_is_in_no_share(tmp_path: Path) -> None:
    """Refusals that others may have caused count neither as failed nor as sent."""
    (tmp_path / "evidence").mkdir()
    record = Record(tmp_path, promising(PLACE), PROFILES["smoke"])
    counts = {"chats": 100, "calls": 50, "calls_failed": 4, "broken_of_cut": 1, "failed_of_history_of_limited": 3}
    assert shares(record, **counts)["request_failed"] == (5, 150)
    record.spent_by_others = frozenset({"history", "send_message"})
    assert shares(record, **counts)["request_failed"] == (2, 147)
    assert shares(record, **counts, broken_of_limited=2)["stream_broken"] == (1, 98)
    record.recorder.journal.close()


@pytest.mark.parametrize("kept_up", [True, False])
def test_a_stage_is_written_apart(tmp_path: Path, kept_up: bool) -> None:  # noqa: FBT001  a table's column
    """What came in one stage is in the evidence under its own name, but for what a slow generator cannot know."""
    (tmp_path / "evidence").mkdir()
    record = Record(tmp_path, promising(PLACE), PROFILES["burst"])
    found = Histogram()
    found.record(250_000_000)
    new = Counted({"http": found, "itl": found}, Counter(chats=10, calls=5, calls_failed=1))
    if kept_up:
        new = replace(new, histograms={**new.histograms, "loop_lag": Histogram({0: 1})})
    record.stage(2, step_of(200, 30.0, new, Slos()), new)
    record.recorder.journal.close()
    kept = {one.name: one for one in read_evidence(tmp_path).of(Measured)}
    latencies = {"stage2:http_s", "stage2:stream_not_good"} if kept_up else set()
    assert kept.keys() == {"stage2:stream_broken", "stage2:request_failed", *latencies}
    assert (kept["stage2:request_failed"].values, kept["stage2:request_failed"].counts) == ((1.0, 0.0), (1, 14))
    (fact,) = read_evidence(tmp_path).of(Fact)
    assert (fact.name, fact.state) == ("load:stage2", "ok")
    assert fact.detail.startswith("stage 2: 200 people, 0.5 requests/s")
