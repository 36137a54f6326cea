"""A suite has several lanes only where they share nothing, and each scenario is in one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonogo.lanes import journal_name, lane_of, lanes_for, shares

if TYPE_CHECKING:
    from gonogo.profile import Profile
    from tests.machinery.conftest import Describe

TOGETHER = {"name": "all", "requests": 100, "window_s": 60, "scope": "global", "operations": "*"}
APART = {**TOGETHER, "scope": "address"}
NEAR = "http://127.0.0.1:1"
SMALL = {"email": "small@example.com", "password": "password"}


def test_people_of_their_own_go_side_by_side(describe: Describe) -> None:
    """On loopback, with accounts and addresses of their own and several cores, there are three lanes."""
    profile = mine(describe, NEAR, APART)
    assert lanes_for(profile, "run", cores=2) == 3
    assert lanes_for(profile, "run", cores=1) == 1


def mine(describe: Describe, url: str, *limits: dict[str, Any]) -> Profile:
    """A profile whose accounts the harness makes."""
    profile = describe(url, promises={"limits": list(limits)})
    return profile.model_copy(update={"identity": profile.identity.model_copy(update={"sign_up": "harness"})})


@pytest.mark.parametrize(("url", "limits"), [("https://chat.example.com", [APART]), (NEAR, [APART, TOGETHER])])
def test_what_is_shared_is_not_used_side_by_side(describe: Describe, url: str, limits: list[dict[str, Any]]) -> None:
    """Behind one address, or under a limit on everybody together, there is one lane."""
    assert lanes_for(mine(describe, url, *limits), "run", cores=2) == 1


def test_accounts_that_are_lent_are_not_used_side_by_side(describe: Describe) -> None:
    """Accounts that the profile lends, also the one of few messages, belong to one lane."""
    profile, lent = mine(describe, NEAR), describe(NEAR)
    account = profile.means.model_copy(update={"small_quota": Small()})
    assert lent.identity.sign_up == "accounts"
    assert lanes_for(lent, "run", cores=2) == 1
    assert lanes_for(profile.model_copy(update={"means": account}), "run", cores=2) == 1


class Small:
    """A quota with an account that is used up."""

    account = SMALL


def test_the_first_lane_has_the_name_of_the_suite() -> None:
    """Further ones have their number; a process that is told nothing is the only lane."""
    assert [journal_name("smoke", lane) for lane in (1, 2, 3)] == ["smoke", "smoke-2", "smoke-3"]
    assert lane_of({}) == (1, 1)
    assert lane_of({"GONOGO_LANE": "2/3"}) == (2, 3)


@given(weights=st.dictionaries(st.text("abcdef", max_size=3), st.integers(0, 400)), lanes=st.integers(1, 4))
def test_each_name_is_in_one_share(weights: dict[str, int], lanes: int) -> None:
    """Nothing is left out or done twice, and no lane has more than the lightest and one name."""
    found = shares(weights, lanes)
    assert len(found) == lanes
    assert sorted(name for share in found for name in share) == sorted(weights)
    loads = [sum(weights[name] for name in share) for share in found]
    assert max(loads) - min(loads) <= max(weights.values(), default=0)
    assert found == shares(dict(reversed(weights.items())), lanes)
