"""The whole gate against its own service, as a user runs it: what it decides, and what it leaves."""

import json
import os
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from gonogo.conclusion import judge_folder
from gonogo.embedded import ROOT
from gonogo.evidence import Attempt, Exchanged
from gonogo.journal import read_evidence
from gonogo.past_run import policy_for
from reports.document import render

if TYPE_CHECKING:
    from tests.gate.gates import Ran

SECRETS = {
    "a password": rb"canary[0-9a-f]{16}",
    "a signing secret": rb"whsec_[0-9a-f]{20}",
    "an operator's token": rb"Bearer [0-9a-f]{48}",
    "a signed token": rb"eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}",
    "a private key": rb"PRIVATE KEY",
}


def test_a_healthy_service_is_a_go(healthy: "Ran") -> None:
    """The embedded service, with every suite, is an unconditional GO, and the exit code is 0."""
    assert healthy.code == 0, healthy.summary
    assert healthy.verdict["verdict"] == "GO"
    assert healthy.verdict["conditional"] is False
    assert healthy.verdict["action"] == "PROCEED"
    assert healthy.verdict["findings"] == []
    assert healthy.out.startswith("GO ")


def test_everything_planned_is_executed(healthy: "Ran") -> None:
    """Every planned check of all eight scenarios is executed and passes; nothing is skipped."""
    assert healthy.verdict["executed"] == healthy.verdict["planned"] > 100
    assert {one["outcome"] for one in healthy.verdict["checks"]} == {"pass"}
    assert len(healthy.verdict["scenarios"]) == 8


def test_nothing_waits_for_a_limit(healthy: "Ran") -> None:
    """On loopback no person waits for a limit; only the scenario that is about it does."""
    assert "waiting" not in healthy.err


def test_the_run_is_complete(healthy: "Ran") -> None:
    """The folder holds whole evidence, the verdict by its published schema, and every report; latest leads there."""
    folder = healthy.runs / healthy.verdict["run_id"]
    assert (healthy.runs / "latest").resolve() == folder.resolve()
    assert {path.name for path in folder.iterdir()} >= {
        *("evidence", "policy.json", "verdict.json", "verdict.schema.json"),
        *("report.html", "report.md", "junit.xml"),
    }
    journals = read_evidence(folder).journals
    assert {journal.name for journal in journals} >= {"plan", "gate", "smoke"}
    assert {journal.trouble for journal in journals} == {None}
    published = (ROOT / "docs" / "reference" / "verdict.schema.json").read_text(encoding="utf-8")
    assert (folder / "verdict.schema.json").read_text(encoding="utf-8") == published
    jsonschema.Draft202012Validator(json.loads(published)).validate(healthy.verdict)
    assert list(ET.parse(folder / "junit.xml").iter("testcase"))  # noqa: S314  our own file
    assert "GO" in (folder / "report.md").read_text(encoding="utf-8")
    assert "<script" not in (folder / "report.html").read_text(encoding="utf-8").lower()


def test_each_scenario_is_in_one_lane(healthy: "Ran") -> None:
    """No scenario is in the journals of two lanes, and no two exchanges have one id."""
    evidence = read_evidence(healthy.folder)
    lanes = [journal for journal in evidence.journals if journal.name.startswith("smoke")]
    scenarios = [{one.scenario for one in journal.records if isinstance(one, Attempt)} for journal in lanes]
    assert len(lanes) == (3 if (os.cpu_count() or 1) > 1 else 1)
    assert sum(map(len, scenarios)) == len(set().union(*scenarios)) == 8
    ids = [one.id for one in evidence.of(Exchanged)]
    assert len(ids) == len(set(ids)) > 500


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_stands_in_a_file(healthy: "Ran", secret: str) -> None:
    """Nothing of the shape of a secret stands in any file of the run."""
    files = [path for path in healthy.folder.rglob("*") if path.is_file()]
    assert files
    assert [path.name for path in files if re.search(SECRETS[secret], path.read_bytes())] == []


def test_judging_again_gives_the_same_bytes(healthy: "Ran") -> None:
    """What was decided follows from the evidence alone."""
    evidence = read_evidence(healthy.folder)
    again = render(judge_folder(healthy.folder, policy_for(healthy.folder, None)), evidence)
    assert again == (healthy.folder / "verdict.json").read_text(encoding="utf-8")
