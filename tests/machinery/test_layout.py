"""
The suites, the checks and the faults fit together.

What a scenario's parts need and do rules them out exactly where the profile rules out the checks that they
name: a part that runs with a check that is skipped, or a check that is planned with no part that runs, would
make a good target INCONCLUSIVE.
"""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import checks  # noqa: F401  the catalogue
from gonogo.check import CATALOGUE, Check, Effects, Severity
from gonogo.circumstances import CIRCUMSTANCES
from gonogo.embedded import ROOT
from gonogo.plan import Outline, Part, effects_of, outlines, plan, reason_to_skip, scenario_of
from gonogo.policy import Slos
from gonogo.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gonogo.profile import Profile

SECRETS = {"GONOGO_WEBHOOK_SECRET": "whsec_only-for-tests", "GONOGO_OPERATOR_TOKEN": "operator-only-for-tests"}
SECRETS |= {"GONOGO_API_KEY_1": "key-of-ada", "GONOGO_API_KEY_2": "key-of-bob", "GONOGO_MODEL": "small"}
SMOKE = ROOT / "smoke"
FILES = sorted(SMOKE.glob("test_*.py"))
FEWEST_CHECKS = 5
UNDER_LOAD = "under-load"
DOCUMENT = "document"  # of the contract suite
DECISIVE = {Severity.BLOCKER, Severity.CRITICAL, Severity.MAJOR}
UNPROVEN: dict[str, str] = {
    "tls.certificate": "the harness makes the service's certificate; tests/machinery/test_certificate.py has bad ones",
    "tls.certificate-lasts": "the same",
}
"""Checks that decide and that no fault proves, each with the reason."""

Named = dict[tuple[str, str], frozenset[str]]


def reference(**where: Any) -> Profile:  # noqa: ANN401  passed on
    """The profile that offers everything."""
    return load_profile("reference", SECRETS, **{"base_url": "https://127.0.0.1:8443", **where})


@cache
def scenarios() -> tuple[Outline, ...]:
    """Every scenario, as its file says."""
    return outlines(SMOKE, "smoke")


@cache
def named() -> Named:
    """The checks that each part names in its calls of `check`, by scenario and part."""
    return {
        (outline.id, part.name): frozenset(names_in(path, part))
        for path, outline in zip(FILES, scenarios(), strict=True)
        for part in outline.parts
    }


def names_in(path: Path, part: Part) -> Iterator[str]:
    """The ids of the checks that one part names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = {
        alias.name: importlib.import_module(f"checks.{alias.name}")
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "checks"
        for alias in node.names
    }
    function = next(node for node in tree.body if getattr(node, "name", None) == part.name)
    for call in ast.walk(function):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check"):
            continue
        for argument in call.args[1:]:
            bound = argument.func if isinstance(argument, ast.Call) else argument
            assert isinstance(bound, ast.Attribute), f"{path.name}: {ast.unparse(argument)} names no check"
            assert isinstance(bound.value, ast.Name)
            found = getattr(modules[bound.value.id], bound.attr)
            assert isinstance(found, Check), f"{path.name}: {ast.unparse(bound)} is no check"
            yield found.id


def lacking(profile: Profile, *operations: str) -> Profile:
    """The profile without some operations."""
    left = {name: one for name, one in profile.operations.items() if name not in operations}
    return profile.model_copy(update={"operations": left})


def changed(profile: Profile, section: str, **fields: Any) -> Profile:  # noqa: ANN401  passed on
    """The profile with some fields of a section as given."""
    return profile.model_copy(update={section: getattr(profile, section).model_copy(update=fields)})


def targets() -> dict[str, Profile]:
    """The reference, everywhere and without each of the things that a check or a part needs."""
    whole = reference()
    found = {
        "whole": whole,
        "production": reference(environment="production"),
        "met over http": reference(base_url="http://127.0.0.1:8443"),
        "remote": reference(base_url="https://chat.example.com", environment="staging"),
        "bearer": changed(whole, "identity", session="bearer"),
        "no limits": changed(whole, "promises", limits=()),
        "one limit for all": changed(
            reference(base_url="https://chat.example.com", environment="staging"),
            "promises",
            limits=tuple(one.model_copy(update={"scope": "address"}) for one in whole.promises.limits),
        ),
        "events without a moment": changed(whole, "payment", scheme="hmac", header="X-Signature"),
        "no promised times": changed(whole, "promises", slo=Slos()),
        "pages redirect": changed(whole, "identity", reject_statuses=(302,)),
        "openai-compatible": load_profile("openai-compatible", SECRETS),
    }
    found |= {f"only {one}": allowing(whole, one) for one in Effects}
    for need in sorted(needs()):
        section, _, rest = need.partition(".")
        if need in whole.operations:
            found[f"no {need}"] = lacking(whole, need)
        elif need == "means.request_counter.status_label":
            counter = whole.means.request_counter
            found[f"no {need}"] = changed(
                whole, "means", request_counter=counter and counter.model_copy(update={"status_label": None})
            )
        elif section in {"means", "promises"} and "." not in rest:
            found[f"no {need}"] = changed(
                whole, section, **{rest: nothing_like(getattr(getattr(whole, section), rest))}
            )
        elif need in {"csrf", "payment", "tracker", "mail", "operator", "build"}:
            found[f"no {need}"] = whole.model_copy(update={need: None})
    for flag in type(whole.promises.headers).model_fields:
        headers = whole.promises.headers.model_copy(update={flag: None if flag == "hsts_min_age_s" else False})
        found[f"no promises.headers.{flag}"] = changed(whole, "promises", headers=headers)
    return found


def allowing(profile: Profile, effect: Effects) -> Profile:
    """The profile where the environment allows reading, and one thing more."""
    here = profile.environments["local"].model_copy(update={"allow": (Effects.READ, effect)})
    return profile.model_copy(update={"environments": {"local": here}})


def nothing_like(value: object) -> object:
    """What stands in a profile where a promise is not made."""
    return () if isinstance(value, tuple) else False if isinstance(value, bool) else None


def needs() -> set[str]:
    """Everything that a check or a part needs."""
    parts = [part for outline in scenarios() for part in outline.parts]
    return {need for part in parts for need in part.needs} | {need for one in CATALOGUE.values() for need in one.needs}


TARGETS = targets()


def test_every_need_is_one_that_a_target_can_meet() -> None:
    """The reference offers everything that is needed: a name that is misspelt would be a skip that nobody notices."""
    missing = {need: reason_to_skip(TARGETS["whole"], [need], []) for need in sorted(needs())}
    assert {need: reason for need, reason in missing.items() if reason} == {}


def test_everything_needed_is_taken_away_once() -> None:
    """Each need, but for what follows from something else, has a target without it."""
    met = {need for need in needs() if not any(reason_to_skip(one, [need], []) for one in TARGETS.values())}
    assert met == set()
    assert {need for need in CIRCUMSTANCES if need not in needs()} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_has_enough_checks(path: Path) -> None:
    """A scenario is no single look: it has at least five planned checks that are no steps."""
    scenario = path.stem.removeprefix("test_").replace("_", "-")
    mine = [one for one in CATALOGUE.values() if scenario in one.scenarios and not one.id.startswith("operation.")]
    assert len(mine) >= FEWEST_CHECKS


def test_every_checks_scenarios_are_files() -> None:
    """A check is planned only in scenarios that there are."""
    browsed = (ROOT / "e2e").glob("test_*.py")
    files = {path.stem.removeprefix("test_").replace("_", "-") for path in (*FILES, *browsed)}
    assert {scenario_of(one) for check in CATALOGUE.values() for one in check.scenarios} == files | {
        UNDER_LOAD,
        DOCUMENT,
    }


def test_every_check_is_named_where_it_is_planned() -> None:
    """Each check is named by a part of each of its scenarios, and by no other's."""
    planned = {(scenario, one.id) for one in CATALOGUE.values() for scenario in one.scenarios if "/" not in scenario}
    steps = {(scenario, check) for scenario, check in planned if check.startswith("operation.")}
    mails = ("auth.mail-arrives", "auth.reset-mail-arrives")
    by_members = {("authentication", one) for one in mails}  # Member.mailed_link looks, whoever waits
    assert {
        (scenario, check) for (scenario, _), ids in named().items() for check in ids
    } == planned - steps - by_members


@pytest.mark.parametrize("target", TARGETS)
def test_a_part_runs_only_with_checks_that_are_planned(target: str) -> None:
    """No part runs that names a check which the profile rules out."""
    profile = TARGETS[target]
    wrong = {
        (scenario, part.name, check): reason
        for scenario, part in parts_that_run(profile)
        for check in named()[scenario, part.name]
        if (reason := reason_to_skip(profile, CATALOGUE[check].needs, effects_of([CATALOGUE[check].effects])))
    }
    assert wrong == {}


@pytest.mark.parametrize("target", TARGETS)
def test_a_planned_check_has_a_part_that_runs(target: str) -> None:
    """No check is planned of which every part is ruled out."""
    profile = TARGETS[target]
    looked_at = {
        (scenario, check) for scenario, part in parts_that_run(profile) for check in named()[scenario, part.name]
    }
    planned = {(one.scenario, one.check) for one in plan(CATALOGUE, profile, ["smoke"]) if one.skip is None}
    named_at_all = {(scenario, check) for (scenario, _), ids in named().items() for check in ids}
    assert (planned & named_at_all) - looked_at == set()


def parts_that_run(profile: Profile) -> Iterator[tuple[str, Part]]:
    """Every part that the profile does not rule out, with its scenario."""
    for outline in scenarios():
        for part in outline.parts:
            if reason_to_skip(profile, part.needs, part.effects) is None:
                yield outline.id, part


@cache
def faults() -> dict[str, frozenset[str]]:
    """Every fault of the reference service, with the checks that it names, over its command line."""
    command = [sys.executable, "-m", "target_app", "faults", "--json"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {one["name"]: frozenset(one["detected_by"]) for one in json.loads(listed)}


def test_every_fault_names_checks_that_there_are() -> None:
    """A fault is detected by something, and that exists."""
    known = {*CATALOGUE, *(f"slo.{name}" for name in Slos.model_fields)}
    assert {name: ids - known for name, ids in faults().items() if ids - known or not ids} == {}


def test_every_check_that_decides_is_proven() -> None:
    """Each blocker, critical and major check is named by a fault, but for those that say here why not."""
    proven = frozenset().union(*faults().values())
    decisive = {
        one.id for one in CATALOGUE.values() if one.severity in DECISIVE and not one.id.startswith("operation.")
    }
    assert decisive - proven == set(UNPROVEN)
