"""A generated request goes out as somebody, and what must be refused is tried beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests

from contracts.calls import Call
from contracts.dress import signer
from contracts.wire import ANONYMOUS, FOREIGN, NO_TOKEN, WRONG_TOKEN, Wire
from gonogo.embedded import STAND_IN
from gonogo.profile import load_profile
from tests.contracts.small import route

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.routes import Route
    from contracts.troupe import Troupe


@dataclass(eq=False)
class Person:
    """A member, as far as the wire looks."""

    name: str
    csrf: str = "0123456789abcdef"
    bearer: str | None = None
    prefix: str = "GONOGO_"
    shown_as: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Any:  # noqa: ANN401  stands for a cookie store
        """Its one cookie."""
        return SimpleNamespace(header_for=lambda _url: f"sid={self.name}")


class Company:
    """A troupe of two, which owns what is called by its names."""

    def __init__(self) -> None:
        self.ann, self.bob = Person("ann"), Person("bob")
        self.members = [self.ann, self.bob]
        self.cast = SimpleNamespace(profile=load_profile("reference", STAND_IN, environment="local"), run_id="r")
        self.paced: list[str] = []
        self.signed_in = True

    def owner_of(self, text: str) -> Person | None:
        """Whose name is in a text."""
        return next((one for one in self.members if one.name in text), None)

    def member_for(self, _route: Route, text: str) -> Person:
        """The owner, or else the first."""
        return self.owner_of(text) or self.members[0]

    def another(self, than: Person) -> Person:
        """The other one."""
        return next(one for one in (self.ann, self.bob) if one is not than)

    def hand(self, _route: Route, person: Person | None) -> Any:  # noqa: ANN401  stands for a hand
        """Somebody."""
        return SimpleNamespace(person=person, address="", session=requests.Session())

    def pace(self, one: Route, _hand: object) -> None:
        """Let everything through."""
        self.paced.append(one.label)

    def learn(self, _person: Person, _text: str) -> None:
        """Nobody learns."""

    def hear_cookies(self, _person: Person | None, _fields: list[str]) -> None:
        """Nor hears."""

    def is_signed_in(self, _person: Person) -> bool:
        """Whether they are."""
        return self.signed_in

    def replaced(self, person: Person) -> None:
        """Go."""
        self.members.remove(person)


@dataclass
class Target:
    """Answers as it is told to, by who asks."""

    statuses: Callable[[requests.PreparedRequest], int]
    asked: list[requests.PreparedRequest] = field(default_factory=list)

    def send(self, _session: requests.Session, sign: Callable[..., Any]) -> Any:  # noqa: ANN401  stands for an answer
        """Prepare, sign and answer."""
        request = requests.Request("POST", "https://x/items/ann", headers={"X-CSRF-Token": "made-up"}).prepare()
        sign(request)
        self.asked.append(request)
        return SimpleNamespace(
            status_code=self.statuses(request),
            headers={},
            content=b"{}",
            request=request,
            elapsed=0.1,
            stream_cut_short=False,
        )


def wire() -> tuple[Wire, Company]:
    """A wire of two members."""
    company = Company()
    return Wire(troupe=cast("Troupe", company)), company


def call(text: str = "ann", *, own: bool = True, **words: Any) -> Call:  # noqa: ANN401  a route's own fields
    """A call of an operation that changes something."""
    one = route("POST", "/items/{item_id}", **{"wants_token": True, **words})
    return Call(case="c", route=one, phase="fuzzing", valid=True, own=own, text=text)


def who(request: requests.PreparedRequest) -> str:
    """Who asked, and with which token."""
    fields: dict[str, Any] = dict(request.headers)
    cookie = str(fields.get("Cookie", "nobody")).removeprefix("sid=")
    token = {"0123456789abcdef": "right", None: "none", "made-up": "made-up"}.get(fields.get("X-CSRF-Token"), "wrong")
    return f"{cookie} {token}"


def test_everybody_who_must_be_refused_is_tried_once() -> None:
    """Another member before the owner; nobody, no token and a wrong one after it; and never again."""
    target = Target(lambda request: 200 if who(request) == "ann right" else 403)
    ours, _ = wire()
    for _ in range(2):
        ours.carry(call(), target.send)

    assert [who(one) for one in target.asked] == [
        "bob right",
        "ann right",
        "nobody made-up",
        "ann none",
        "ann wrong",
        "ann right",
    ]
    assert [what for _, what, _ in ours.refusals] == [FOREIGN, ANONYMOUS, NO_TOKEN, WRONG_TOKEN]
    assert {one.refused.status for _, _, one in ours.refusals} == {403}
    assert ours.by_case["c"].exchange.status == 200


def test_a_refusal_without_its_twin_proves_nothing() -> None:
    """Where the owner is refused too nothing is concluded, and after a few tries nobody is sent again."""
    target = Target(lambda _request: 404)
    ours, _ = wire()
    for _ in range(8):
        ours.carry(call(), target.send)

    assert not ours.refusals
    assert [who(one) for one in target.asked].count("bob right") == 4


def test_a_probe_goes_out_as_nobody() -> None:
    """What the generator sends by itself carries nothing of ours."""
    target = Target(lambda _request: 200)
    ours, _ = wire()
    ours.carry(call(own=False), target.send)
    assert [who(one) for one in target.asked] == ["nobody made-up"]
    assert "User-Agent" not in target.asked[0].headers


@pytest.mark.parametrize(
    ("words", "first"), [({"public": True}, "nobody made-up"), ({"credential": "operator"}, "nobody made-up")]
)
def test_what_needs_no_member_gets_none(words: dict[str, Any], first: str) -> None:
    """A public operation is asked by nobody; an operator's with the operator's own field."""
    target = Target(lambda _request: 200)
    ours, _ = wire()
    ours.carry(call(**words), target.send)
    assert who(target.asked[0]) == first
    assert ("Authorization" in target.asked[0].headers) == (words.get("credential") == "operator")


def test_a_token_that_was_left_out_stays_out() -> None:
    """Where the generator left out a field that the operation takes, we do not put it back."""
    _, company = wire()
    one = route("POST", "/items", wants_token=True)
    request = requests.Request("POST", "https://x/items").prepare()
    signer(cast("Any", company.cast), one, cast("Any", company.ann))(request)
    assert "X-CSRF-Token" not in request.headers
    signer(cast("Any", company.cast), route("POST", "/items"), cast("Any", company.ann))(request)
    assert request.headers["X-CSRF-Token"] == company.ann.csrf


def test_a_lost_member_is_replaced_and_an_ended_session_too() -> None:
    """A 401 to a member whose session is gone, and a good answer of what ends it, take the member out."""
    ours, company = wire()
    company.signed_in = False
    ours.carry(call(), Target(lambda _request: 401).send)
    assert [one.name for one in company.members] == ["bob"]

    ours, company = wire()
    ours.carry(call(ends=True), Target(lambda _request: 204).send)
    assert [one.name for one in company.members] == ["bob"]


def test_what_ends_sessions_is_soon_asked_by_nobody() -> None:
    """After a few sessions have been given, the rest goes out as nobody's."""
    ours, company = wire()
    ours.ended["POST /items/{item_id}"] = 3
    target = Target(lambda _request: 401)
    ours.carry(call(ends=True), target.send)
    assert who(target.asked[0]) == "nobody made-up"
    assert len(company.members) == 2


def test_failures_are_kept_and_make_us_impatient() -> None:
    """A request without an answer is kept as it went out, and the next one may take less long."""

    def send(_session: requests.Session, sign: Callable[..., Any]) -> Any:  # noqa: ANN401  the same
        sign(requests.Request("POST", "https://x/items/ann").prepare())
        raise requests.ReadTimeout

    ours, _ = wire()
    patience = ours.patience_for(call().route)
    with pytest.raises(requests.ReadTimeout):
        ours.carry(call("nothing"), send)
    (one,) = ours.sent
    assert (one.exchange.status, one.exchange.failure) == (None, "no answer: ReadTimeout")
    assert one.exchange.request.url == "https://x/items/ann"
    assert ours.patience_for(one.call.route) < patience
