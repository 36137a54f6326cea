"""The plan is made of the catalogue and the profile alone; marks are read without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gonogo.check import Check, Effects, Severity
from gonogo.circumstances import limit_of, limited_operation
from gonogo.plan import (
    effects_of,
    estimate,
    outlines,
    plan,
    reason_to_skip,
)
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from pathlib import Path

    from tests.machinery.conftest import Describe

REMOTE = "https://chat.example.com"
LOCAL = "http://127.0.0.1:1"
GET = {"method": "GET", "path": "/x", "expect": [200]}
EVERYTHING = {"name": "api", "requests": 100, "window_s": 60, "scope": "user", "operations": "*"}


def check_of(check_id: str, *scenarios: str, needs: tuple[str, ...] = (), effects: Effects = Effects.READ) -> Any:  # noqa: ANN401  any check
    """A check of these scenarios."""
    return Check(
        id=check_id,
        severity=Severity.MAJOR,
        scenarios=frozenset(scenarios),
        effects=effects,
        needs=frozenset(needs),
        claim="c",
        why="w",
        fix="f",
        looks=lambda _: iter(()),
    )


def test_every_check_is_planned_in_every_scenario(describe: Describe) -> None:
    """Each check is planned in each scenario of the suites that were asked for, with its own words."""
    catalogue = {
        one.id: one for one in (check_of("b", "chat", "csrf"), check_of("a", "load/gate", "chat"), check_of("c"))
    }
    planned = plan(catalogue, describe(LOCAL), ["smoke"])
    assert [(one.check, one.scenario, one.suite, one.skip) for one in planned] == [
        ("a", "chat", "smoke", None),
        ("b", "chat", "smoke", None),
        ("b", "csrf", "smoke", None),
    ]
    assert (planned[0].claim, planned[0].why, planned[0].fix) == ("c", "w", "f")
    both = plan(catalogue, describe(LOCAL), ["smoke", "load"])
    assert ("a", "gate", "load") in {(one.check, one.scenario, one.suite) for one in both}


@pytest.mark.parametrize(
    ("needs", "effects", "reason"),
    [
        (["health"], ["read", "own-data"], None),
        (["health", "signin"], [], "not here"),
        (["promises.limits"], [], "the profile names no promises.limits"),
        (["https"], [], "the target is met over plain http"),
        ([], ["burst"], "environment production does not allow burst"),
        (["signin"], ["burst"], "not here"),
    ],
)
def test_reasons(describe: Describe, needs: list[str], effects: list[str], reason: str | None) -> None:
    """What is not offered, not given, or not allowed here is a skip with its reason."""
    assert reason_to_skip(describe(LOCAL), needs, effects) == reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/conversations/{conversation_id}", None), ("/v1/chat", "a message goes to the model, and to no conversation")],
)
def test_messages_that_stand_in_no_conversation(describe: Describe, path: str, reason: str | None) -> None:
    """Where a message names no conversation, nobody can write in another's, and none holds what was said."""
    send = {"method": "POST", "path": path, "expect": [200], "streams": True}
    dialect = {"delta": {"pointer": "/text"}, "end": {"event": "end"}}
    profile = describe(LOCAL, stream=dialect, operations={"send_message": send})
    assert reason_to_skip(profile, ["messages-in-conversations"], []) == reason


def test_a_need_that_no_profile_can_meet(describe: Describe) -> None:
    """A promise that there is none of is a mistake, not a skip."""
    with pytest.raises(HarnessTrouble):
        reason_to_skip(describe(LOCAL), ["promises.nonsense"], [])


@pytest.mark.parametrize(
    ("said", "done"),
    [([], ["own-data"]), (["hostile"], ["own-data", "hostile"]), (["read"], ["read"])],
)
def test_effects(said: list[str], done: list[str]) -> None:
    """Whoever does not say that it only reads makes people with data of their own."""
    assert list(effects_of(said)) == done


def test_an_environment_that_only_reads(describe: Describe) -> None:
    """Where nothing may be changed, only checks that read are planned."""
    profile = describe(LOCAL, environments={"looked-at": {"hosts": ["127.0.0.1"], "allow": ["read", "burst"]}})
    catalogue = {
        one.id: one
        for one in (
            check_of("a", "chat"),
            check_of("b", "chat", effects=Effects.BURST),
            check_of("c", "chat", effects=Effects.OWN_DATA),
        )
    }
    skips = {one.check: one.skip for one in plan(catalogue, profile, ["smoke"])}
    assert skips["a"] is None
    assert skips["b"] == skips["c"] == "environment looked-at does not allow own-data"


# -- limits -----------------------------------------------------------------------------------------


def test_the_limited_operation(describe: Describe) -> None:
    """The first harmless operation that a limit counts, and that needs to know nothing, is used up."""
    operations = {"session": {**GET, "path": "/{who}"}, "plan": GET, "settings": GET, "health": GET}
    profile = describe(LOCAL, operations=operations, promises={"limits": [EVERYTHING], "unlimited": ["plan"]})
    assert limited_operation(profile) == "settings"
    assert limit_of(profile, "settings").name == "api"
    assert reason_to_skip(profile, ["api-limit"], []) is None
    with pytest.raises(HarnessTrouble, match="promises no limit that counts plan"):
        limit_of(profile, "plan")


def test_no_limit(describe: Describe) -> None:
    """Without a limit that counts, there is none to look at."""
    profile = describe(LOCAL, operations={"session": GET, "signin": GET})
    with pytest.raises(HarnessTrouble, match="no limit that counts a harmless operation"):
        limited_operation(profile)
    assert (
        reason_to_skip(profile, ["api-limit"], []) == "the profile promises no limit that counts a harmless operation"
    )
    assert reason_to_skip(profile, ["sign-in-limit"], []) == "the profile promises no limit that counts signin"
    assert reason_to_skip(profile, ["own-limits"], []) == reason_to_skip(profile, ["api-limit"], [])


@pytest.mark.parametrize(
    ("url", "scope", "told_apart"),
    [
        (REMOTE, "user", True),
        (REMOTE, "address", False),
        (REMOTE, "global", False),
        (LOCAL, "address", True),
        ("http://[::1]:1", "address", False),
        ("http://[::1]:1", "user", True),
    ],
)
def test_own_limits(describe: Describe, url: str, scope: str, told_apart: bool) -> None:  # noqa: FBT001  a table's column
    """Two people's limits are two where they count users, or where people have addresses of their own."""
    profile = describe(url, operations={"session": GET}, promises={"limits": [{**EVERYTHING, "scope": scope}]})
    assert (reason_to_skip(profile, ["own-limits"], []) is None) is told_apart


@pytest.mark.parametrize(
    ("need", "changes"),
    [
        ("session-cookie", {"session": "bearer", "session_source": ["json:/t"]}),
        ("challenge", {"reject_statuses": [302]}),
    ],
)
def test_circumstances(describe: Describe, need: str, changes: dict[str, Any]) -> None:
    """What follows from the rest of the profile is a need like any other."""
    profile = describe(LOCAL)
    identity = profile.identity.model_copy(update=changes)
    assert reason_to_skip(profile, [need], []) is None
    assert reason_to_skip(profile.model_copy(update={"identity": identity}), [need], []) is not None


@pytest.mark.parametrize(("promises", "offered"), [({"no_store": True}, True), ({"csp": True}, False), ({}, False)])
def test_other_headers_are_looked_at_where_they_are_promised(
    describe: Describe,
    promises: dict[str, bool],
    offered: bool,  # noqa: FBT001  a table's column
) -> None:
    """Where none of the plain headers is promised there is nothing to look at."""
    profile = describe(LOCAL, promises={"headers": promises})
    assert (reason_to_skip(profile, ["promised-headers"], []) is None) is offered


# -- outlines ---------------------------------------------------------------------------------------

SCENARIO = '''"""Chat: talk, and be understood."""

import pytest


@pytest.mark.needs("send_message", "https")
@pytest.mark.needs("history")
@pytest.mark.effects("hostile")
@pytest.mark.cost(api=3, messages=2)
@pytest.mark.beside
async def test_one():
    """Something is said."""


@pytest.mark.effects("read")
@pytest.mark.cost(api=0)
def test_two():
    pass


def helper():
    """No part."""
'''


def written(folder: Path, text: str, name: str = "test_small_talk.py") -> Path:
    """A folder with one scenario file."""
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_outline(tmp_path: Path) -> None:
    """A file's title and its parts' needs, effects and costs are read from its text."""
    (outline,) = outlines(written(tmp_path, SCENARIO), "smoke")
    assert (outline.id, outline.suite, outline.title) == ("small-talk", "smoke", "Chat: talk, and be understood.")
    one, two = outline.parts
    assert (one.name, one.title) == ("test_one", "Something is said.")
    assert (one.needs, one.effects) == (("send_message", "https", "history"), ("own-data", "hostile"))
    assert one.cost == {"api": 3, "messages": 2}
    assert (two.title, two.needs, two.effects) == ("test_two", (), ("read",))


@pytest.mark.parametrize(
    ("old", "new", "trouble"),
    [
        ("@pytest.mark.cost(api=0)\n", "", "test_two does not say what it costs"),
        ('"send_message", "https"', "NEEDS", "the marks of test_one are no plain texts and numbers"),
        ('"send_message", "https"', "1", "the marks of test_one are no plain texts and numbers"),
        ('"hostile"', 'kind="hostile"', "the marks of test_one are no plain texts and numbers"),
        ("api=3", "api=COST", "the marks of test_one are no plain texts and numbers"),
        ("api=3", "api=None", "the marks of test_one are no plain texts and numbers"),
    ],
)
def test_marks_that_cannot_be_read(tmp_path: Path, old: str, new: str, trouble: str) -> None:
    """A mark that only running the file would tell is a mistake in it."""
    with pytest.raises(HarnessTrouble, match=trouble):
        outlines(written(tmp_path, SCENARIO.replace(old, new)), "smoke")


def test_a_file_without_a_title(tmp_path: Path) -> None:
    """A file that says nothing of itself is called by its name."""
    (outline,) = outlines(written(tmp_path, "", "test_x.py"), "smoke")
    assert (outline.title, outline.parts) == ("test_x", ())


def test_estimate(describe: Describe, tmp_path: Path) -> None:
    """Only parts that run are added up; a remote target is paced by its narrowest limit."""
    scenarios = outlines(written(tmp_path, SCENARIO.replace("api=0", "api=250")), "smoke")
    local = estimate(describe(LOCAL), scenarios)
    assert (local.requests, local.messages, local.minutes, local.effects) == (250, 0, 2, ("read",))
    remote = estimate(describe(REMOTE, promises={"limits": [EVERYTHING]}), scenarios)
    assert remote.minutes == 4
    assert remote.scenarios == scenarios
    assert estimate(describe(REMOTE), scenarios).minutes == 1
