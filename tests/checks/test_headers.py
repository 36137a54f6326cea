"""Each check of headers and of what strangers learn is silent on what is right, and complains of what is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from checks import banner, exposure, headers, tls
from checks.csp import loose
from checks.leaks import leaks, leaks_of_health
from gonogo.budget import Limit
from gonogo.burst import Burst
from gonogo.certificate import Certificate
from gonogo.check import Bound, Check
from gonogo.exchange import Exchange, Headers, Request
from gonogo.handshake import Handshake
from gonogo.promises import HeaderPromises
from gonogo.trouble import NotEvaluable

OWN, EVIL = "https://chat.example.com", "https://evil.example"
REST = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
TIGHT = f"default-src 'none'; object-src 'none'; {REST}"
HSTS, CSP = "Strict-Transport-Security", "Content-Security-Policy"
NOSNIFF, FRAMES, REFERRER = "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"


def answer(
    status: int | None = 200, *fields: tuple[str, str], body: str = "", path: str = "/x", origin: str = EVIL
) -> Exchange:
    """An answer with these header fields to a page of some origin."""
    sent = Headers((("Origin", origin),))
    return Exchange(
        id="x-1",
        person="alice",
        request=Request(operation="asked", method="GET", url=f"{OWN}{path}", headers=sent),
        status=status,
        headers=Headers(fields),
        body=body.encode(),
        expected=(200,),
    )


def said(check: Check[Any, []] | Bound[Any], subject: Any) -> list[str]:  # noqa: ANN401  a check may look at anything
    """What a check says of a subject."""
    bound = check() if isinstance(check, Check) else check
    return list(bound.looks(subject))


EVERY = [
    headers.insists_on_tls(31536000),
    headers.has_a_policy,
    headers.types_are_not_guessed,
    headers.cannot_be_framed,
    headers.paths_stay_private,
]
GOOD = (
    (HSTS, "max-age=63072000; includeSubDomains"),
    (CSP, TIGHT),
    (NOSNIFF, "nosniff"),
    (FRAMES, "DENY"),
    (REFERRER, "no-referrer"),
)


@pytest.mark.parametrize("check", EVERY)
def test_every_answer_is_looked_at(check: Check[Any, []] | Bound[Any]) -> None:
    """One answer without the header among good ones is named with its operation and its status."""
    assert said(check, [answer(200, *GOOD), answer(404, *GOOD)]) == []
    complaints = said(check, [answer(200, *GOOD), answer(404), answer(401, *GOOD)])
    assert len(complaints) == 1
    assert complaints[0].startswith("asked (GET, 404) ")


PROMISED = {
    "permissions_policy": ("Permissions-Policy", "camera=()"),
    "opener_policy": ("Cross-Origin-Opener-Policy", "same-origin"),
    "resource_policy": ("Cross-Origin-Resource-Policy", "same-origin"),
    "no_store": ("Cache-Control", "private, No-Store"),
    "request_id": ("X-Request-ID", "abc"),
}


@pytest.mark.parametrize("promise", PROMISED)
def test_each_other_promise_is_kept_by_every_answer(promise: str) -> None:
    """What is promised is missed on the answer that lacks it; what is not promised is not."""
    check = headers.keeps_its_other_promises(HeaderPromises.model_validate({promise: True}))
    field = PROMISED[promise]
    assert said(check, [answer(200, *PROMISED.values()), answer(404, field)]) == []
    (complaint,) = said(check, [answer(200, field), answer(404, (field[0], " ")), answer(401, field)])
    assert complaint.startswith(f"asked (GET, 404) has {field[0].lower()}: nothing, ")
    assert said(headers.keeps_its_other_promises(HeaderPromises()), [answer(200)]) == []


def test_private_is_not_what_was_promised() -> None:
    """A promise of no-store is not kept by another word."""
    check = headers.keeps_its_other_promises(HeaderPromises(no_store=True))
    assert said(check, [answer(200, ("Cache-Control", "private"))]) == [
        "asked (GET, 200) has cache-control: private, no-store promised"
    ]


@pytest.mark.parametrize("check", [*EVERY, headers.policy_is_tight, banner.tells_no_versions(hidden=True)])
@pytest.mark.parametrize("shown", [[], [answer(None)]])
def test_without_an_answer_nothing_is_judged(check: Check[Any, []] | Bound[Any], shown: list[Exchange]) -> None:
    """No answer at all is no pass."""
    with pytest.raises(NotEvaluable):
        said(check, shown)


@pytest.mark.parametrize(
    ("value", "right"),
    [
        ("max-age=31536000; includeSubDomains", True),
        ('max-age="31536000" ; includesubdomains; preload', True),
        ("max-age=31535999; includeSubDomains", False),
        ("max-age=31536000", False),
        ("includeSubDomains", False),
        ("max-age=31536000, includeSubDomains", False),
    ],
)
def test_hsts_is_read_as_browsers_do(value: str, *, right: bool) -> None:
    """Short, partial and ill-formed headers are wrong."""
    assert (said(headers.insists_on_tls(31536000), [answer(200, (HSTS, value))]) == []) is right


def test_hsts_comes_once() -> None:
    """Two headers are one too many, since browsers read only the first."""
    twice = answer(200, GOOD[0], GOOD[0])
    assert said(headers.insists_on_tls(1), [twice]) == [
        "asked (GET, 200) has 2 Strict-Transport-Security headers, 1 expected"
    ]


def test_a_policy_that_only_reports_is_none() -> None:
    """The complaint says that there is only a reporting policy."""
    shown = answer(200, ("Content-Security-Policy-Report-Only", TIGHT))
    assert said(headers.has_a_policy, [shown]) == ["asked (GET, 200) has only a reporting Content-Security-Policy"]


@pytest.mark.parametrize(
    ("policies", "holes"),
    [
        ([TIGHT], []),
        (["default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"], []),
        ([TIGHT.replace("form-action 'self'", "form-action *")], ["without form-action"]),
        ([TIGHT.replace("default-src 'none'", "script-src 'nonce-AbC' 'strict-dynamic' https: 'unsafe-inline'")], []),
        ([TIGHT + "; script-src 'self' 'unsafe-inline'"], ["that lets scripts in from 'unsafe-inline'"]),
        ([TIGHT + "; script-src 'self' 'unsafe-eval'"], ["that lets scripts in from 'unsafe-eval'"]),
        ([TIGHT + "; script-src * data:"], ["that lets scripts in from *", "that lets scripts in from data:"]),
        ([f"script-src 'self'; {REST}"], ["without object-src"]),
        (["default-src 'none'"], ["without base-uri", "without form-action", "without frame-ancestors"]),
        ([f"object-src 'none'; {REST}"], ["without script-src and default-src"]),
        (["script-src *", TIGHT], []),
        (
            ["script-src *, default-src 'none'"],
            ["without base-uri", "without form-action", "without frame-ancestors"],
        ),
        (["SCRIPT-SRC 'none'; script-src *; " + TIGHT], []),
    ],
)
def test_holes_of_a_policy(policies: list[str], holes: list[str]) -> None:
    """A policy is read as a browser does: all of several are enforced, and the first directive of a name counts."""
    assert loose(policies) == holes


def test_a_loose_policy_is_a_complaint() -> None:
    """Each hole of each answer is one, and so is the want of any policy."""
    assert said(headers.policy_is_tight, [answer(200, (CSP, TIGHT)), answer(404)]) == []
    assert said(headers.policy_is_tight, [answer(200, (CSP, "default-src 'none'"))]) == [
        "asked (GET, 200) has a policy without base-uri",
        "asked (GET, 200) has a policy without form-action",
        "asked (GET, 200) has a policy without frame-ancestors",
    ]
    assert len(said(headers.policy_is_tight, [answer(404)])) == 1


@pytest.mark.parametrize("fields", [[], [(NOSNIFF, "nosnif")], [(NOSNIFF, "nosniff"), (NOSNIFF, "nosniff")]])
def test_nosniff_comes_once(fields: list[tuple[str, str]]) -> None:
    """Missing, misspelt and doubled are all wrong."""
    assert len(said(headers.types_are_not_guessed, [answer(200, *fields)])) == 1


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ([(FRAMES, "SAMEORIGIN")], 0),
        ([(CSP, "frame-ancestors 'self'")], 0),
        ([(CSP, "frame-ancestors *"), (FRAMES, "DENY")], 1),
        ([(FRAMES, "ALLOW-FROM https://evil.example")], 1),
    ],
)
def test_who_may_frame(fields: list[tuple[str, str]], count: int) -> None:
    """Either header is enough; the policy counts where both speak."""
    assert len(said(headers.cannot_be_framed, [answer(200, *fields)])) == count


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("no-referrer", 0),
        ("unsafe-url, strict-origin", 0),
        ("strict-origin, new-policy", 0),
        ("origin", 1),
        ("nonsense", 1),
    ],
)
def test_the_last_known_referrer_policy_counts(value: str, count: int) -> None:
    """What a browser does not know it skips."""
    assert len(said(headers.paths_stay_private, [answer(200, (REFERRER, value))])) == count


@pytest.mark.parametrize(
    ("value", "hidden", "count"), [("nginx", False, 0), ("nginx", True, 1), ("nginx/1.25.3", False, 1)]
)
def test_banners(value: str, count: int, *, hidden: bool) -> None:
    """A version is always too much; a name only where the target promises to hide it."""
    assert len(said(banner.tells_no_versions(hidden=hidden), [answer(200, ("Server", value))])) == count


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("X-XSS-Protection", "1; mode=block", 1),
        ("X-XSS-Protection", "0", 0),
        ("Expect-CT", "max-age=1", 1),
        ("Public-Key-Pins", "x", 1),
        ("X-Other", "1", 0),
    ],
)
def test_dead_fields(name: str, value: str, count: int) -> None:
    """What browsers gave up is wrong; switching it off is not."""
    assert len(said(banner.has_nothing_dead, [answer(200), answer(200, (name, value))])) == count


LIMIT = Limit(name="auth", requests=1, window_s=60, scope="address", operations=("signin",))


def spent(*exchanges: Exchange) -> Burst:
    """A limit that was spent by these."""
    return Burst(limit=LIMIT, spent=0, exchanges=exchanges, took_s=1.0)


def test_refusals_have_the_same_headers() -> None:
    """What a good answer has, a refusal must have; what neither has is another check's business."""
    assert said(headers.refusals_have_them_too, spent(answer(401, *GOOD), answer(429, *GOOD))) == []
    assert said(headers.refusals_have_them_too, spent(answer(401), answer(429))) == []
    assert said(headers.refusals_have_them_too, spent(answer(401, *GOOD), answer(429, *GOOD[1:]))) == [
        "asked (GET, 429) has no strict-transport-security, and asked (GET, 401) has"
    ]
    for burst in (spent(answer(401)), spent(answer(429)), spent()):
        with pytest.raises(NotEvaluable):
            said(headers.refusals_have_them_too, burst)


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        (answer(405, ("Allow", "GET")), 0),
        (answer(501, body="no"), 0),
        (answer(200, body="TRACE / m4rk3r"), 1),
        (answer(405, body="you sent m4rk3r"), 1),
        (answer(200, body="hello"), 1),
        (answer(404), 0),
    ],
)
def test_trace_is_off(shown: Exchange, count: int) -> None:
    """What is repeated is wrong whatever the status, and so is a good answer."""
    assert len(said(exposure.trace_is_off("m4rk3r"), shown)) == count
    with pytest.raises(NotEvaluable):
        said(exposure.trace_is_off("m4rk3r"), answer(None))


@pytest.mark.parametrize(
    ("path", "status", "body", "nowhere", "count"),
    [
        ("/docs", 404, "", 404, 0),
        ("/docs", 200, "<title>API - Swagger UI</title>", 404, 1),
        ("/docs", 200, "<title>Chat</title>", 200, 0),
        ("/docs", 200, "<title>Chat</title>", 404, 1),
        ("/openapi.json", 200, '{"openapi": "3.1.0"}', 200, 1),
        ("/admin", 200, '<form action="/admin/login">', 200, 1),
        ("/admin", 401, "", 404, 0),
        ("/docs", 302, "", 404, 0),
    ],
)
def test_the_workshop_is_closed(path: str, status: int, body: str, nowhere: int, count: int) -> None:
    """A page of the known shape is wrong, and any page where others are not found; a page for all paths is not."""
    check = exposure.shows_no_workshop(answer(nowhere))
    assert len(said(check, [answer(status, body=body, path=path)])) == count
    with pytest.raises(NotEvaluable):
        said(exposure.shows_no_workshop(answer(None)), [answer(404)])


def test_errors_repeat_nothing() -> None:
    """The name of what is repeated is told, never its value; good answers may show a member her own."""
    check = exposure.errors_repeat_nothing({"s3cr3t-password": "GONOGO_PASSWORD"})
    assert said(check, [answer(422, body="password too short"), answer(200, body="s3cr3t-password")]) == []
    assert said(check, [answer(422, body='{"input": "s3cr3t-password"}')]) == [
        "asked (GET, 422) repeats the value of GONOGO_PASSWORD, nothing of anybody's expected"
    ]
    with pytest.raises(NotEvaluable):
        said(check, [answer(200)])


@pytest.mark.parametrize(
    ("name", "media_type", "count"),
    [
        ("GONOGO_EMAIL", "application/json", 1),
        ("GONOGO_EMAIL", "text/html", 0),
        ("GONOGO_BOB_COOKIE_SID", "text/html", 1),
        ("GONOGO_CONVERSATION_ID", "application/problem+json", 0),
        ("GONOGO_CSRF", "text/html", 0),
    ],
)
def test_what_an_error_may_repeat(name: str, media_type: str, count: int) -> None:
    """An id may stand in an error, and a form that is shown again holds its token and the address that was typed."""
    shown = answer(404, ("Content-Type", media_type), body="no ada-the-first")
    assert len(said(exposure.errors_repeat_nothing({"ada-the-first": name}), [shown])) == count


@pytest.mark.parametrize(
    ("status", "place", "count"),
    [
        (None, "", 0),
        (400, "", 0),
        (308, "https://chat.example.com/x", 0),
        (301, "https://chat.example.com:8443/", 0),
        (302, "https://chat.example.com/", 1),
        (301, "https://login.example.net/", 1),
        (301, "http://chat.example.com/other", 1),
        (301, "/other", 1),
        (301, "", 1),
        (200, "", 1),
        (200, "https://chat.example.com/", 1),
    ],
)
def test_plain_http_leads_to_tls(status: int | None, place: str, count: int) -> None:
    """A closed door and a lasting redirect to the same host are right; whatever is served is wrong."""
    shown = answer(status, *([("Location", place)] if place else []))
    plain = Request(operation="plain http", method="GET", url="http://chat.example.com/")
    assert len(said(tls.plain_http_leads_to_tls(OWN), replace(shown, request=plain))) == count


GOOD_FOR = {days: Certificate(origin=OWN, trusted=True, days_left=days) for days in (13.9, 14.0, 90.0)}
BAD = Certificate(origin=OWN, trusted=False, said="certificate has expired")
AWAY = Certificate(origin=OWN, trusted=None, said="no connection: refused")


def test_certificates() -> None:
    """What is not trusted is told with why, what ends soon with when; where nobody is reached nothing is said."""
    assert said(tls.certificates_are_trusted, [GOOD_FOR[13.9], AWAY]) == []
    assert said(tls.certificates_are_trusted, [GOOD_FOR[90.0], BAD]) == [
        "the certificate of https://chat.example.com is not trusted: certificate has expired"
    ]
    assert said(tls.certificates_last, [GOOD_FOR[14.0], GOOD_FOR[90.0], BAD]) == []
    assert said(tls.certificates_last, [GOOD_FOR[13.9]]) == [
        "the certificate of https://chat.example.com ends in 13.9 days, 14 at least expected"
    ]
    for check in (tls.certificates_are_trusted, tls.certificates_last):
        with pytest.raises(NotEvaluable):
            said(check, [AWAY])


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        (answer(405, ("Allow", "GET, HEAD, POST")), 0),
        (answer(405, ("Allow", "POST")), 1),
        (answer(405), 1),
        (answer(404), 1),
        (answer(200), 1),
    ],
)
def test_405_tells_all_methods(shown: Exchange, count: int) -> None:
    """An Allow that lacks a method is as wrong as none, and so is another status."""
    assert len(said(headers.tells_allowed_methods(["GET", "POST"]), shown)) == count


def test_401_says_how_to_sign_in() -> None:
    """Only answers with 401 are looked at, and there must be one."""
    challenged = answer(401, ("WWW-Authenticate", "Bearer"))
    assert said(headers.says_how_to_sign_in, [challenged, answer(200)]) == []
    assert len(said(headers.says_how_to_sign_in, [challenged, answer(401)])) == 1
    with pytest.raises(NotEvaluable):
        said(headers.says_how_to_sign_in, [answer(200)])


@pytest.mark.parametrize(
    ("origin", "allowed", "credentials", "count"),
    [
        (EVIL, "", "", 0),
        (EVIL, OWN, "true", 0),
        (EVIL, "*", "", 0),
        (EVIL, EVIL, "", 1),
        (EVIL, "*", "true", 1),
        ("null", "null", "", 1),
        (EVIL, "null", "true", 1),
    ],
)
def test_foreign_pages_cannot_read(origin: str, allowed: str, credentials: str, count: int) -> None:
    """What is reflected is wrong, and credentials for anybody but the own pages too."""
    fields = ("Access-Control-Allow-Origin", allowed), ("Access-Control-Allow-Credentials", credentials)
    assert len(said(exposure.foreign_pages_cannot_read(OWN), [answer(200, *fields, origin=origin)])) == count


LEAKS = {
    'Traceback (most recent call last):\n  File "app.py", line 3': "a stack trace",
    "at com.example.Chat.send(Chat.java:12)": "a stack trace",
    "no such table: users": "a statement or an error of the database",
    "SELECT id FROM users": "a statement or an error of the database",
    "postgresql+asyncpg://db/chat": "the address of a backend",
    "https://key:secret@tracker.example/1": "the address of a backend",
    "/srv/chat/settings.py": "a path of its machine",
    "C:\\inetpub\\chat": "a path of its machine",
    '<script src="/app/main.js"></script> in /app/main.js': "a path of its machine",
    '<a href="postgresql://db/chat">': "the address of a backend",
}
HARMLESS = [
    "Select a plan from the list.",
    "https://chat.example.com/home/feed",
    "/app/settings is not there.",
    "Something went wrong on our side. Ask again at 10:30.",
    '{"type": "about:blank", "instance": "/var/users"}',
    '<script src="/app/main.3f.js"></script><link rel=preload href=/app/more.js>',
    "<script type=module src = '/code/chat.js'></script>",
    '{"version": "10.2.3.4", "releaseId": "v10.0.0.1", "build_number": "192.168.1.1"}',
    "Version 10.2.3.4",
]


@pytest.mark.parametrize("text", LEAKS)
def test_leaks_are_recognised(text: str) -> None:
    """Each shape of the inside is told by its kind."""
    assert LEAKS[text] in leaks(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_plain_sentences_are_no_leaks(text: str) -> None:
    """Words that look a little like it are left alone."""
    assert leaks_of_health(text) == []


@pytest.mark.parametrize(
    "text", ["at 10.0.3.7", '{"version": "1.0", "host": "10.0.3.7"}', "db.internal", "chat.default.svc.cluster.local"]
)
def test_health_names_no_machine(text: str) -> None:
    """A machine of the network is a leak in health, and in errors it may be what was asked for."""
    assert leaks_of_health(text) == ["a machine of its network"]
    assert leaks(text) == []


def test_errors_tell_nothing() -> None:
    """Only errors are looked at, and what they show is told by its kind, never repeated."""
    told = "Traceback (most recent call last)"
    assert said(exposure.errors_tell_nothing, [answer(200, body=told), answer(500, body="Sorry.")]) == []
    complaints = said(exposure.errors_tell_nothing, [answer(500, body=told)])
    assert complaints == ["asked (GET, 500) shows a stack trace, nothing of the inside expected"]
    with pytest.raises(NotEvaluable):
        said(exposure.errors_tell_nothing, [answer(200)])


PROBLEM = ("Content-Type", "application/problem+json; charset=utf-8")


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ({"type": "about:blank", "title": "Not Found", "status": 404}, 0),
        ({"title": "Not Found", "more": [1]}, 0),
        ({"title": "Not Found", "status": 200}, 1),
        ({"detail": "Not Found"}, 1),
        ({"title": 404, "status": "404"}, 2),
        (["title"], 1),
    ],
)
def test_problem_documents(document: object, count: int) -> None:
    """A status that differs, members of another type, and a document that names no problem are wrong."""
    shown = [answer(404, PROBLEM, body=json.dumps(document))]
    assert len(said(exposure.errors_are_problems, shown)) == count


def test_other_formats_are_no_problem_documents() -> None:
    """An error of another type is wrong, one that is no JSON too, and no error is nothing to look at."""
    assert len(said(exposure.errors_are_problems, [answer(404, ("Content-Type", "text/html"))])) == 1
    assert len(said(exposure.errors_are_problems, [answer(404, PROBLEM, body="<html>")])) == 1
    with pytest.raises(NotEvaluable):
        said(exposure.errors_are_problems, [answer(200)])


@pytest.mark.parametrize(
    ("status", "body", "nowhere", "count"),
    [
        (404, "", 404, 0),
        (403, "", 404, 0),
        (200, "<html>", 200, 0),
        (200, "SECRET_KEY=abc", 200, 1),
        (200, "<html>", 404, 1),
        (500, "SECRET_KEY=abc", 404, 1),
    ],
)
def test_secret_files(status: int, body: str, nowhere: int, count: int) -> None:
    """What looks like the file is wrong whatever the status; a page for every path is not."""
    check = exposure.serves_no_secrets(answer(nowhere))
    assert len(said(check, [answer(status, body=body, path="/.env")])) == count


def test_secret_files_need_a_control() -> None:
    """Where nothing is answered, nothing can be told."""
    with pytest.raises(NotEvaluable):
        said(exposure.serves_no_secrets(answer(None)), [answer(404)])
    with pytest.raises(NotEvaluable):
        said(exposure.serves_no_secrets(answer(404)), [])


def offer(*, accepted: bool | None) -> Handshake:
    """What became of an offer."""
    return Handshake(version="TLS 1.0", accepted=accepted, said="it said so")


def test_old_tls() -> None:
    """An offer that was taken is wrong; one that could not be made, or without its twin, tells nothing."""
    twins = [offer(accepted=False), offer(accepted=True)]
    assert said(tls.old_tls_is_refused(twins), [offer(accepted=False)]) == []
    assert len(said(tls.old_tls_is_refused(twins), [offer(accepted=True)])) == 1
    with pytest.raises(NotEvaluable):
        said(tls.old_tls_is_refused(twins), [offer(accepted=None)])
    with pytest.raises(NotEvaluable):
        said(tls.old_tls_is_refused([offer(accepted=False)]), [offer(accepted=False)])


@pytest.mark.parametrize(
    ("asked", "location", "count"),
    [
        ("https://chat.example.com/a/", "/a", 0),
        ("https://chat.example.com/a/", "https://chat.example.com/a", 0),
        ("http://chat.example.com/a/", "https://chat.example.com/a/", 0),
        ("https://chat.example.com/a/", "https://login.example.com/signin", 0),
        ("https://chat.example.com/a/", "http://chat.example.com/a", 1),
        ("https://chat.example.com/a/", "https://chat.internal:8000/a", 1),
    ],
)
def test_redirects_stay(asked: str, location: str, count: int) -> None:
    """A slash is taken away where it was asked for, and nowhere else; other pages may be elsewhere."""
    request = Request(operation="unlisted", method="GET", url=asked)
    shown = Exchange(id="1", person="ada", request=request, status=307, headers=Headers((("Location", location),)))
    assert len(said(exposure.redirects_stay, [shown])) == count
