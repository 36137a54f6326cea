"""What a scenario calls to have checks look at a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from gonogo.check import Bound, Check
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gonogo.evidence import Checked, Planned
    from gonogo.exchange import Exchange
    from gonogo.recorder import Recorder

S = TypeVar("S")


class Checker:
    """
    Shows subjects to checks, in one part of a scenario.

    Every check is looked at whatever the others said; what they said is in `records`.
    """

    def __init__(self, recorder: Recorder, scenario: str, plan: Mapping[tuple[str, str], Planned]) -> None:
        """Look at checks of this scenario; `plan` is keyed by scenario and check."""
        self.recorder = recorder
        self.scenario = scenario
        self.plan = plan
        self.records: list[Checked] = []

    def __call__(self, subject: S, *checks: Check[S, []] | Bound[S], trail: Sequence[Exchange] | None = None) -> None:
        """
        Let each check look at the subject.

        `trail` are the exchanges to send again, in order, to see the same; without it they are the subject's own.
        """
        shown = trail_of(subject) if trail is None else tuple(trail)
        for check in checks:
            bound = check() if isinstance(check, Check) else check
            self._must_be_planned(bound)
            self.records.append(self.recorder.checked(self.scenario, bound, subject, shown))

    def _must_be_planned(self, bound: Bound[S]) -> None:
        planned = self.plan.get((self.scenario, bound.check.id))
        if planned is None:
            raise HarnessTrouble(f"check {bound.check.id} does not name {self.scenario} among its scenarios")
        if planned.skip:
            raise HarnessTrouble(
                f"check {bound.check.id} is a declared skip here ({planned.skip}), but its part ran: "
                "mark the part with the same needs and effects"
            )

    @property
    def complaints(self) -> list[str]:
        """Everything that the checks of this part had against the target."""
        return [f"{record.check}: {text}" for record in self.records for text in record.complaints]


def trail_of(subject: Any) -> tuple[Exchange, ...]:  # noqa: ANN401  a check may look at anything
    """The exchanges that show a subject; a sequence's are those of its items."""
    if isinstance(subject, list | tuple):
        return tuple(exchange for item in subject for exchange in trail_of(item))
    return getattr(subject, "trail", ())
