"""The compact space of runs, a part of it; `nox -s verdict` walks all of it."""

from __future__ import annotations

import random

import pytest

from tests.verdict.random_cases import try_one
from tests.verdict.space import CRITICAL, POLICIES, SIZE, SPACE, Rules
from tests.verdict.walk import walk

WAIVED = next(rules for rules in POLICIES if rules.waived == CRITICAL)


@pytest.mark.parametrize("rules", [*random.Random(0).sample(POLICIES, 4), WAIVED], ids=str)  # noqa: S311  no secret is made of it
def test_a_part_of_the_space(rules: Rules) -> None:
    """
    At each point of a slice the rules decide as a second reading of them does, and no harm ever helps.

    The slice holds every state of each check beside two states of the others.
    """
    few = [(*states[1:3], *states[-1:]) for states in SPACE]
    slices = {
        tuple(states if place == varied else few[place] for place in range(len(SPACE)))
        for varied, states in enumerate(SPACE)
    }
    chosen = {(a, b, c, d) for bs, cs, ms, ns in slices for a in bs for b in cs for c in ms for d in ns}
    compared, wrong = walk(rules, chosen)
    assert wrong == []
    assert compared > len(chosen)


def test_the_space_is_large() -> None:
    """The whole space has more than a million runs."""
    assert SIZE > 1_000_000


def test_random_harms() -> None:
    """In large random runs, too, no harm ever helps; `nox -s verdict` harms many more."""
    tried = [try_one(random.Random(seed)) for seed in range(60)]  # noqa: S311  no secret is made of it
    assert [wrong for _, wrong in tried if wrong] == []
    assert any(go for go, _ in tried)
