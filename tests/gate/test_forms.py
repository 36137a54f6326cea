"""A target unlike the reference service, described by a profile alone: forms, redirects, lent accounts, no document."""

from typing import TYPE_CHECKING

import pytest

from gonogo.redaction import Vault

if TYPE_CHECKING:
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
    vault = Vault()
    for number, secret in enumerate(set(target.said.read_text(encoding="utf-8").split())):
        vault.add(secret, f"SECRET_{number}")
    for password in ("correct-horse-ada", "correct-horse-ben"):
        vault.add(password, password)
    leaks = {path.name: vault.found_in(path.read_bytes()) for path in ran.folder.rglob("*") if path.is_file()}
    assert {name for name, found in leaks.items() if found} == set()


@pytest.mark.parametrize("fault", DETECTED)
def test_its_faults_are_found(form_gate: "Gate", form_service: "FormService", fault: str) -> None:
    """Each of its faults is a NO_GO by the check that is about it, and a curl line shows it."""
    check, part = DETECTED[fault]
    ran = form_gate("--base-url", form_service("--fault", fault).url, "-k", part)

    assert ran.code in {10, 11}, ran.summary
    assert ran.failed == {check}
    (finding,) = [one for one in ran.verdict["findings"] if one["check"] == check]
    assert "$GONOGO_" in finding["reproduce"]
