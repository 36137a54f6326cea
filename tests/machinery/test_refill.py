"""What a finding's lines need is made afresh: each variable gets a value of its own kind."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gonogo.evidence import Exchanged
from gonogo.purchase import new_event_id
from gonogo.refill import fill_variables, signatures, wanted
from gonogo.webhook import FLIPPED, one_digit_changed, standard_webhooks_headers, stripe_signature

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

    Meet = Callable[..., Company]

SIGNIN = {"method": "POST", "path": "/in", "json": {"email": "{email}"}, "expect": [200], "credential": "none"}
CREATE = {"method": "POST", "path": "/c", "json": {"title": "{title}"}, "expect": [201], "capture": {"id": "json:/id"}}
READ = {"method": "GET", "path": "/c/{id}", "expect": [200]}
OPERATIONS: dict[str, Any] = {"signin": SIGNIN, "create_conversation": CREATE, "history": READ}
IDENTITY = {
    "session": "bearer",
    "session_source": ["json:/access", "json:/renewal"],
    "sign_up": "accounts",
    "accounts": [
        {"email": "ada@example.com", "password": "ada-password"},
        {"email": "bob@example.com", "password": "bob-password"},
    ],
}


@pytest.fixture
def people(serve: Serve, reply: Reply, describe: Describe, company: Gather) -> Company:
    """People of a service that counts what it is asked to create."""
    created = 0

    async def create(_request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal created
        created += 1
        writer.write(reply(201, {"id": f"object-{created}"}))

    async def sign_in(request: Seen, writer: asyncio.StreamWriter) -> None:
        who = request.json["email"].partition("@")[0]
        given = {"access": f"access-of-{who}", "renewal": f"renewal-of-{who}"}
        writer.write(reply(200, given, f"Set-Cookie: __Host-device.id=device-of-{who}; Path=/"))

    service = serve({"POST /in": sign_in, "POST /c": create, "GET /c/object-1": reply(200, {})})
    return company(describe(service.url, identity=IDENTITY, operations=OPERATIONS))


def line(*variables: str, person: str = "alice", operation: str = "history", **gives: str) -> Exchanged:
    """An exchange whose line needs these variables."""
    curl = "curl " + " ".join(f'"${name}"' for name in variables)
    places = {"id": "smoke-1", "suite": "smoke", "scenario": "chat", "method": "GET", "url": "http://127.0.0.1/"}
    return Exchanged(**places, person=person, operation=operation, curl=curl, gives=gives)


async def test_what_a_sign_in_gives_is_filled(people: Company) -> None:
    """Cookies by their names, the tokens of a session by their numbers, each person's own."""
    trail = [line("GONOGO_COOKIE_HOST_DEVICE_ID", "GONOGO_SESSION_2", "GONOGO_TOKEN", "GONOGO_BOB_SESSION_2")]
    assert await fill_variables(people.cast, trail, {"alice", "bob"}) == {
        "GONOGO_COOKIE_HOST_DEVICE_ID": "device-of-ada",
        "GONOGO_SESSION_2": "renewal-of-ada",
        "GONOGO_TOKEN": "access-of-ada",
        "GONOGO_BOB_SESSION_2": "renewal-of-bob",
    }


async def test_a_person_who_sends_nothing_has_variables_too(people: Company) -> None:
    """Alice may name what is Bob's: it is made by Bob."""
    filled = await fill_variables(people.cast, [line("GONOGO_BOB_EMAIL", "GONOGO_ID")], {"alice", "bob"})
    assert filled == {"GONOGO_BOB_EMAIL": "bob@example.com", "GONOGO_ID": "object-1"}


async def test_each_object_has_a_variable_of_its_own(people: Company) -> None:
    """What one person creates twice in one part are two variables, in evidence and on replay; a known one keeps its."""
    alice = await people.member().join()
    for _ in range(2):
        await alice.do("create_conversation", title="x")
    await alice.exchange(alice.request("history", id="object-1"))
    await alice.attempt("history", id="object-2")
    *_, made, again, first, second = people.of(Exchanged)
    assert (made.gives, again.gives) == ({"id": "GONOGO_ID"}, {"id": "GONOGO_ID_2"})
    assert [re.findall(r"GONOGO_ID\w*", one.curl) for one in (first, second)] == [["GONOGO_ID"], ["GONOGO_ID_2"]]
    other = people.member()
    await other.do("create_conversation", title="x")
    assert people.of(Exchanged)[-1].gives == {"id": "GONOGO_ID"}


async def test_each_number_is_filled_with_another_object(people: Company) -> None:
    """Three variables of one kind are three objects."""
    filled = await fill_variables(people.cast, [line("GONOGO_ID", "GONOGO_ID_2", "GONOGO_ID_3")], {"alice"})
    assert sorted(filled.values()) == ["object-1", "object-2", "object-3"]


async def test_an_event_gets_a_fresh_id(people: Company) -> None:
    """An event that was sent before would count as delivered again."""
    filled = await fill_variables(people.cast, [line("GONOGO_EVENT_ID", "GONOGO_EVENT_ID_2")], {"alice"})
    assert all(value.startswith("evt_gonogo") and len(value) == len(new_event_id()) for value in filled.values())
    assert len(set(filled.values())) == 2


def test_what_an_earlier_line_gives_is_not_made_beforehand() -> None:
    """Nor is a signature, which needs the body; what is used before it is given must be there."""
    gives = line("GONOGO_COOKIE", id="GONOGO_ID")
    assert wanted([gives, line("GONOGO_ID", "GONOGO_FLIPPED_SIGNATURE")]) == ["GONOGO_COOKIE"]
    assert wanted([line("GONOGO_ID"), gives]) == ["GONOGO_COOKIE", "GONOGO_ID"]


async def test_whose_trail_signs_up_has_not_joined(people: Company) -> None:
    """An account that the lines themselves make is not made, proven or signed in beforehand."""
    alice = people.cast.person("alice")
    alice.account.made = True
    filled = await fill_variables(people.cast, [line("GONOGO_EMAIL", operation="signup")], {"alice"})
    assert filled == {"GONOGO_EMAIL": alice.account.email}
    assert people.of(Exchanged) == []
    assert alice.account.exists


PAYMENT = {"mode": "signed-event", "secret": "whsec_secret"}


def test_a_nearly_right_signature_is_made_of_the_fresh_body(describe: Describe, nowhere: str) -> None:
    """It is the right one of what is sent now, with one digit changed."""
    profile = describe(nowhere, payment=PAYMENT)
    sent = f"""curl -sS 'x' -H 'S: '"${FLIPPED.variable}" --data-raw '{json.dumps({"id": "e"})}'"""
    made = signatures(profile, sent, {})[FLIPPED.variable]
    moment = int(made.partition(",")[0].removeprefix("t="))
    assert made == one_digit_changed(stripe_signature("whsec_secret", b'{"id": "e"}', moment))
    assert signatures(profile, sent, {FLIPPED.variable: made}) == {}


def test_a_signature_of_three_fields_is_made_whole(describe: Describe, nowhere: str) -> None:
    """Standard Webhooks' id, moment and signature fit each other, also where the body holds the moment."""
    secret = "whsec_c2VjcmV0LWtleQ=="
    payment = {"mode": "signed-event", "scheme": "standard-webhooks", "secret": secret}
    sent = (
        """curl -sS 'x' -H 'webhook-id: '"$GONOGO_SIGNATURE_ID" """
        """-H 'webhook-timestamp: '"$GONOGO_SIGNATURE_TIMESTAMP" """
        """-H 'webhook-signature: '"$GONOGO_SIGNATURE" --data-raw '{"created": '"$GONOGO_SIGNATURE_TIMESTAMP"'}'"""
    )
    made = signatures(describe(nowhere, payment=payment), sent, {})
    moment = made["GONOGO_SIGNATURE_TIMESTAMP"]
    body = f'{{"created": {moment}}}'.encode()
    right = standard_webhooks_headers(secret, body, made["GONOGO_SIGNATURE_ID"], int(moment))
    assert made["GONOGO_SIGNATURE"] == right["webhook-signature"]
