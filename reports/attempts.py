"""What each check said at each attempt, for reports; whoever passed at last does not hide what came before."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gonogo.evidence import Checked

if TYPE_CHECKING:
    from gonogo.evidence import Evidence

    Name = tuple[str, str, str]


def attempts(evidence: Evidence) -> dict[Name, tuple[str, ...]]:
    """A sentence for each look, by suite, scenario and check, where there was more than one attempt."""
    said: defaultdict[Name, list[Checked]] = defaultdict(list)
    for record in evidence.of(Checked):
        said[record.suite, record.scenario, record.check].append(record)
    return {
        name: tuple(sentence(one) for one in those)
        for name, those in said.items()
        if len({one.attempt for one in those}) > 1
    }


def sentence(record: Checked) -> str:
    """What a check said when it looked."""
    return f"Attempt {record.attempt}: {record.error or '; '.join(record.complaints) or 'passed'}"
