"""The checklist says of every scenario what a person would do by hand, and what they would want to see."""

from __future__ import annotations

import pytest

from contracts.depths import outline_of as contract_outline
from gonogo.check import CATALOGUE
from gonogo.checklist import cell, checklist, line
from gonogo.contracted import ContractPlan
from gonogo.embedded import ROOT
from gonogo.plan import outlines
from gonogo.profile import Profile, load_profile
from load.profiles import PROFILES, outline_of

SECRETS = {"GONOGO_WEBHOOK_SECRET": "whsec_stand_in", "GONOGO_OPERATOR_TOKEN": "stand-in-operator"}


@pytest.fixture(scope="module")
def profile() -> Profile:
    """The reference service, where documentation shows it."""
    return load_profile("reference", SECRETS, base_url="https://chat.example.com", environment="staging")


@pytest.fixture(scope="module")
def page(profile: Profile) -> str:
    """The whole page."""
    return checklist(
        CATALOGUE,
        (
            *outlines(ROOT / "smoke", "smoke"),
            *outlines(ROOT / "e2e", "e2e"),
            outline_of(PROFILES["smoke"]),
            contract_outline(ContractPlan()),
        ),
        profile,
    )


def test_every_scenario_has_a_section(page: str) -> None:
    """Each scenario file is a section with what it does, part by part."""
    for outline in outlines(ROOT / "smoke", "smoke"):
        assert f"\n## {outline.title.partition(':')[0]}\n" in page
        for part in outline.parts:
            assert f"\n- {part.title}\n" in page


def test_every_check_stands_there(page: str) -> None:
    """Each check is listed with its severity, its claim and its way out; each step with its answer and curl line."""
    for check in CATALOGUE.values():
        operation = check.id.removeprefix("operation.")
        if operation == check.id:
            assert f"| `{check.id}` | {check.severity} | {cell(check.claim)} | {cell(check.fix)} |" in page
        elif check.scenarios:
            assert f"\n| {operation} | " in page
    assert "operation.other" not in page


def test_worst_comes_first(page: str) -> None:
    """The checks of a section are in the order of their severity."""
    for section in page.split("\n## ")[1:]:
        rows = [row.split(" | ")[1] for row in section.splitlines() if row.startswith("| `")]
        order = ["blocker", "critical", "major", "minor"]
        assert rows == sorted(rows, key=order.index)


def test_no_secret_and_no_placeholder_stands_there(page: str) -> None:
    """What differs from run to run is a variable; nothing of how the page is made shows."""
    assert "zz" not in page
    for secret in SECRETS.values():
        assert secret not in page
    assert "https://chat.example.com" in page


@pytest.mark.parametrize(
    ("operation", "parts"),
    [
        ("signin", ["$GONOGO_EMAIL", "$GONOGO_PASSWORD"]),
        ("create_conversation", ["$GONOGO_COOKIE", "$GONOGO_CSRF", "$GONOGO_TITLE"]),
        ("payment_webhook", ["$GONOGO_SIGNATURE", "Stripe-Signature"]),
        ("metrics", ["$GONOGO_OPERATOR_TOKEN"]),
        ("export", ["$GONOGO_CONVERSATION_IDS", "$GONOGO_FORMATS"]),
    ],
)
def test_lines(profile: Profile, operation: str, parts: list[str]) -> None:
    """A step's line has a variable for whatever it needs."""
    shown = line(operation, profile)
    assert shown.startswith("curl ")
    for one in parts:
        assert one in shown


def test_a_cell_stays_a_cell() -> None:
    """Nothing ends a table's cell before its time."""
    assert cell("a | b\nc") == "a \\| b c"
