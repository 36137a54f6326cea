"""The faults of the reference service, as its command line lists them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE
from gonogo.embedded import ROOT
from gonogo.plan import SUITES, scenario_of, suite_of


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault as the service lists it."""

    name: str
    summary: str
    detected_by: frozenset[str]

    @property
    def suite(self) -> str:
        """The suite in which the named checks are planned; a step that others plan too decides nothing."""
        where = {
            suite_of(scenario)
            for check in self.detected_by
            if check in CATALOGUE
            for scenario in CATALOGUE[check].scenarios
        }
        return next((suite for suite in SUITES if suite in where and suite != "smoke"), "smoke" if where else "load")

    @property
    def scenarios(self) -> frozenset[str]:
        """The scenarios in which the named checks are planned."""
        return frozenset(
            scenario_of(scenario)
            for check in self.detected_by
            if check in CATALOGUE
            for scenario in CATALOGUE[check].scenarios
        )


@cache
def faults() -> tuple[Fault, ...]:
    """Every fault that the reference service knows, over its command line."""
    command = [sys.executable, "-m", "target_app", "faults", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(
        Fault(name=one["name"], summary=one["summary"], detected_by=frozenset(one["detected_by"]))
        for one in json.loads(listed)
    )
