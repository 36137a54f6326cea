"""An operation becomes the request that the profile describes, byte for byte."""

import json
from collections.abc import Callable
from email.parser import BytesParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.cookies import CookieStore, parse_set_cookie
from gonogo.exchange import Exchange, Request
from gonogo.operation import Credentials, build, capture, variables_of
from gonogo.profile import Profile
from gonogo.trouble import HarnessTrouble

Load = Callable[..., Profile]
Answer = Callable[..., Exchange]
NOBODY = Credentials()
ADA = Credentials(cookies="sid=1", csrf="token-1", bearer="key-1")
MESSAGE = {"conversation_id": "c1", "content": "hi", "tags": ["a", "b"]}


def fields(request: Request) -> dict[str, str]:
    """Return the header fields by their names in lower case."""
    return {name.lower(): value for name, value in request.headers}


def test_a_json_body_is_compact_and_typed(small: Profile) -> None:
    """A text that is one variable takes its type; others are filled as text; no space is wasted."""
    request = build(small, "send_message", MESSAGE, credentials=NOBODY)
    assert request.body == b'{"content":"hi","options":{"tags":["a","b"]},"note":"about hi","n":1}'
    assert fields(request) == {"content-type": "application/json", "accept": "text/event-stream"}
    assert (request.method, request.url) == ("POST", "https://chat.example.com/base/c/c1")
    assert (request.operation, request.streams, request.redirects) == ("send_message", True, 0)


@pytest.mark.parametrize(("value", "said"), [(7, "7"), (True, "true"), (None, "null"), ({"a": 1}, '{"a":1}')])
def test_a_variable_keeps_its_type_in_json(small: Profile, value: object, said: str) -> None:
    """Numbers, truth, nothing and objects stay what they are."""
    request = build(small, "send_message", MESSAGE | {"tags": value}, credentials=NOBODY)
    assert f'"tags":{said}}}'.encode() in request.body


@given(content=st.text(st.characters(codec=None)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_text_survives_json(small: Profile, content: str) -> None:
    """What a scenario says arrives as it was said, half characters included."""
    request = build(small, "send_message", MESSAGE | {"content": content}, credentials=NOBODY)
    assert json.loads(request.body.decode())["content"] == content


def test_a_value_is_no_template(small: Profile) -> None:
    """What looks like a template in a value stays a value."""
    content = "{conversation_id} ${GONOGO_PASSWORD} {"
    request = build(small, "send_message", MESSAGE | {"content": content}, credentials=NOBODY)
    assert json.loads(request.body)["note"] == f"about {content}"


def test_a_secret_is_filled_in_late(load: Load, text: str) -> None:
    """An operation holds a secret's name, its request the value, in which nothing is filled again."""
    profile = load(text.replace('note: "about {content}"', 'note: "${GONOGO_PASSWORD}"'))
    assert profile.operations["send_message"].json_body["note"] == "${GONOGO_PASSWORD}"
    assert json.loads(build(profile, "send_message", MESSAGE, credentials=NOBODY).body)["note"] == "pass-{email}-word"


def test_a_form_is_encoded(small: Profile) -> None:
    """A form's fields are percent-encoded, a space as a plus."""
    variables = {"email": "a+b@example.com", "password": "p &=é\U0001f600"}
    request = build(small, "signin", variables, credentials=NOBODY)
    assert request.body == b"username=a%2Bb%40example.com&password=p+%26%3D%C3%A9%F0%9F%98%80"
    assert fields(request) == {"content-type": "application/x-www-form-urlencoded"}


def parts_of(request: Request) -> list[tuple[object, ...]]:
    """Read a multipart body: each part's name, file name, media type and content."""
    head = f"Content-Type: {request.headers.get('content-type')}\r\n\r\n".encode()
    _whole, *parts = BytesParser().parsebytes(head + request.body).walk()
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get("Content-Type"),
            part.get_payload(decode=True),
        )
        for part in parts
    ]


@pytest.mark.parametrize("content", [b"\x00\xff\r\n--", "text é"])
def test_parts_are_encoded(small: Profile, content: bytes | str) -> None:
    """Files and fields stand in the profile's order, bytes as they are."""
    variables = {"filename": "a.txt", "content": content}
    request = build(small, "upload", variables, credentials=NOBODY)
    sent = content if isinstance(content, bytes) else content.encode()
    assert parts_of(request) == [("file", "a.txt", "text/plain", sent), ("kind", None, None, b"note")]


def test_the_same_parts_are_sent_alike(small: Profile) -> None:
    """A multipart body is the same each time, and its boundary another for other content."""
    one, same, other = (
        build(small, "upload", {"filename": "a", "content": content}, credentials=NOBODY) for content in ("x", "x", "y")
    )
    assert one == same
    assert one.headers.get("content-type") != other.headers.get("content-type")


def test_a_query_and_headers_are_filled(small: Profile) -> None:
    """A query is encoded, a list gives a field for each item, a header is filled."""
    request = build(small, "health", {"deep": ["a b", 1], "probe": "x"}, credentials=ADA)
    assert request.url == "https://chat.example.com/base/health?deep=a+b&deep=1"
    assert fields(request) == {"x-probe": "x"}


def test_a_path_is_encoded(small: Profile) -> None:
    """A value stays one segment of the path."""
    request = build(small, "send_message", MESSAGE | {"conversation_id": "a/b?c#d é"}, credentials=NOBODY)
    assert request.url == "https://chat.example.com/base/c/a%2Fb%3Fc%23d%20%C3%A9"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_cannot_leave_the_path(small: Profile, value: str) -> None:
    """What would make it another path is refused."""
    with pytest.raises(HarnessTrouble, match=r"^operation send_message cannot have '.*' in its path$"):
        build(small, "send_message", MESSAGE | {"conversation_id": value}, credentials=NOBODY)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\0", "é", "\x7f"])
def test_a_value_cannot_leave_its_header(small: Profile, value: str) -> None:
    """What no header field may hold is refused."""
    with pytest.raises(HarnessTrouble, match=r"^operation health cannot send the header field 'X-Probe'"):
        build(small, "health", {"deep": "", "probe": value}, credentials=NOBODY)


def test_a_missing_variable_is_named(small: Profile) -> None:
    """A scenario that forgot a variable is told which."""
    with pytest.raises(
        HarnessTrouble, match=r"^operation send_message needs the variable 'tags', which nothing has set$"
    ):
        build(small, "send_message", {"conversation_id": "c", "content": "x"}, credentials=NOBODY)


def test_an_operation_that_is_not_described_is_named(small: Profile) -> None:
    """A scenario that asks for too much is told so."""
    with pytest.raises(HarnessTrouble, match=r"^the profile small does not describe the operation export$"):
        build(small, "export", {}, credentials=NOBODY)


def test_a_profile_without_its_environment_is_told(small: Profile) -> None:
    """An operation whose variable nobody resolved is our error."""
    operation = small.operations["session"].model_copy(update={"path": "/${GONOGO_OTHER}"})
    profile = small.model_copy(update={"operations": {"session": operation}})
    with pytest.raises(HarnessTrouble, match="needs the environment variable GONOGO_OTHER"):
        build(profile, "session", {}, credentials=NOBODY)


def test_a_member_sends_cookies_and_token(small: Profile) -> None:
    """Cookies go with every request of a member, the CSRF token with unsafe ones only."""
    unsafe = fields(build(small, "send_message", MESSAGE, credentials=ADA))
    safe = fields(build(small, "session", {}, credentials=ADA))
    assert (unsafe["cookie"], unsafe["x-csrf-token"]) == ("sid=1", "token-1")
    assert safe == {"cookie": "sid=1"}


def test_each_credential_can_be_left_out() -> None:
    """A probe differs from its twin in one respect."""
    assert ADA.without_csrf() == Credentials(cookies="sid=1", bearer="key-1")
    assert ADA.with_csrf("x").csrf == "x"
    assert ADA.with_header("Origin", "null").anonymous() == Credentials(headers=(("Origin", "null"),))


def test_extra_fields_replace_ours(small: Profile) -> None:
    """What a scenario sends on purpose wins, whatever its case."""
    credentials = ADA.with_header("COOKIE", "sid=2").with_header("Origin", "https://evil.example")
    sent = build(small, "session", {}, credentials=credentials).headers
    assert sent.all("cookie") == ("sid=2",)
    assert sent.get("origin") == "https://evil.example"


def test_a_store_knows_the_cookies_of_a_url(small: Profile) -> None:
    """A store of cookies sends each where it belongs."""
    store = CookieStore()
    url = "https://chat.example.com/base/me"
    store.update([parse_set_cookie("sid=1; Path=/"), parse_set_cookie("other=2; Path=/elsewhere")], url)
    request = build(small, "session", {}, credentials=Credentials(cookies=store))
    assert request.headers.get("cookie") == "sid=1"


def test_who_is_asking_depends_on_the_operation(small: Profile) -> None:
    """What is for anyone, the operator or the payment service carries no member's credentials."""
    assert fields(build(small, "metrics", {}, credentials=ADA)) == {"authorization": "Bearer operator-only-for-tests"}
    webhook = build(small, "payment_webhook", {"id": "evt_1"}, credentials=ADA)
    assert fields(webhook) == {"content-type": "application/json"}


def test_a_key_or_token_is_sent_as_the_profile_says(load: Load, text: str) -> None:
    """A bearer goes in its header with its prefix, next to no cookie of ours."""
    bearer = 'session: bearer\n  bearer: {header: X-Key, prefix: "Key "}\n  session_source: ["json:/t"]'
    profile = load(text.replace('session: cookie\n  session_source: ["cookie:sid"]', bearer))
    assert fields(build(profile, "session", {}, credentials=Credentials(bearer="k"))) == {"x-key": "Key k"}


def test_a_cookie_target_gets_no_bearer(small: Profile) -> None:
    """Where a cookie is the session, nothing else is sent for it."""
    assert "authorization" not in build(small, "session", {}, credentials=ADA).headers


def test_a_gateway_gets_its_fields(load: Load, text: str) -> None:
    """What a gateway wants goes with every request."""
    profile = load(text.replace("name: small", 'name: small\naccess: {headers: {X-Gateway: "g ${GONOGO_PASSWORD}"}}'))
    assert build(profile, "metrics", {}, credentials=NOBODY).headers.get("x-gateway") == "g pass-{email}-word"


def token_as(load: Load, text: str, how: str) -> Profile:
    """Load the small profile with the token sent in another way."""
    return load(text.replace("send_as: header, name: X-CSRF-Token", f"send_as: {how}, name: _token"))


def test_a_token_goes_into_a_form(load: Load, text: str) -> None:
    """A form and a multipart body have the token as a field; a request without a body gets a form for it."""
    profile = token_as(load, text, "form-field")
    variables = {"email": "a", "password": "b", "filename": "f", "content": "c"}
    assert build(profile, "signin", variables, credentials=ADA).body == b"username=a&password=b&_token=token-1"
    assert parts_of(build(profile, "upload", variables, credentials=ADA))[0] == ("_token", None, None, b"token-1")
    bare = profile.operations["signin"].model_copy(update={"form": None})
    empty = profile.model_copy(update={"operations": {"signin": bare}})
    assert build(empty, "signin", {}, credentials=ADA).body == b"_token=token-1"
    assert build(empty, "signin", {}, credentials=ADA.without_csrf()).body == b""


def test_a_token_goes_into_json(load: Load, text: str) -> None:
    """A JSON object has the token as a member; a request without a body gets an object for it."""
    profile = token_as(load, text, "json-field")
    assert json.loads(build(profile, "send_message", MESSAGE, credentials=ADA).body)["_token"] == "token-1"
    bare = profile.operations["signin"].model_copy(update={"form": None})
    empty = profile.model_copy(update={"operations": {"signin": bare}})
    assert build(empty, "signin", {}, credentials=ADA).body == b'{"_token":"token-1"}'


@pytest.mark.parametrize(
    ("how", "operation", "body", "kind"),
    [
        ("form-field", "send_message", {}, "JSON"),
        ("json-field", "upload", {}, "in parts"),
        ("json-field", "send_message", {"json_body": ["x"]}, "no JSON object"),
    ],
)
def test_a_token_without_a_place_is_told(
    load: Load, text: str, how: str, operation: str, body: dict[str, Any], kind: str
) -> None:
    """A body that cannot carry the token is a mistake in the profile, told by name."""
    profile = token_as(load, text, how)
    changed = profile.operations[operation].model_copy(update=body)
    profile = profile.model_copy(update={"operations": {operation: changed}})
    with pytest.raises(
        HarnessTrouble, match=f"^the body of {operation} is {kind}, and cannot carry the field '_token'$"
    ):
        build(profile, operation, MESSAGE | {"filename": "f"}, credentials=ADA)


def test_each_origin_is_used(load: Load, text: str) -> None:
    """Events go to the webhook's origin, pages to the UI's, and both default to the API's."""
    origins = 'api: "https://chat.example.com"\n  ui: "https://ui.example.com"\n  webhook: "https://hooks.example.com/"'
    changed = text.replace('api: "https://chat.example.com/base"', origins)
    profile = load(changed.replace("path: /form,", "path: /form, origin: ui,"))
    hook = build(profile, "payment_webhook", {"id": "1"}, credentials=NOBODY)
    assert hook.url == "https://hooks.example.com/hooks"
    assert build(profile, "csrf_token", {}, credentials=NOBODY).url == "https://ui.example.com/form"
    assert build(profile, "session", {}, credentials=NOBODY).url == "https://chat.example.com/me"


def test_the_variables_of_an_operation_are_known(small: Profile) -> None:
    """An operation tells what it needs, in order, each once."""
    assert variables_of(small, "send_message") == ("conversation_id", "content", "tags")
    assert variables_of(small, "signin") == ("email", "password")
    assert variables_of(small, "upload") == ("filename", "content")
    assert variables_of(small, "health") == ("deep", "probe")


def test_what_is_not_there_is_not_captured(load: Load, text: str, answer: Answer) -> None:
    """A capture keeps what it found."""
    profile = load(text.replace("path: /me", 'path: /me, capture: {id: "json:/id", gone: "json:/gone"}', 1))
    assert capture(profile.operations["session"], answer(b'{"id":7}')) == {"id": "7"}
