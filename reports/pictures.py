"""What a browser's suite kept beside the report: pictures, films and traces, by the findings that they show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gonogo.evidence import Artifact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gonogo.evidence import Evidence
    from gonogo.published import Finding

BESIDE = re.compile(r"artifacts/\w[\w.-]*", re.ASCII)
"""A path that stays in the run's folder, whatever the journal says."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What shows a finding: pictures, which are seen at once, and files, which are linked."""

    pictures: tuple[Artifact, ...] = ()
    files: tuple[Artifact, ...] = ()


def kept(evidence: Evidence) -> tuple[Artifact, ...]:
    """Every file that lies beside the report."""
    return tuple(one for one in evidence.of(Artifact) if BESIDE.fullmatch(one.path))


def shows(found: Finding, artifacts: Sequence[Artifact]) -> Shown:
    """The pictures taken when this check complained, else those of its scenario's ends; and the scenario's files."""
    beside = [one for one in artifacts if (one.suite, one.scenario) == (found.suite, found.scenario)]
    pictures = [one for one in beside if one.what == "screenshot"]
    own = [one for one in pictures if one.check == found.check]
    ends = [one for one in pictures if not one.check]
    return Shown(
        pictures=tuple(own or ends), files=tuple(one for one in beside if one.what != "screenshot" or one not in own)
    )
