"""What the generator's checks said becomes one breach an operation, and what proves nothing is excused."""

from __future__ import annotations

from typing import Any

import pytest

from checks import contract_rules as rules
from contracts.calls import Call, Sent
from contracts.engine import Said
from contracts.findings import LONGEST, Findings, asked, guarded, one_line, reached
from contracts.wire import ANONYMOUS, FOREIGN, Wire
from gonogo.exchange import Exchange, Headers, Refusal, Request
from tests.contracts.small import route


def sent(case: str = "c1", status: int | None = 422, kind: str = "application/json", **words: Any) -> Sent:  # noqa: ANN401  a route's own fields
    """A request that went out."""
    call = Call(case=case, route=route(**words), phase="fuzzing", valid=True, own=True, text="")
    request = Request(operation="read", method="GET", url="http://x/", headers=Headers((("Content-Type", kind),)))
    return Sent(
        call=call, person="ann", exchange=Exchange(id=case, person="", request=request, status=status), cut=False
    )


def findings(*every: Sent) -> Findings:
    """Findings of what was sent."""
    wire = Wire(troupe=None, sent=list(every), by_case={one.call.case: one for one in every})  # type: ignore[arg-type]  # nobody sends
    return Findings(wire=wire)


def said(check: str = "positive_data_acceptance", case: str = "c1", fault: str = "refused") -> Said:
    """What a check said."""
    return Said(check=check, case=case, operation="GET /items/{item_id}", phase="fuzzing", code="ST202", fault=fault)


def test_each_breach_is_told_once() -> None:
    """The first case of an operation, check and code shows it; each look counts."""
    found = findings(sent("c1"), sent("c2"))
    for case in ("c1", "c2"):
        found.take(said(case=case))
    held = {check.id: one for check, one in found.held()}[rules.accepts_valid.id]
    assert (held.looks, len(held.breaches)) == (2, 1)
    assert [(one.id, one.person) for one in held.trail] == [("c1", "ann")]


@pytest.mark.parametrize(
    ("one", "check"),
    [
        (sent(status=429), "status_code_conformance"),
        (sent(wants_known=True), "positive_data_acceptance"),
        (sent(kind="multipart/form-data; boundary=x"), "negative_data_rejection"),
    ],
    ids=["limited", "made-up", "in-parts"],
)
def test_what_proves_nothing_is_excused(one: Sent, check: str) -> None:
    """A refusal by a limit, of what cannot be made up, or of a form whose values are all text, is no breach."""
    found = findings(one)
    found.take(said(check))
    assert not found.found
    assert not found.looks


def test_an_object_asked_for_by_another_may_be_missing() -> None:
    """Whoever had to ask for another's object, because its owner had spent a limit, proves nothing of its absence."""
    found = findings(sent(status=404))
    found.wire.strangers.add("c1")
    found.take(said("ensure_resource_availability"))
    found.take(said("use_after_free"))
    assert {check for check, _, _ in found.found} == {"use_after_free"}


def test_answers_refusals_and_reach_are_sorted() -> None:
    """Each answer is told with its operation, each refusal by its kind, each status by its phase."""
    one = sent(status=200)
    found = findings(one)
    twin = Refusal(refused=one.exchange)
    found.wire.refusals += [(one.call.route, ANONYMOUS, twin), (one.call.route, FOREIGN, twin)]
    assert [(each.operation, each.exchange.person) for each in asked(found.wire, {})] == [
        ("GET /items/{item_id}", "ann")
    ]
    assert [each.what for each in guarded(found.wire, {FOREIGN})] == [FOREIGN]
    (far,) = reached({one.call.route.label: one.call.route}, found.wire, [(one.call.route, one.exchange)])
    assert far.met == {"fuzzing": {200: 1}, "walk": {200: 1}}
    assert list(far.lacks(frozenset())) == ["4xx"]
    assert list(far.lacks(frozenset({"404"}))) == []


def test_a_breach_is_one_line() -> None:
    """Many lines become one, cut to a readable length."""
    assert one_line("a\n  b\tc ") == "a b c"
    assert len(one_line("x" * 1000)) == LONGEST + 1
