"""What a load comes to is reckoned beforehand, and what nobody funds is refused in a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gonogo.embedded import STAND_IN
from gonogo.policy import Cost, Goodput, Slos
from gonogo.profile import load_profile
from gonogo.promises import Quota
from gonogo.trouble import UsageError
from load.funding import expected, must_pay, refuse_what_nobody_funds, sentences, wants
from load.profiles import PROFILES, Stage

if TYPE_CHECKING:
    from gonogo.profile import Profile

GATE = PROFILES["gate"]
MINUTE = replace(GATE, stages=(Stage(users=10, seconds=60),), every_s=2.0)


@pytest.fixture
def reference() -> Profile:
    """The reference profile, of a service on this machine."""
    return load_profile("reference", STAND_IN, base_url="https://127.0.0.1:1", environment="local")


def with_cost(profile: Profile, cost: Cost) -> Profile:
    """The profile with another cost."""
    return profile.model_copy(update={"policy": profile.policy.model_copy(update={"cost": cost})})


def with_promises(profile: Profile, **promised: object) -> Profile:
    """The profile with other promises."""
    return profile.model_copy(update={"promises": profile.promises.model_copy(update=promised)})


def test_what_comes(reference: Profile) -> None:
    """People times seconds by the pace, shared out as the mix has it; a limit that is met stretches it."""
    found = expected(reference, MINUTE)
    assert found.chats + found.calls == 300
    assert found.chats == pytest.approx(300 * 81 / 100, abs=1)
    assert found.each == 45
    assert expected(reference, replace(MINUTE, pacing="staggered")).each == 25

    slow = reference.promises.limits[0].model_copy(update={"requests": 10})
    limited = with_promises(reference, limits=(slow,))
    assert expected(limited, MINUTE).chats < found.chats / 3


def test_what_is_wanted(reference: Profile) -> None:
    """59 samples bound a 95th percentile, 2,995 clean ones a share of one in a thousand; no promise wants none."""
    promised = Slos(ttft_p95_s=1, complete=0.999, error_rate=0.001, goodput=Goodput(share=0.95, ttft_s=1))
    found = {
        name: wanted
        for name, wanted, _ in wants(with_promises(reference, slo=promised), GATE, expected(reference, GATE))
    }
    assert found == {"ttft_p95_s": 59, "complete": 2995, "error_rate": 2995, "goodput": 59}


def test_the_gate_decides_all_that_the_reference_promises(reference: Profile) -> None:
    """The gate's own load is long enough for every bound, and says so; a minute of ten people is not, and says so."""
    assert not [line for line in sentences(reference, GATE) if "NOT" in line]
    assert len([line for line in sentences(reference, MINUTE) if "NOT" in line]) == 3


@pytest.mark.parametrize("name", PROFILES)
def test_every_load_is_funded_by_the_reference(reference: Profile, name: str) -> None:
    """Each load profile can be run against the reference service; who sends more than is free pays for it."""
    refuse_what_nobody_funds(reference, PROFILES[name])
    assert must_pay(reference, PROFILES[name]) is (name in {"capacity", "stress"})


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (Cost(max_messages=100), "policy.cost.max_messages is 100"),
        (Cost(max_usd=2.0, usd_per_message=0.01), "costs about $2.43, and policy.cost.max_usd is $2.00"),
    ],
)
def test_too_dear(reference: Profile, cost: Cost, said: str) -> None:
    """What costs more than the profile allows is refused, with both numbers and the way out."""
    with pytest.raises(UsageError, match="choose a shorter load") as refused:
        refuse_what_nobody_funds(with_cost(reference, cost), MINUTE)
    assert said in str(refused.value)


def test_a_quota(reference: Profile) -> None:
    """Who may send fewer messages than the load wants can pay, or the load is refused."""
    small = with_promises(reference, quota=Quota(messages=20, paid=500))
    assert must_pay(small, MINUTE)
    refuse_what_nobody_funds(small, MINUTE)
    for poor in (with_promises(small, quota=Quota(messages=20)), with_promises(small, plans=None)):
        assert not must_pay(poor, MINUTE)
        with pytest.raises(UsageError, match=r"one person sends 45 messages, and promises.quota allows 20"):
            refuse_what_nobody_funds(poor, MINUTE)
