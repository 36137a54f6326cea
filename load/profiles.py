"""
The load profiles, as data: how many people, for how long, how often each acts, and what they do.

`mix` says how often each kind of action is chosen among all; what the target does not offer is left out. `every_s` is
the mean time between two actions of one person; where the target's limits want more, it is stretched. `judges` names
the promised bounds that a run of this profile is long enough to decide; the others it measures and does not judge.
One that `searches` begins with its first stage's people and goes on, as far as its last, where the bounds break.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from gonogo.plan import Outline, Part
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gonogo.profile import Profile

EVERY_BOUND = frozenset({"ttft_p95_s", "http_p95_s", "error_rate", "complete", "goodput"})
ACTIONS = {
    "chat": ("send_message",),
    "stop": ("send_message", "stop_message"),
    "history": ("history",),
    "list": ("list_conversations",),
    "search": ("search_conversations",),
    "settings": ("settings",),
    "upload": ("upload",),
    "export": ("export",),
}
"""What each kind of action asks of the target."""
STEPS_TO_JOIN = 3
TALK = MappingProxyType({"chat": 50, "history": 15, "list": 15, "search": 10, "settings": 8, "stop": 2})
"""What people do who mostly talk."""
ASKING = MappingProxyType({"chat": 80, "history": 6, "list": 6, "search": 4, "settings": 3, "stop": 1})
"""What people do who mostly ask: 2,995 whole answers prove that no more than one in a thousand is broken."""
MIXED = MappingProxyType({**TALK, "upload": 1, "export": 1})
"""The same, and now and then what costs the target more."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """So many people for so many seconds; more come, or go, at `rate` a second."""

    users: int
    seconds: float
    rate: float = 20.0


@dataclass(frozen=True, kw_only=True)
class LoadProfile:
    """One way of putting a target under load."""

    name: str
    title: str
    stages: tuple[Stage, ...]
    every_s: float
    pacing: Literal["staggered", "poisson", "closed"] = "poisson"
    mix: Mapping[str, int] = field(default_factory=lambda: TALK)
    judges: frozenset[str] = EVERY_BOUND
    searches: bool = False
    seed: int = 1

    @property
    def users(self) -> int:
        """The most people at one time."""
        return max(stage.users for stage in self.stages)

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return sum(stage.seconds for stage in self.stages)


PROFILES = {
    one.name: one
    for one in (
        LoadProfile(
            name="smoke",
            title="Ten seconds of twenty people: is it fast at all, and does every answer come whole?",
            stages=(Stage(users=20, seconds=10),),
            every_s=1.0,
            judges=frozenset({"ttft_p95_s", "http_p95_s"}),
        ),
        LoadProfile(
            name="gate",
            title="A hundred people for two minutes: enough to decide every promised bound.",
            stages=(Stage(users=100, seconds=130),),
            every_s=3.2,
            mix=ASKING,
        ),
        LoadProfile(
            name="stress",
            title="More and more people: what gets slower, and when.",
            stages=tuple(Stage(users=users, seconds=60) for users in (50, 100, 200, 400)),
            every_s=1.6,
            mix=MIXED,
        ),
        LoadProfile(
            name="soak",
            title="A hundred people for ten minutes: does anything grow?",
            stages=(Stage(users=100, seconds=600),),
            every_s=6.0,
            mix=MIXED,
        ),
        LoadProfile(
            name="burst",
            title="A few people, then very many at once, then few again.",
            stages=(
                Stage(users=20, seconds=30),
                Stage(users=200, seconds=30, rate=1000),
                Stage(users=20, seconds=30, rate=1000),
            ),
            every_s=1.6,
        ),
        LoadProfile(
            name="capacity",
            title="Twice as many people every 20 s until a promised bound breaks, then some between: at which rate?",
            stages=tuple(Stage(users=users, seconds=20, rate=100) for users in (25, 50, 100, 200, 400, 300, 350, 375)),
            every_s=1.0,
            judges=frozenset({"ttft_p95_s", "http_p95_s"}),
            searches=True,
        ),
    )
}


def offered(profile: Profile, plan: LoadProfile) -> dict[str, int]:
    """The part of the mix that the target offers."""
    known = profile.operations
    return {name: weight for name, weight in plan.mix.items() if all(one in known for one in ACTIONS[name])}


def outline_of(one: LoadProfile) -> Outline:
    """What a load profile does and costs, as the plan of a run tells it of every scenario."""
    acts = round(sum(stage.users * stage.seconds for stage in one.stages) / one.every_s)
    weights = sum(one.mix.values())
    chats = sum(weight for action, weight in one.mix.items() if action in {"chat", "stop"})
    cost = {"auth": STEPS_TO_JOIN * one.users, "under load": acts, "messages": round(acts * chats / weights)}
    part = Part(name=one.name, title=one.title, needs=("send_message",), effects=("own-data", "burst"), cost=cost)
    title = "Load: people sign in, and then chat, read, list and search at their own pace, all at once."
    return Outline(suite="load", id="under-load", title=title, parts=(part,))


def load_profile_named(name: str) -> LoadProfile:
    """A load profile by its name. Raises UsageError."""
    if name not in PROFILES:
        raise UsageError(f"there is no load profile '{name}'; there are {', '.join(PROFILES)}")
    return PROFILES[name]
