"""Whatever is wrong with a profile is one sentence with file, line and key."""

# ruff: noqa: E501  a table is read a mistake a line

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gonogo.profile import Profile, load_profile
from gonogo.trouble import UsageError

Load = Callable[..., Profile]
HEALTH = "  health: {method: GET, path: /health"
ONE_MORE = "  more: {method: GET, path: /more, expect: [200]"


def sentence(load: Load, *args: object, **overrides: object) -> str:
    """Return the one sentence with which loading ends."""
    with pytest.raises(UsageError) as error:
        load(*args, **overrides)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        # Keys
        ("operations:", "operatons:", 15, "unknown key 'operatons' in the profile; did you mean 'operations'?"),
        ("method: GET, path: /me", "methd: GET, path: /me", 22, "unknown key 'methd' in operations.session; did you mean 'method'?"),
        ("json: {id", "jsno: {id", 29, "unknown key 'jsno' in operations.payment_webhook; did you mean 'json'?"),
        ("window_s: 60", "window: 60", 43, "unknown key 'window' in promises.limits[0]; did you mean 'window_s'?"),
        ("{pointer: /text}", "{zzz: 1, pointer: /text}", 39, "unknown key 'zzz' in stream.delta; known are event, pointer"),
        ("ttft_p95_s: 1.5", "ttft_p95: 1.5", 45, "unknown key 'ttft_p95' in promises.slo; did you mean 'ttft_p95_s'?"),
        ("name: small\n", "", 1, "the key 'name' is missing in the profile"),
        ("method: GET, path: /me", "path: /me", 22, "the key 'method' is missing in operations.session"),
        ("name: small", "name: small\nname: big", 2, "the key 'name' is twice in the profile, first in line 1"),
        ("name: small", "name: small\n7: x", 2, "a key in the profile is no text; put it in quotes"),
        ("name: small", "name: small\n[a]: x", 2, "a key in the profile is no text; put it in quotes"),
        ("name: small", "name: small\n'a\\e[2J': x", 2, "unknown key 'a\\e[2J' in the profile; known are"),
        ("name: small", 'name: small\n"a\\e[2J": x', 2, "unknown key 'a?[2J' in the profile; known are"),
        # Types
        ("requests: 100", 'requests: "100"', 43, "promises.limits[0].requests should be a whole number, not '100'"),
        ("requests: 100", "requests: 0", 43, "promises.limits[0].requests should be greater than 0, not 0"),
        ("requests: 100", "requests: yes", 43, "promises.limits[0].requests should be a whole number, not true"),
        ("1.5", ".inf", 45, "promises.slo.ttft_p95_s should be a number that ends, not .inf"),
        ("name: small", "name: [small]", 1, "name should be a text, in quotes if need be, not a list"),
        ("name: small", "name:", 1, "name should be a text, in quotes if need be, not nothing"),
        ("name: small", "name: {a: b}", 1, "name should be a text, in quotes if need be, not a mapping"),
        ("public: [signin, health]", "public: signin", 37, "public should be a list, not 'signin'"),
        ("public: [signin, health]", "public: [1]", 37, "public[0] should be a text, in quotes if need be, not 1"),
        ("expect: [200]}\n  send", "expect: [ok]}\n  send", 22, "operations.session.expect[0] should be a whole number, not 'ok'"),
        ("expect: [200]}\n  send", "expect: []}\n  send", 22, "operations.session.expect should be "),
        ("session: cookie", "session: cookies", 5, "identity.session should be 'cookie', 'bearer' or 'api-key', not 'cookies'; did you mean 'cookie'?"),
        ("method: GET, path: /me", "method: get, path: /me", 22, "operations.session.method should be 'GET', 'HEAD', 'POST'"),
        ('operations: "*"', "operations: signin", 43, "promises.limits[0].operations should be '*' or a list, not 'signin'"),
        ("stream:\n  delta: {pointer: /text}\n  end: {event: end}", "stream: 5", 38, "stream should be a mapping, not 5"),
        # Texts with a meaning
        ('"https://chat.example.com/base"', '"ftp://chat.example.com"', 3, "origins.api: this is no URL to send requests to; write http:// or https://, a host, and a port if need be"),
        ('"https://chat.example.com/base"', '"https://ada:pw@chat.example.com"', 3, "origins.api: this must be a plain URL, without a password, '?' or '#'"),
        ("name: small", "name: small\nconnect_to: nowhere", 2, "connect_to: this is no address; write host:port, such as '127.0.0.1:1025'"),
        ("name: small", "name: small\nconnect_to: a:99999", 2, "connect_to: this is no address"),
        ("html:csrf", "htlm:csrf", 11, "csrf.source: 'htlm:csrf' is no source; write json:…"),
        ("path: /me", "path: me", 22, "operations.session.path: this must be a path that starts with '/'"),
        ("path: /me", 'path: "/me?x=1"', 22, "operations.session.path: this must be a path that starts with '/'"),
        ("path: /me", 'path: /me, capture: {a-b: "json:/a"}', 22, "operations.session.capture.a-b: 'a-b' cannot name a variable"),
        ("path: /me", "path: /me, json: {}, form: {}", 22, "operations.session: this has more than one body; keep one of json, form and multipart"),
        ("{event: end}", "{}", 40, "stream.end: "),
        # Members
        ('    - {email: bob@example.com, password: "${GONOGO_PASSWORD}"}\n', "", 4, "identity: sign_up: accounts needs 2 accounts at least"),
        ("{email: bob@example.com, ", "{", 4, "identity: with session: cookie, each of the accounts needs email and password"),
        ("session: cookie", "session: api-key", 4, "identity: with session: api-key, each of the accounts needs api_key"),
        ('session: cookie\n  session_source: ["cookie:sid"]', "session: bearer", 4, "identity: session: bearer needs a session_source"),
        ("sign_up: accounts\n", "sign_up: harness\n", 7, "identity.sign_up: harness needs the operation signup; without it, use accounts"),
        # Between the parts
        ("public: [signin, health]", "public: [sigin]", 37, "public[0] names 'sigin', which operations does not describe; did you mean 'signin'?"),
        ("fetch: csrf_token", "fetch: token", 11, "csrf.fetch names 'token', which operations does not describe"),
        ("unlimited: [health]", "unlimited:\n    - health\n    - helth", 46, "promises.unlimited[1] names 'helth', which operations does not describe; did you mean 'health'?"),
        ('operations: "*"', "operations: [sign]", 43, "promises.limits[0].operations[0] names 'sign', which operations does not describe; did you mean 'signin'?"),
        ("  exports: none\n", "", 15, "export is neither described in operations nor given a reason in absent"),
        ("  tracker: none\n", "", 1, 'the profile has no tracker, and absent gives no reason; write absent: {tracker: "why"}'),
        ("exports: none", "exprots: none", 56, "unknown capability 'exprots' in absent; did you mean 'exports'?"),
        ("exports: none", "exports: ' '", 56, "absent.exports has no reason"),
        ("exports: none", "exports: none\n  upload: none", 57, "absent.upload says that it is absent, but the profile describes it"),
        ("stream:\n  delta: {pointer: /text}\n  end: {event: end}\n", "", 28, "operations.send_message streams; add the section stream"),
        ('operator:\n  headers: {Authorization: "Bearer ${GONOGO_OPERATOR_TOKEN}"}\n', "", 33, "operations.metrics is for the operator; add the section operator"),
        ('payment: {mode: signed-event, secret: "${GONOGO_WEBHOOK_SECRET}"}', "payment: {mode: absent}", 29, "operations.payment_webhook is signed; add the section payment"),
        (', secret: "${GONOGO_WEBHOOK_SECRET}"', "", 12, "payment: mode: signed-event needs a secret, such as ${GONOGO_WEBHOOK_SECRET}"),
        ("name: small", "name: small\nenvironments: {a: {hosts: [X]}, b: {hosts: [x]}}", 2, "the host 'x' is in two environments, a and b"),
        ("name: small", "name: small\npolicy: {slos: {}}", 2, "unknown key 'slos' in policy; bounds are promised in promises.slo"),
        ("name: small", "name: small\npolicy: []", 2, "policy should be a mapping, not a list"),
        ("name: small", "name: small\ntls: {ca_file: nowhere.pem}", 2, "tls.ca_file: there is no file 'nowhere.pem'"),
        # What would disarm a check
        ("session: cookie", "session: cookie\n  reject_statuses: [200]", 6, "identity.reject_statuses[0] is 200, which is no refusal; write statuses of 300 to 499, and not 429"),
        ("session: cookie", "session: cookie\n  reject_statuses: [401, 500]", 6, "identity.reject_statuses[1] is 500, which is no refusal"),
        ("session: cookie", "session: cookie\n  reject_statuses: [429]", 6, "identity.reject_statuses[0] is 429, which is no refusal"),
        ("name: X-CSRF-Token}", "name: X-CSRF-Token, reject_statuses: [403, 200]}", 11, "csrf.reject_statuses[1] is 200, which is no refusal"),
        ("name: X-CSRF-Token}", "name: X-CSRF-Token, reject_statuses: []}", 11, "csrf.reject_statuses is empty, so that nothing would count as a refusal"),
        ("path: /me, expect: [200]", "path: /me, expect: [200, 401]", 22, "operations.session.expect[1] is 401, which refuses the session that the operation needs"),
        ("path: /me, expect: [200]", "path: /me, expect: [403]", 22, "operations.session.expect[0] is 403, which refuses the session that the operation needs"),
        ("path: /me, expect: [200]", "path: /me, expect: [200, 429]", 22, "operations.session.expect[1] is 429, which is no good answer"),
        ("path: /me, expect: [200]", "path: /me, expect: [200, 503]", 22, "operations.session.expect[1] is 503, which is no good answer"),
        ('operations: "*"', "operations: []", 43, "promises.limits[0].operations is empty, so that the limit counts nothing"),
        # Real money
        ("livemode: false", "livemode: true", 29, "operations.payment_webhook.json.livemode is true; only test payments are ever made, so write livemode: false"),
        ("livemode: false", 'a: [{livemode: "True"}]', 29, "operations.payment_webhook.json.a[0].livemode is true"),
        ("livemode: false", 'key: "sk_live_abc"', 29, "this is a live payment key; only test payments are ever made"),
        # Variables
        ("name: small", "name: ${NOWHERE}", 1, "name needs the environment variable NOWHERE, which is not set"),
        ("path: /me", 'path: "${NOWHERE}/me"', 22, "operations.session.path needs the environment variable NOWHERE, which is not set"),
        ("name: small", "name: ${not-a-name}", 1, "name has a '${' that no variable's name and '}' follow"),
        # YAML
        ("name: small", "name: small\n\tx: 1", 2, "this is no YAML: found character '\\t' that cannot start any token"),
        ("name: small", "name: 'small", 65, "this is no YAML: "),
        ("name: small", "name: &a small\ntitle: *a", 2, "'*a' is an alias; write the value out"),
        ("name: small", "name: !!python/name:os.system small", 1, "name has the tag 'tag:yaml.org,2002:python/name:os.system'; write a plain value"),
        ("name: small", "name: !!int small", 1, "name is not the int it claims to be"),
        ("name: small", "name: !!bool small", 1, "name is not the bool it claims to be"),
        ("name: small", "name: !!set {a}", 1, "name has the tag 'tag:yaml.org,2002:set'; write a plain value"),
        ("name: small", "name: small\n---\nname: two", 2, "this is no YAML: but found another document"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(load: Load, text: str, old: str, new: str, line: int, expected: str) -> None:
    """The sentence names the file, the line, the key and the way out."""
    assert old in text
    assert sentence(load, text.replace(old, new, 1)).startswith(f"profiles/x.yaml line {line}: {expected}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "a profile is a mapping of keys to values, but the file is empty"),
        (b"# only a comment\n", "a profile is a mapping of keys to values, but the file is empty"),
        (b"- a\n- b\n", "a profile is a mapping of keys to values, but the file holds a list"),
        (b"hello", "a profile is a mapping of keys to values, but the file holds a single value"),
        (b"\x00\x01\x02", "this is no YAML text; it holds a character that YAML does not allow"),
        (b"\x89PNG\r\n\x1a\n", "this is no text in UTF-8"),
        (b"[" * 1_000 + b"]" * 1_000, "the file is nested too deeply to be a profile"),
        (b"a" * 200_001, "the file has 200001 bytes; a profile has 200000 at most"),
    ],
    ids=["empty", "comment", "list", "scalar", "control", "png", "nested", "large"],
)
def test_a_file_that_is_no_profile(folder: Path, content: bytes, expected: str) -> None:
    """Nonsense, however it looks, is one sentence."""
    (folder / "x.yaml").write_bytes(content)
    with pytest.raises(UsageError) as error:
        load_profile("x.yaml", {})
    assert str(error.value) == f"x.yaml: {expected}"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nowhere.yaml", "nowhere.yaml: the file cannot be read: No such file or directory"),
        ("profiles/", "profiles/: this is a directory; name the profile's file"),
        ("./a\0b", "./a?b: the file cannot be read: "),
        ("referense", "there is no profile 'referense' in profiles/; did you mean 'reference'?"),
        ("zzz\x1b[2J", "there is no profile 'zzz?[2J' in profiles/"),
    ],
)
def test_a_file_that_is_not_there(path: str, expected: str) -> None:
    """A wrong path or name is told, with the nearest name."""
    with pytest.raises(UsageError) as error:
        load_profile(path, {})
    assert str(error.value).startswith(expected)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("chat.example.com", "'chat.example.com'"),
        ("", "''"),
        ("https://", "'https://'"),
        ("https://a:b", "'https://a:b'"),
        ("https://a:0/", "'https://a:0/'"),
        ("https://a b/", "'https://a b/'"),
        ("https://a/\n", "'https://a/?'"),
        ("https://[::1", "'https://[::1'"),
        ("https://${HOME}/", "'https://${HOME}/'"),
        ("javascript:alert(1)", "'javascript:alert(1)'"),
    ],
)
def test_a_wrong_base_url_is_one_sentence(load: Load, url: str, shown: str) -> None:
    """The base URL of the command line is refused in the same words."""
    expected = "this is no URL to send requests to; write http:// or https://, a host, and a port if need be"
    assert sentence(load, base_url=url) == f"the base URL {shown}: {expected}"


def test_a_base_url_with_a_password_is_not_repeated(load: Load) -> None:
    """A password on the command line is not printed again."""
    said = sentence(load, base_url="https://ada:geheim@chat.example.com")
    assert said == "the base URL with a password: this must be a plain URL, without a password, '?' or '#'"


def test_an_unknown_environment_is_one_sentence(load: Load) -> None:
    """An environment is known to the profile, or it is production."""
    assert sentence(load, environment="prodution") == (
        "the profile small has no environment 'prodution'; did you mean 'production'?"
    )


def test_a_live_key_in_the_environment_is_refused(load: Load, secrets: dict[str, str]) -> None:
    """A live key is refused wherever it comes from, and is not printed."""
    said = sentence(load, environ=secrets | {"GONOGO_WEBHOOK_SECRET": "rk_live_51abc"})
    assert said == "profiles/x.yaml line 12: this is a live payment key; only test payments are ever made"


def test_an_empty_variable_is_not_set(load: Load, secrets: dict[str, str]) -> None:
    """An empty secret would sign anything: it counts as missing."""
    said = sentence(load, environ=secrets | {"GONOGO_WEBHOOK_SECRET": ""})
    assert said.endswith("payment.secret needs the environment variable GONOGO_WEBHOOK_SECRET, which is not set")


def test_a_wrong_secret_is_shown_by_name(load: Load, text: str, secrets: dict[str, str]) -> None:
    """What a variable holds stays out of the sentence about it."""
    said = sentence(load, text.replace("session: cookie", 'session: "${GONOGO_PASSWORD}"'))
    assert "not '${GONOGO_PASSWORD}'" in said
    assert secrets["GONOGO_PASSWORD"] not in said


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(), st.text().map(str.encode), st.text(":-{}[]\"'*&!|>%@# \nab0", max_size=40).map(str.encode)
    )
)
def test_no_file_breaks_the_reader(folder: Path, content: bytes) -> None:
    """Whatever a file holds, it ends in one sentence."""
    (folder / "x.yaml").write_bytes(content)
    with pytest.raises(UsageError) as error:
        load_profile("x.yaml", {})
    assert str(error.value).isprintable()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_line_breaks_the_reader(load: Load, text: str, data: st.DataObject) -> None:
    """A profile with one line gone, doubled or spoilt loads, or ends in one sentence."""
    lines = text.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    spoilt = data.draw(
        st.sampled_from(["", lines[index] * 2, lines[index][:-1], lines[index].replace(":", ""), "x: 1", "  x: [1"])
    )
    try:
        load("\n".join([*lines[:index], spoilt, *lines[index + 1 :]]))
    except UsageError as error:
        assert str(error).isprintable()  # noqa: PT017  it may also load
