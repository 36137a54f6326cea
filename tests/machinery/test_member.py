"""People act on a real service: each failing step is a failed check, and what may be our fault is nobody's finding."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gonogo import sender as sender_module
from gonogo.evidence import Checked, Exchanged
from gonogo.exchange import StreamedExchange
from gonogo.operation import Credentials
from gonogo.trouble import HarnessTrouble, OperationFailed
from gonogo.webhook import FRESH, SIGNINGS, Signing, stripe_signature
from smoke.conftest import join_ahead

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path

    from tests.machinery.conftest import Company, Describe, Gather, Reply, Seen, Serve

    Meet = Callable[..., Company]

SESSION = "session-abcdef"
TOKEN = "csrf-token-123456"
HARNESS = {"session": "cookie", "session_source": ["cookie:sid"], "sign_up": "harness"}
BEARER = {**HARNESS, "session": "bearer", "session_source": ["json:/access"]}
CSRF = {"fetch": "csrf_token", "source": "json:/token", "send_as": "header", "name": "X-CSRF-Token"}
STREAM = {"delta": {"event": "token", "pointer": "/text"}, "end": {"event": "end"}}
OPERATIONS: dict[str, Any] = {
    "health": {"method": "GET", "path": "/health", "expect": [200], "credential": "none"},
    "signup": {
        "method": "POST",
        "path": "/signup",
        "json": {"email": "{email}", "password": "{password}"},
        "expect": [202],
        "credential": "none",
    },
    "verify_email": {
        "method": "POST",
        "path": "/verify",
        "json": {"token": "{token}"},
        "expect": [200],
        "credential": "none",
    },
    "signin": {
        "method": "POST",
        "path": "/signin",
        "json": {"email": "{email}", "password": "{password}"},
        "expect": [200],
        "credential": "none",
    },
    "csrf_token": {"method": "GET", "path": "/csrf", "expect": [200]},
    "session": {"method": "GET", "path": "/me", "expect": [200], "content_type": "application/json"},
    "create_conversation": {
        "method": "POST",
        "path": "/c",
        "json": {"title": "{title}"},
        "expect": [201],
        "capture": {"conversation_id": "json:/id", "unused": "json:/nothing"},
    },
    "history": {"method": "GET", "path": "/c/{conversation_id}", "expect": [200]},
    "send_message": {
        "method": "POST",
        "path": "/c/{conversation_id}",
        "json": {"content": "{content}"},
        "expect": [200],
        "content_type": "text/event-stream",
        "streams": True,
    },
}
EVENTS = 'event: token\ndata: {"text": "hi"}\n\nevent: end\ndata: {}\n\n'


@pytest.fixture
def answers(reply: Reply) -> dict[str, Any]:
    """A service that does everything right."""
    return {
        "POST /signup": reply(202),
        "POST /verify": reply(200),
        "POST /signin": reply(200, {"access": "token-abcdef"}, f"Set-Cookie: sid={SESSION}; Path=/"),
        "GET /csrf": reply(200, {"token": TOKEN}),
        "GET /me": reply(200, {"name": "Ada"}),
        "POST /c": reply(201, {"id": "conv-12345"}),
        "GET /c/conv-12345": reply(200, {"items": []}),
        "POST /c/conv-12345": reply(200, EVENTS, "Content-Type: text/event-stream"),
    }


@pytest.fixture
def meet(serve: Serve, describe: Describe, company: Gather, answers: dict[str, Any]) -> Meet:
    """Bring people together for that service, changed in some answers and sections."""

    def met(changes: dict[str, Any] | None = None, without: tuple[str, ...] = (), **sections: Any) -> Company:  # noqa: ANN401  passed on
        service = serve({**answers, **(changes or {})})
        described = {"identity": HARNESS, "csrf": CSRF, "operations": OPERATIONS, "stream": STREAM, **sections}
        operations = {name: one for name, one in described.pop("operations").items() if name not in without}
        profile = describe(service.url, operations=operations, **described)
        people = company(profile)
        people.cast.mail_folder.mkdir(exist_ok=True)
        return people

    return met


def failed(people: Company) -> list[tuple[str, tuple[str, ...]]]:
    """The checks that failed, with their complaints."""
    return [(one.check, one.complaints) for one in people.of(Checked) if one.complaints]


def deliver(folder: Path, recipient: str, text: str) -> None:
    """Put a mail where the sink would."""
    mail = {"sender": "chat@example.com", "recipients": [recipient], "arrived": 9e9}
    (folder / "1.json").write_text(json.dumps({**mail, "message": f"Subject: x\r\n\r\n{text}"}), encoding="utf-8")


# -- steps ------------------------------------------------------------------------------------------


async def test_a_member_joins_once(meet: Meet) -> None:
    """Joining signs up, signs in and fetches the token that belongs to the session; a second time it does nothing."""
    people = meet(without=("verify_email",))
    alice = people.member()
    assert await alice.join() is alice
    await people.member(scenario="csrf").join()
    assert [one.operation for one in people.of(Exchanged)] == ["signup", "signin", "csrf_token"]
    assert {one.check for one in people.of(Checked)} == {"operation.signup", "operation.signin", "operation.csrf_token"}
    assert failed(people) == []
    assert (alice.person.csrf, alice.signed_in_by.status) == (TOKEN, 200)
    assert people.kept == [alice.person.account.email]
    request = alice.request("create_conversation", title="x")
    assert request.headers.get("cookie") == f"sid={SESSION}"
    assert request.headers.get("x-csrf-token") == TOKEN


async def test_members_join_ahead(meet: Meet) -> None:
    """Who has an account and an address of their own joins early, in the scenario that needs them; a failure waits."""
    people = meet(without=("verify_email",))
    for name, address in (("alice", "127.0.0.2"), ("bob", None), ("carol", "127.0.0.4")):
        people.cast.person(name).address = address
    people.cast.person("carol").kept_out = OperationFailed("it is full")
    await join_ahead(people.cast, {"alice": "csrf", "bob": "chat", "carol": "chat"})
    assert {(one.person, one.scenario) for one in people.of(Exchanged)} == {("alice", "csrf")}
    with pytest.raises(OperationFailed, match="it is full"):
        await people.member("carol").join()


async def test_who_left_signs_in_again(meet: Meet) -> None:
    """A session that was given up is had afresh, without another sign-up."""
    people = meet(without=("verify_email",))
    alice = await people.member().join()
    alice.leave()
    with pytest.raises(HarnessTrouble, match="alice has not signed in"):
        _ = alice.signed_in_by
    await alice.join()
    assert [one.operation for one in people.of(Exchanged)].count("signup") == 1
    assert [one.operation for one in people.of(Exchanged)].count("signin") == 2


async def test_lent_accounts_only_sign_in(meet: Meet) -> None:
    """A member who exists already is not signed up, and nothing of it is kept to be removed."""
    lent = [{"email": f"{name}@example.com", "password": f"{name}-password"} for name in ("ada", "bob", "cy")]
    people = meet(identity={**HARNESS, "sign_up": "accounts", "accounts": lent})
    used = {name: (await people.member(name).join()).person.account.email[:3] for name in ("alice", "bob", "carol")}
    assert used == {"alice": "ada", "bob": "bob", "carol": "cy@"}
    assert "signup" not in {one.operation for one in people.of(Exchanged)}
    assert people.kept == []


@pytest.mark.parametrize(
    ("where", "status", "check", "complaint"),
    [
        ("POST /signup", 500, "operation.signup", "signup answered 500, promised 202"),
        ("POST /signin", 401, "operation.signin", "signin answered 401, promised 200"),
        ("GET /csrf", 404, "operation.csrf_token", "csrf_token answered 404, promised 200"),
    ],
)
async def test_a_step_that_fails_is_a_failed_check(
    meet: Meet, reply: Reply, where: str, status: int, check: str, complaint: str
) -> None:
    """A step without its answer fails its operation's check, and stops the scenario."""
    people = meet({where: reply(status)}, without=("verify_email",))
    with pytest.raises(OperationFailed, match=complaint):
        await people.member().join()
    assert failed(people)[-1][0] == check
    assert failed(people)[-1][1][0] == complaint
    assert people.cast.person("alice").signed_in_by is None


async def test_who_could_not_join_is_not_asked_again(meet: Meet, reply: Reply) -> None:
    """A sign-up that failed is one finding, however many scenarios need that member."""
    people = meet({"POST /signup": reply(500)}, without=("verify_email",))
    for scenario in ("chat", "csrf", "payment"):
        with pytest.raises(OperationFailed):
            await people.member(scenario=scenario).join()
    assert failed(people) == [("operation.signup", ("signup answered 500, promised 202",))]
    assert len(people.of(Exchanged)) == 1


@pytest.mark.parametrize(
    ("where", "body", "check", "complaint"),
    [
        (
            "GET /csrf",
            {"nothing": 1},
            "operation.csrf_token",
            "csrf_token answered 200 without CSRF token at json:/token",
        ),
        ("POST /signin", {}, "operation.signin", "signin answered 200 without session at cookie:sid"),
        (
            "POST /c",
            {"nothing": 1},
            "operation.create_conversation",
            "create_conversation answered 201 without conversation_id at json:/id",
        ),
    ],
)
async def test_an_answer_without_what_is_needed_is_a_failed_check(
    meet: Meet, reply: Reply, where: str, body: dict[str, Any], check: str, complaint: str
) -> None:
    """A good status without the token, the session or the id that later steps need is the target's failure."""
    people = meet({where: reply(201 if where == "POST /c" else 200, body)}, without=("verify_email",))
    with pytest.raises(OperationFailed, match=complaint.split(" without", maxsplit=1)[0]):
        await (await people.member().join()).create_conversation("x")
    assert failed(people) == [(check, (complaint,))]


async def test_whoever_is_taken_for_a_stranger_has_a_session(meet: Meet, reply: Reply) -> None:
    """Where a signed-in member is refused as a stranger, the complaint says how old the session is."""
    people = meet({"GET /me": reply(401)}, without=("verify_email",))
    alice = await people.member().join()
    with pytest.raises(OperationFailed):
        await alice.do("session")
    ((check, (told,)),) = failed(people)
    assert check == "operation.session"
    assert re.fullmatch(r"session answered 401, promised 200, with a session that was given \d+\.\d s before", told)


async def test_a_page_in_place_of_an_answer_is_a_failed_check(meet: Meet, reply: Reply) -> None:
    """A web page with a good status is no answer where the profile promises JSON."""
    people = meet({"GET /me": reply(200, b"<html>", "Content-Type: text/html")}, without=("verify_email",))
    alice = await people.member().join()
    with pytest.raises(OperationFailed):
        await alice.do("session")
    assert failed(people) == [
        ("operation.session", ("session answered 200 with text/html, promised application/json",))
    ]
    refusal = await alice.refused(alice.request("session"), alice.request("session", credentials=Credentials()))
    assert refusal.before
    assert not refusal.before.ok


async def test_an_operation_without_a_check_of_its_own(meet: Meet, reply: Reply) -> None:
    """A step that no scenario plans is held against its promise too."""
    operations = {**OPERATIONS, "odd": {"method": "GET", "path": "/odd", "expect": [200]}}
    people = meet({"GET /odd": reply(500)}, operations=operations, without=("verify_email",))
    with pytest.raises(OperationFailed):
        await people.member().do("odd")
    assert failed(people) == [("operation.other", ("odd answered 500, promised 200",))]


async def test_an_unpromised_limit_is_nobodys_finding(meet: Meet, reply: Reply) -> None:
    """A 429 where the profile names no limit may be of our own making; where it names one, we have kept to it."""
    too_many = {"GET /me": reply(429)}
    people = meet(too_many, without=("verify_email",))
    with pytest.raises(
        HarnessTrouble, match=r"meets a limit that the profile does not name: add it to promises\.limits"
    ):
        await people.member().do("session")
    assert failed(people) == []
    limit = {"name": "api", "requests": 9, "window_s": 60, "scope": "user", "operations": "*"}
    people = meet(too_many, without=("verify_email",), promises={"limits": [limit]})
    with pytest.raises(OperationFailed):
        await people.member().do("session")
    assert failed(people) == [("operation.session", ("session answered 429, promised 200",))]


# -- whose fault ------------------------------------------------------------------------------------


async def test_a_refused_connection_is_a_failed_check(describe: Describe, company: Gather, nowhere: str) -> None:
    """Nobody listens: the step fails, with the exchange that shows it."""
    people = company(describe(nowhere))
    with pytest.raises(OperationFailed):
        await people.member().do("health")
    assert failed(people) == [("operation.health", ("health: the connection was refused",))]
    assert people.of(Checked)[0].exchanges == (people.of(Exchanged)[0].id,)


async def test_a_name_that_does_not_resolve_is_not_judged(describe: Describe, company: Gather) -> None:
    """Without a control URL nobody knows whose fault it is: no finding, but the exchange is there."""
    people = company(describe("http://no-such-host.invalid"))
    with pytest.raises(HarnessTrouble, match="health cannot be judged from here: its name could not be resolved"):
        await people.member().attempt("health")
    assert people.of(Checked) == []
    assert people.of(Exchanged)[0].failure == "its name could not be resolved"


async def test_with_a_control_that_answers_it_is_the_targets(
    serve: Serve, reply: Reply, describe: Describe, company: Gather
) -> None:
    """A name that does not resolve while our network is fine is the target's failure."""
    people = company(describe("http://no-such-host.invalid", control_url=serve(reply()).url))
    with pytest.raises(OperationFailed):
        await people.member().do("health")
    assert failed(people) == [("operation.health", ("health: its name could not be resolved",))]


# -- mail -------------------------------------------------------------------------------------------


MAIL = {"source": "smtp-sink", "link": r"token=(?P<token>\S+)", "wait_s": 0.1}


async def test_the_mails_link_is_followed(meet: Meet) -> None:
    """The token of the mail goes into the next step, and stays secret."""
    people = meet(mail=MAIL)
    alice = people.member()
    deliver(people.cast.mail_folder, alice.person.account.email, "https://x/?token=mailed-token-1")
    await alice.join()
    sent = next(one for one in people.of(Exchanged) if one.operation == "verify_email")
    assert "$GONOGO_MAIL_TOKEN" in sent.request_body
    assert "mailed-token-1" not in str(people.records)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "no mail for {} within 0 s"),
        ("hello", "the mail for {} holds no link that matches the profile's mail.link"),
    ],
)
async def test_a_mail_that_does_not_come_is_a_failed_check(meet: Meet, text: str | None, complaint: str) -> None:
    """Without the mail, or its link, nobody gets in."""
    people = meet(mail=MAIL)
    alice = people.member()
    if text:
        deliver(people.cast.mail_folder, alice.person.account.email, text)
    with pytest.raises(OperationFailed):
        await alice.join()
    assert failed(people) == [("auth.mail-arrives", (complaint.format(alice.person.account.email),))]


async def test_without_mail_there_is_nothing_to_read(meet: Meet) -> None:
    """A profile that names no mail has no link to follow."""
    assert await meet(without=("verify_email",)).member().mailed_link() == {}


# -- tokens -----------------------------------------------------------------------------------------


async def test_a_form_gets_its_token_before_there_is_a_session(meet: Meet) -> None:
    """Where the profile says so, a token is fetched before signing up and before signing in."""
    people = meet(without=("verify_email",), csrf={**CSRF, "before_session": True})
    await people.member().join()
    order = [one.operation for one in people.of(Exchanged)]
    assert order == ["csrf_token", "signup", "csrf_token", "signin", "csrf_token"]


async def test_a_token_in_a_cookie_need_not_be_set_again(meet: Meet, reply: Reply) -> None:
    """A cookie that was set before still holds the token, and the session."""
    set_all = reply(200, {}, "Set-Cookie: csrf=token-from-before", "Set-Cookie: sid=session-from-before")
    people = meet(
        {"GET /me": set_all, "GET /csrf": reply(200, {}), "POST /signin": reply(200, {})},
        without=("verify_email",),
        csrf={**CSRF, "source": "cookie:csrf"},
        identity={**HARNESS},
    )
    alice = people.member()
    alice.take_over(await alice.attempt("session"))
    await alice.join()
    assert alice.person.csrf == "token-from-before"
    assert failed(people) == []


async def test_no_csrf_is_fetched_where_there_is_none(meet: Meet) -> None:
    """A target without tokens is asked for none."""
    people = meet(without=("verify_email", "csrf_token"), csrf=None)
    await people.member().join()
    assert [one.operation for one in people.of(Exchanged)] == ["signup", "signin"]


async def test_a_bearer_is_read_where_the_profile_says(meet: Meet, reply: Reply) -> None:
    """Sign-in's answer holds the token, and whatever is sent afterwards carries it; evidence does not."""
    people = meet(without=("verify_email", "csrf_token"), csrf=None, identity=BEARER)
    alice = await people.member().join()
    await alice.do("session")
    assert alice.request("session").headers.get("authorization") == "Bearer token-abcdef"
    assert "token-abcdef" not in str(people.records)
    assert "$GONOGO_TOKEN" in people.of(Exchanged)[-1].curl
    people = meet({"POST /signin": reply(200, {})}, without=("verify_email", "csrf_token"), csrf=None, identity=BEARER)
    with pytest.raises(OperationFailed):
        await people.member().join()
    assert failed(people) == [("operation.signin", ("signin answered 200 without session at json:/access",))]


@pytest.mark.parametrize("wanted", [True, False])
async def test_whatever_a_sign_in_gives_stays_secret(meet: Meet, reply: Reply, *, wanted: bool) -> None:
    """Every token of the answer is out of the evidence from the first record on, also of a probe's answer."""
    given = {"access": "access-abcdef", "renewal": "renewal-abcdef", "more": "refresh-abcdef"}
    capture = {"capture": {"refresh_token": "json:/more"}} if wanted else {}
    people = meet(
        {"POST /signin": reply(200, given)},
        operations={**OPERATIONS, "signin": {**OPERATIONS["signin"], **capture}},
        without=("verify_email", "csrf_token"),
        csrf=None,
        identity={**BEARER, "session_source": ["json:/access", "json:/renewal"]},
    )
    await people.member().attempt("signin")
    everything = str(people.records)
    assert "access-abcdef" not in everything
    assert "$GONOGO_TOKEN" in everything
    assert "renewal-abcdef" not in everything
    assert ("refresh-abcdef" in everything) is not wanted


async def test_a_probe_changes_nobody(meet: Meet, reply: Reply) -> None:
    """What a probe's answer sets or tells is not taken over; only steps change who we are."""
    people = meet({"GET /me": reply(200, {"id": 1}, "Set-Cookie: sid=another-session")}, without=("verify_email",))
    alice = await people.member().join()
    await alice.attempt("session")
    assert alice.person.store.value_of("sid") == SESSION
    await alice.do("session")
    assert alice.person.store.value_of("sid") == "another-session"


# -- chat -------------------------------------------------------------------------------------------


async def test_a_question_is_answered(meet: Meet) -> None:
    """A message goes into a conversation, its stream is read, and the history can be asked for."""
    people = meet(without=("verify_email",))
    alice = await people.member().join()
    reply = await alice.ask("hello")
    assert isinstance(reply, StreamedExchange)
    assert (reply.said, reply.events[-1].terminal) == ("hi", True)
    assert (await alice.history("conv-12345")).status == 200
    assert alice.person.account.messages == 1
    assert failed(people) == []


async def test_a_profile_that_forgets_to_stream(meet: Meet) -> None:
    """A message whose answer is not read as a stream is a mistake in the profile."""
    operations = {**OPERATIONS, "send_message": {**OPERATIONS["send_message"], "streams": False}}
    people = meet(operations=operations, without=("verify_email",))
    alice = await people.member().join()
    with pytest.raises(HarnessTrouble, match="does not say `streams: true`"):
        await alice.send("conv-12345", "hello")


def test_prompts(meet: Meet) -> None:
    """A prompt of the profile is filled; one that it does not name is a mistake in the scenario."""
    alice = meet(without=("verify_email",), means={"fixed_prompt": "Say {words}"}).member()
    assert alice.prompt("fixed_prompt", words="hi") == "Say hi"
    with pytest.raises(HarnessTrouble, match=r"the profile names no means\.fail_prompt"):
        alice.prompt("fail_prompt")


async def test_until(meet: Meet, reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is taken again until its answer is the wanted one, or the time is over; the last answer is given."""
    monkeypatch.setattr(sender_module, "POLL_S", 0.01)
    count = 0

    async def third_time(_request: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        writer.write(reply(200, {"state": "done" if count == 3 else "not yet"}))

    operations = {**OPERATIONS, "session": {**OPERATIONS["session"], "capture": {"state": "json:/state"}}}
    alice = meet({"GET /me": third_time}, operations=operations, without=("verify_email",)).member()
    assert (await alice.until("session", "state", "done", within_s=5)).captured["state"] == "done"
    assert count == 3
    assert (await alice.until("session", "state", "done", within_s=0)).captured["state"] == "not yet"


async def test_refusals_between_twins(meet: Meet, reply: Reply) -> None:
    """What must be refused is sent between two that must not, by somebody else where that is the point."""

    async def only_for_ada(request: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200 if SESSION in request.headers.get("cookie", "") else 401, {}))

    people = meet({"GET /me": only_for_ada}, without=("verify_email",))
    alice, bob = await people.member().join(), people.member("bob")
    refusal = await alice.keeps_from(bob, "session")
    assert refusal.before
    assert refusal.after
    assert (refusal.before.ok, refusal.refused.status, refusal.after.ok) == (True, 401, True)
    assert (refusal.before.person, refusal.refused.person) == ("alice", "bob")
    assert alice.tampered(alice.request("session")).headers.get("cookie") != f"sid={SESSION}"
    with pytest.raises(HarnessTrouble):
        bob.tampered(bob.request("session"))


async def test_evidence_shows_variables(meet: Meet) -> None:
    """Passwords, sessions and tokens stand behind variables, each person's own; what others do not need stays plain."""
    people = meet(without=("verify_email",))
    alice, bob = await people.member().join(), people.member("bob")
    await alice.create_conversation("x")
    await alice.history("conv-12345")
    await bob.attempt("signin")
    lines = {(one.person, one.operation): one for one in people.of(Exchanged)}
    assert "$GONOGO_PASSWORD" in lines["alice", "signin"].curl
    assert "$GONOGO_BOB_PASSWORD" in lines["bob", "signin"].curl
    assert "$GONOGO_COOKIE" in lines["alice", "create_conversation"].curl
    assert "$GONOGO_CSRF" in lines["alice", "create_conversation"].curl
    assert lines["alice", "history"].needs == ("GONOGO_CONVERSATION_ID", "GONOGO_COOKIE")
    everything = str(people.records)
    for secret in (SESSION, TOKEN, alice.person.account.password, bob.person.account.password):
        assert secret not in everything


async def test_redirects_count(meet: Meet, reply: Reply) -> None:
    """Each hop counts against the limits, and those that were not made are given back."""
    operations = {**OPERATIONS, "session": {"method": "GET", "path": "/old", "expect": [200], "redirects": 3}}
    limit = {"name": "api", "requests": 9, "window_s": 60, "scope": "user", "operations": "*"}
    people = meet(
        {"GET /old": reply(302, b"", "Location: /me")},
        operations=operations,
        without=("verify_email",),
        promises={"limits": [limit]},
    )
    alice = people.member()
    await alice.do("session")
    api = people.cast.profile.promises.limits[0]
    assert people.cast.budget.spent(api, *alice.who) == 2
    await alice.exchange(alice.request("session"), paced=False)
    assert people.cast.budget.spent(api, *alice.who) == 4


# -- payment ----------------------------------------------------------------------------------------


async def test_events_are_signed(meet: Meet) -> None:
    """A payment event carries the signature of its own bytes, which stands behind a variable."""
    hook = {"method": "POST", "path": "/hook", "json": {"id": "{id}"}, "expect": [200], "credential": "signature"}
    people = meet(
        operations={**OPERATIONS, "payment_webhook": hook},
        without=("verify_email",),
        payment={"mode": "signed-event", "secret": "whsec_secret"},
    )
    alice = people.member()
    request = alice.signed_event(id="e-1")
    sent = request.headers.get("stripe-signature")
    moment = int(sent.partition(",")[0].removeprefix("t="))
    assert sent == stripe_signature("whsec_secret", request.body, moment)
    await alice.exchange(request)
    assert sent not in str(people.records)


@pytest.mark.parametrize("signing", SIGNINGS, ids=lambda one: one.variable)
async def test_no_signature_stands_in_evidence(meet: Meet, signing: Signing) -> None:
    """Not a right one, and none that is nearly right, or right elsewhere or later: each has a variable of its own."""
    hook = {"method": "POST", "path": "/hook", "json": {"id": "{event_id}"}, "expect": [200], "credential": "signature"}
    people = meet(
        operations={**OPERATIONS, "payment_webhook": hook},
        without=("verify_email",),
        payment={"mode": "signed-event", "secret": "whsec_secret"},
    )
    alice = people.member()
    request = alice.signed_event(signing, event_id="evt_12345")
    await alice.exchange(request)
    signature = request.headers.get("stripe-signature")
    assert signature.rpartition("=")[2] not in str(people.records)
    sent = people.of(Exchanged)[-1]
    assert set(sent.needs) == {signing.variable, "GONOGO_EVENT_ID"}


async def test_standard_webhooks_stand_behind_variables(meet: Meet) -> None:
    """The id and the moment of a signed event are made anew when its line is sent again, as the signature is."""
    hook = {"method": "POST", "path": "/hook", "json": {"id": "{event_id}"}, "expect": [200], "credential": "signature"}
    people = meet(
        operations={**OPERATIONS, "payment_webhook": hook},
        without=("verify_email",),
        payment={"mode": "signed-event", "scheme": "standard-webhooks", "secret": "whsec_c2VjcmV0LWtleQ=="},
    )
    alice = people.member()
    request = alice.signed_event(event_id="evt_12345")
    await alice.exchange(request)
    digest = request.headers.get("webhook-signature").removeprefix("v1,")
    assert digest not in str(people.records)
    sent = people.of(Exchanged)[-1]
    assert set(sent.needs) == {*FRESH.variables, "GONOGO_EVENT_ID"}
    assert request.headers.get("webhook-id") not in sent.curl
    assert request.headers.get("webhook-timestamp") not in sent.curl


def test_no_secret_to_sign_with(meet: Meet) -> None:
    """Without a payment section nothing can be signed."""
    with pytest.raises(HarnessTrouble, match="no payment secret"):
        meet(without=("verify_email",)).member().signed_event(id="1")


async def test_who_signs_in_by_reading_needs_no_token(meet: Meet, reply: Reply) -> None:
    """No token is fetched beforehand for an operation that changes nothing."""
    operations = {**OPERATIONS, "signin": {"method": "GET", "path": "/signin", "expect": [200]}}
    people = meet(
        {"GET /signin": reply(200, {}, f"Set-Cookie: sid={SESSION}")},
        operations=operations,
        without=("verify_email",),
        csrf={**CSRF, "before_session": True},
    )
    await people.member().sign_in()
    assert [one.operation for one in people.of(Exchanged)] == ["signin", "csrf_token"]
