"""What a target's own document was held to: operations, answers, what broke it. Data for checks; no I/O."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gonogo.exchange import Exchange, Refusal

CONTRACTS = "contracts"


@dataclass(frozen=True, kw_only=True)
class ContractPlan:
    """What a run's contract suite will do: how deep it goes, from which seed, with how many examples an operation."""

    depth: str = "gate"
    seed: int | None = None
    max_examples: int | None = None

    def as_text(self) -> str:
        """As a process is told of it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> ContractPlan:
        """As a process was told of it."""
        return cls(**json.loads(text or "{}"))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    One request to an operation of the document and its answer.

    `valid` says whether the request keeps to the document; None where nobody meant it to be either. `cut` says that
    the answer was a stream that had not ended when we left it. `methods` are those that the document has for the path.
    """

    operation: str
    phase: str
    exchange: Exchange
    valid: bool | None = None
    cut: bool = False
    methods: frozenset[str] = frozenset()

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """The exchange that shows it."""
        return (self.exchange,)


@dataclass(frozen=True, kw_only=True)
class Breach:
    """Something that an operation does otherwise than the document says, in one sentence, and what shows it."""

    operation: str
    says: str
    trail: tuple[Exchange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Held:
    """One rule of the document, held against so many answers, and every breach of it."""

    looks: int
    breaches: tuple[Breach, ...] = ()

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What shows the breaches, in order."""
        return tuple(exchange for breach in self.breaches for exchange in breach.trail)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """An operation, and what came of asking it without what it wants of everybody; `what` names that."""

    operation: str
    what: str
    refusal: Refusal

    @property
    def trail(self) -> tuple[Exchange, ...]:
        """What must have been refused."""
        return self.refusal.trail


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How far one operation was reached: its documented statuses, and how often each status was met in each phase."""

    operation: str
    documented: tuple[str, ...]
    met: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    def counts(self, kind: str) -> bool:
        """Whether an answer of a kind, such as 2, was met that the document knows."""
        return any(
            str(status)[0] == kind and self.knows(status) for statuses in self.met.values() for status in statuses
        )

    def knows(self, status: int) -> bool:
        """Whether the document knows a status for the operation."""
        return bool({str(status), f"{str(status)[0]}XX", f"{str(status)[0]}xx"} & set(self.documented))

    def lacks(self, unprovoked: frozenset[str]) -> Iterator[str]:
        """The kinds of answers that the document has and nobody met; the `unprovoked` are not asked for."""
        for kind in "24":
            wanted = [one for one in self.documented if one[:1] == kind and one not in unprovoked]
            if wanted and not self.counts(kind):
                yield f"{kind}xx"
