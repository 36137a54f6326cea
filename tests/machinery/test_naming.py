"""Whatever a run makes has a name that nothing else has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.exchange import Request
from gonogo.naming import Names

if TYPE_CHECKING:
    from tests.machinery.conftest import Describe, Gather, Reply, Serve


@pytest.fixture
def names() -> Names:
    """The names of a run."""
    return Names("run-1")


def test_names_are_recognisable_and_differ(names: Names) -> None:
    """A name says whose it is, by which run, and is given once."""
    assert names.title("kitchen") == "kitchen gonogo-run-1-1"
    assert names.title("kitchen") == "kitchen gonogo-run-1-2"
    assert Names("run-2").title("kitchen") == "kitchen gonogo-run-2-1"


def test_a_given_name_stays(names: Names) -> None:
    """Who looks for a name later can choose it first."""
    assert names.given({"title": names.title("kitchen")}) == {"title": "kitchen gonogo-run-1-1"}
    assert names.file(names.file("a.txt")) == "a-gonogo-run-1-2.txt"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("notes.txt", "notes-gonogo-run-1-1.txt"),
        ("../../escaped.txt", "../../escaped-gonogo-run-1-1.txt"),
        ("plain", "plain-gonogo-run-1-1"),
    ],
)
def test_a_file_keeps_its_place_and_ending(names: Names, name: str, expected: str) -> None:
    """What a name leads to, and what it says of the content, is what is tried."""
    assert names.file(name) == expected


def test_only_names_are_named(names: Names) -> None:
    """Nothing else that a request says is changed, and what has no name gets none."""
    values: dict[str, Any] = {"content": "kitchen", "conversation_ids": ["1"], "title": "", "filename": "a.txt"}
    assert names.given(values) == {**values, "filename": "a-gonogo-run-1-1.txt"}


def test_a_twin_has_another_name(names: Names) -> None:
    """A request that is sent again names something else, and says the same beside it."""
    title = names.title("x")
    body = json.dumps({"title": title, "a": 1}).encode()
    request = Request(operation="o", method="POST", url="https://a/b", body=body)
    first, second, third = (json.loads(names.fresh(request).body) for _ in range(3))
    assert first == {"title": title, "a": 1}
    assert second == {"title": "x gonogo-run-1-2", "a": 1}
    assert third["title"] == "x gonogo-run-1-3"


async def test_a_target_that_takes_a_name_once(serve: Serve, reply: Reply, describe: Describe, company: Gather) -> None:
    """Where each name is taken once, neither a scenario's own words nor a twin meets one that is there."""
    target = serve({"POST /projects": reply(201)})
    operation = {"method": "POST", "path": "/projects", "json": {"name": "{project_name}"}, "expect": [201]}
    people = company(describe(target.url, operations={"create_project": operation}))
    alice = people.member()
    request = alice.request("create_project", project_name="kitchen")
    await alice.refused(request, request.with_header("X-Wrong", "1"))
    await alice.do("create_project", project_name="kitchen")
    taken = [seen.json["name"] for seen in target.seen]
    assert len(set(taken)) == len(taken) == 4
    assert all(name.startswith("kitchen gonogo-run-1-") for name in taken)


def test_a_shared_name_stays(names: Names) -> None:
    """What two are to send under one name has one, of this run, however often it is sent."""
    bodies = [names.file("notes.txt").encode() for _ in range(2)]
    one, other = (names.shared(Request(operation="o", method="POST", url="https://a/b", body=body)) for body in bodies)
    assert one.body == other.body == b"notes-gonogo-run-1-shared.txt"
    assert names.fresh(one).body == names.fresh(one).body == one.body
