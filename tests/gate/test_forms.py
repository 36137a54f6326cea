"""A target unlike the reference service, described by a profile alone: forms, redirects, lent accounts, no document."""

from typing import TYPE_CHECKING

import pytest

from gonogo.redaction import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.conftest import FormService
    from tests.gate.gates import Gate, Ran
    from tests.gate.targets import Service

DETECTED = {
    "foreign-history": ("chat.isolation", "test_others_cannot_read"),
    "no-end": ("stream.terminal-event", "test_streams_an_answer"),
}


def test_a_service_of_forms_is_a_go(forms: "tuple[Ran, Service]") -> None:
    """It is an unconditional GO; what it does not offer is skipped for the reason that its profile gives."""
    ran, _ = forms

    assert ran.code == 0, ran.summary
    assert ran.verdict["conditional"] is False
    assert {one["outcome"] for one in ran.verdict["checks"]} == {"pass", "skip"}
    reasons = {one["what"]: one["why"] for one in ran.verdict["not_assessed"]}
    assert "it costs nothing" in set(reasons.values())
    passed = {one["check"] for one in ran.verdict["checks"] if one["outcome"] == "pass"}
    assert passed >= {"csrf.needs-token", "chat.isolation", "rate.api-enforced", "rate.others-unaffected"}


def test_none_of_its_secrets_stands_in_a_file(forms: "tuple[Ran, Service]") -> None:
    """Whatever it handed out, in cookies and on pages, and whatever it was told: no file of the run holds it."""
    ran, target = forms
    assert leaks_in(ran.folder, target.said) == {}


def test_a_session_in_an_unexpected_place_reaches_no_file(form_gate: "Gate", form_service: "FormService") -> None:
    """What was written down before anybody could know that it is a secret is masked, and the run decides nothing."""
    target = form_service("--fault", "loose-session")
    ran = form_gate("--base-url", target.url, "-k", "test_streams_an_answer")

    assert ran.code == 20, ran.summary
    assert "redaction is bad: a secret stood in evidence/smoke.jsonl; it is masked" in ran.reasons
    assert "journal smoke" not in ran.reasons
    assert leaks_in(ran.folder, target.said) == {}
    assert not list(ran.folder.glob("report*"))


def leaks_in(folder: "Path", said: "Path") -> dict[str, list[str]]:
    """The files of a run in which a secret stands that the service handed out or was told."""
    vault = Vault()
    for number, secret in enumerate(set(said.read_text(encoding="utf-8").split())):
        vault.add(secret, f"SECRET_{number}")
    for password in ("correct-horse-ada", "correct-horse-ben"):
        vault.add(password, password)
    leaks = {path.name: vault.found_in(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    return {name: found for name, found in leaks.items() if found}


@pytest.mark.parametrize("fault", DETECTED)
def test_its_faults_are_found(form_gate: "Gate", form_service: "FormService", fault: str) -> None:
    """Each of its faults is a NO_GO by the check that is about it, and a curl line shows it."""
    check, part = DETECTED[fault]
    ran = form_gate("--base-url", form_service("--fault", fault).url, "-k", part)

    assert ran.code in {10, 11}, ran.summary
    assert ran.failed == {check}
    (finding,) = [one for one in ran.verdict["findings"] if one["check"] == check]
    assert "$GONOGO_" in finding["reproduce"]
