"""The checks of the contract suite: what each complains of, and that nothing to look at is no pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks import contract_answers, contract_guards, contract_reach, contract_rules
from gonogo.check import CATALOGUE
from gonogo.contracted import Asked, Breach, ContractPlan, Guarded, Held, Reached
from gonogo.exchange import Exchange, Headers, Refusal, Request
from gonogo.trouble import NotEvaluable

PROBLEM = "application/problem+json"


def answer(status: int | None = 404, body: bytes = b"{}", kind: str = PROBLEM, **words: Any) -> Exchange:  # noqa: ANN401  an exchange's own fields
    """An answer."""
    request = Request(
        operation="read", method=words.pop("method", "GET"), url="https://x/", body=words.pop("sent", b"")
    )
    headers = Headers((("Content-Type", kind),))
    return Exchange(id="1", person="ann", request=request, status=status, headers=headers, body=body, **words)


def asked(exchange: Exchange, *, cut: bool = False) -> tuple[Asked, ...]:
    """One answer of an operation."""
    return (Asked(operation="GET /a", phase="coverage", exchange=exchange, cut=cut),)


def guarded(status: int | None) -> tuple[Guarded, ...]:
    """An operation that was asked without what it wants."""
    return (Guarded(operation="GET /a", what="nobody", refusal=Refusal(refused=answer(status))),)


@pytest.mark.parametrize(
    "check", [one for one in CATALOGUE.values() if one.looks.__module__.endswith("contract_rules")]
)
def test_a_rule_tells_its_breaches(check: Any) -> None:  # noqa: ANN401  a check of any subject
    """Each breach is a sentence, the first twelve of them; without a look nobody knows."""
    breaches = tuple(Breach(operation=f"GET /{number}", says="wrong") for number in range(20))
    said = list(check.looks(Held(looks=30, breaches=breaches)))
    assert said[0] == "GET /0: wrong"
    assert said[-1] == "and 8 more like these"
    assert len(said) == 13
    assert list(check.looks(Held(looks=1))) == []
    with pytest.raises(NotEvaluable):
        list(check.looks(Held(looks=0)))


def test_there_are_twelve_rules() -> None:
    """One for each of the generator's checks that we use."""
    assert sum(one.looks.__module__ == contract_rules.__name__ for one in CATALOGUE.values()) == 12


@pytest.mark.parametrize(
    ("exchange", "sentence"),
    [
        (answer(body=b'{"title": "No", "status": 404}'), ""),
        (answer(body=b'{"title": "No"}'), ""),
        (answer(kind="application/json", body=b'{"title": "No"}'), "404 is application/json"),
        (answer(body=b"no"), "404 has no JSON"),
        (answer(body=b"[]"), "has no title"),
        (answer(body=b'{"title": 4}'), "has no title"),
        (answer(body=b'{"title": "No", "status": 400}'), "a 404 calls itself 400"),
    ],
)
def test_errors_are_problem_documents(exchange: Exchange, sentence: str) -> None:
    """Type, title and status of each error are looked at; each wrong way is told once an operation."""
    said = list(contract_answers.problem_details.looks(asked(exchange) * 3))
    assert len(said) == bool(sentence)
    assert all(sentence in one for one in said)


def test_no_error_leaks() -> None:
    """A trace, a statement or a path in an error is told; what we sent ourselves, and is repeated, is not."""
    statement = b"SELECT id FROM users"
    looks = contract_answers.nothing_leaks.looks
    assert list(looks(asked(answer(body=statement)))) == ["GET /a: a 404 shows a statement or an error of the database"]
    assert list(looks(asked(answer(body=statement, sent=statement)))) == []
    assert list(looks(asked(answer(200, body=statement)) + asked(answer()))) == []


def test_a_405_names_what_there_is() -> None:
    """Every method of the document's path stands in Allow; where none was refused nobody knows."""
    refused = replace(answer(405), headers=Headers((("Allow", "get, HEAD"), ("Allow", "PUT"))))
    looks = contract_answers.allow.looks
    both = [
        Asked(operation="GET /a", phase="coverage", exchange=refused, methods=frozenset(one))
        for one in ({"GET", "PUT"}, {"GET", "POST"})
    ]
    assert list(looks(both[:1])) == []
    assert list(looks(both)) == ["GET /a: Allow lacks POST"]
    with pytest.raises(NotEvaluable):
        list(looks(asked(answer(404))))


def test_streams_end() -> None:
    """A stream that had not ended is told; where none was met nobody knows."""
    stream = answer(200, kind="text/event-stream; charset=utf-8")
    looks = contract_answers.streams_end.looks
    assert list(looks(asked(stream))) == []
    assert len(list(looks(asked(stream, cut=True)))) == 1


@pytest.mark.parametrize(
    "check", [contract_answers.problem_details, contract_answers.nothing_leaks, contract_answers.streams_end]
)
def test_nothing_met_is_no_pass(check: Any) -> None:  # noqa: ANN401  the same
    """A check that found nothing to look at is an error."""
    with pytest.raises(NotEvaluable):
        list(check.looks(asked(answer(200, kind="text/plain"))))


@pytest.mark.parametrize(
    ("status", "wrong"), [(401, 0), (403, 0), (200, 1), (404, 1), (302, 1), (429, 0), (503, 0), (None, 0)]
)
def test_what_is_not_refused_is_told(status: int | None, wrong: int) -> None:
    """Anything but the right refusal is told; a limit and a failure let nobody through, and are others' to judge."""
    right = frozenset({401, 403})
    assert len(list(contract_guards.every_operation(right).looks(guarded(status)))) == wrong
    assert len(list(contract_guards.every_change(right).looks(guarded(status)))) == wrong


@pytest.mark.parametrize(("status", "wrong"), [(404, 0), (403, 0), (200, 1), (204, 1), (None, 0)])
def test_an_object_is_its_owners(status: int | None, wrong: int) -> None:
    """Whatever is no refusal is told."""
    assert len(list(contract_guards.every_object().looks(guarded(status)))) == wrong


def test_nothing_tried_is_no_pass() -> None:
    """Where nothing was asked without what it wants, nobody knows."""
    for bound in (contract_guards.every_operation(frozenset()), contract_guards.every_object()):
        with pytest.raises(NotEvaluable):
            list(bound.looks(()))


def test_the_document_is_there() -> None:
    """It must be served, readable, and not empty."""
    looks = contract_reach.readable
    assert list(looks(3, "").looks(answer(200))) == []
    assert list(looks(0, "").looks(answer(404))) == ["the document was answered with 404"]
    assert list(looks(0, "no paths").looks(answer(200))) == ["no paths"]
    assert list(looks(0, "").looks(answer(200))) == ["the document has no operation"]


def test_the_document_speaks_of_this_target() -> None:
    """An operation that is only ever unknown is told, unless the document knows that answer."""
    unknown = Reached(operation="GET /a", documented=("200",), met={"coverage": {404: 3, 405: 1}})
    looks = contract_reach.true_paths.looks
    assert list(looks([unknown])) == ["GET /a only ever answered 404, 405"]
    assert list(looks([Reached(operation="GET /a", documented=("200", "404"), met=unknown.met)])) == []
    assert list(looks([Reached(operation="GET /a", documented=("200",), met={"fuzzing": {404: 3, 200: 1}})])) == []
    with pytest.raises(NotEvaluable):
        list(looks([]))


@pytest.mark.parametrize(
    ("documented", "met", "lacks"),
    [
        (("200", "404"), {200: 1, 404: 1}, []),
        (("200", "404"), {404: 1}, ["2xx"]),
        (("200", "404"), {200: 1, 422: 1}, ["4xx"]),
        (("200",), {200: 1}, []),
        (("2XX", "4XX"), {204: 1, 409: 1}, []),
        (("200", "429"), {200: 1}, []),
        (("200", "404"), {}, ["2xx", "4xx"]),
    ],
)
def test_how_far_an_operation_was_reached(documented: tuple[str, ...], met: dict[int, int], lacks: list[str]) -> None:
    """A documented success and refusal are wanted, where the document has them and no flood is needed."""
    one = Reached(operation="GET /a", documented=documented, met={"coverage": met})
    assert list(one.lacks(frozenset({"429"}))) == lacks


def test_health_is_looked_at_after_all() -> None:
    """A service that does not answer well after the suite is told."""
    assert list(contract_reach.survives.looks(answer(200, expected=(200,)))) == []
    assert len(list(contract_reach.survives.looks(answer(503, expected=(200,))))) == 1


def test_a_plan_goes_to_the_suite_as_text() -> None:
    """Depth, seed and examples are told to the suite's process as they are."""
    plan = ContractPlan(depth="quick", seed=4, max_examples=2)
    assert ContractPlan.from_text(plan.as_text()) == plan
    assert ContractPlan.from_text("") == ContractPlan()
