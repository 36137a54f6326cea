"""How deep the contract suite goes, by name. It knows nothing of what generates requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gonogo.plan import Outline, Part
from gonogo.trouble import UsageError

if TYPE_CHECKING:
    from gonogo.contracted import ContractPlan

STEPS_TO_JOIN = 4


@dataclass(frozen=True, kw_only=True)
class Depth:
    """
    How much is sent.

    `examples` an operation while fuzzing, `sequences` of so many `steps` while stateful; `methods` are those that the
    document may lack. `requests` and `seconds` bound the whole, `members` is how many take part.
    """

    examples: int
    sequences: int
    steps: int
    methods: tuple[str, ...]
    requests: int
    seconds: float
    members: int


DEPTHS = {
    "quick": Depth(examples=1, sequences=2, steps=5, methods=("trace",), requests=900, seconds=60, members=10),
    "gate": Depth(
        examples=6, sequences=12, steps=8, methods=("trace", "patch"), requests=2000, seconds=180, members=16
    ),
    "deep": Depth(
        examples=50,
        sequences=60,
        steps=10,
        methods=("get", "put", "post", "delete", "options", "patch", "trace"),
        requests=20_000,
        seconds=3600,
        members=60,
    ),
}
TYPICAL = {"quick": 600, "gate": 1000, "deep": 8000}
"""The requests that a document of some fifty operations takes."""


def depth_of(plan: ContractPlan) -> Depth:
    """The depth of a plan. Raises UsageError for one that there is not."""
    if plan.depth not in DEPTHS:
        raise UsageError(f"there is no depth '{plan.depth}'; there are {', '.join(DEPTHS)}")
    found = DEPTHS[plan.depth]
    return found if plan.max_examples is None else replace(found, examples=plan.max_examples)


def outline_of(plan: ContractPlan) -> Outline:
    """What the suite does and costs, as the plan of a run tells it of every scenario."""
    depth, requests = depth_of(plan), TYPICAL[plan.depth]
    cost = {"auth": STEPS_TO_JOIN * depth.members, "document": requests, "messages": requests // 20}
    title = "Contract: every operation of the target's OpenAPI document, with right requests and wrong ones."
    part = Part(name=plan.depth, title=title, needs=("openapi",), effects=("own-data", "hostile"), cost=cost)
    return Outline(suite="contracts", id="document", title=title, parts=(part,))
