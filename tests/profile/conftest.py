"""A small profile to change one line of, and answers to read."""

# ruff: noqa: E501  tests name the small profile's lines: one a mapping

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gonogo.cookies import parse_set_cookie
from gonogo.exchange import Exchange, Headers, Request
from gonogo.profile import Profile, load_profile

SECRETS = {
    "GONOGO_WEBHOOK_SECRET": "whsec_only-for-tests",
    "GONOGO_OPERATOR_TOKEN": "operator-only-for-tests",
    "GONOGO_PASSWORD": "pass-{email}-word",
}
SMALL = """\
name: small
origins:
  api: "https://chat.example.com/base"
identity:
  session: cookie
  session_source: ["cookie:sid"]
  sign_up: accounts
  accounts:
    - {email: ada@example.com, password: "${GONOGO_PASSWORD}"}
    - {email: bob@example.com, password: "${GONOGO_PASSWORD}"}
csrf: {fetch: csrf_token, source: "html:csrf", send_as: header, name: X-CSRF-Token}
payment: {mode: signed-event, secret: "${GONOGO_WEBHOOK_SECRET}"}
operator:
  headers: {Authorization: "Bearer ${GONOGO_OPERATOR_TOKEN}"}
operations:
  signin:
    method: POST
    path: /login
    form: {username: "{email}", password: "{password}"}
    expect: [200]
  csrf_token: {method: GET, path: /form, expect: [200]}
  session: {method: GET, path: /me, expect: [200]}
  send_message:
    method: POST
    path: "/c/{conversation_id}"
    json: {content: "{content}", options: {tags: "{tags}"}, note: "about {content}", n: 1}
    expect: [200]
    streams: true
  payment_webhook: {method: POST, path: /hooks, json: {id: "{id}", livemode: false}, expect: [200], credential: signature}
  upload:
    method: POST
    path: /files
    multipart: {file: {filename: "{filename}", content: "{content}", type: text/plain}, kind: {content: note}}
    expect: [201]
  metrics: {method: GET, path: /metrics, expect: [200], credential: operator}
  health: {method: GET, path: /health, query: {deep: "{deep}"}, headers: {X-Probe: "{probe}"}, expect: [200], credential: none}
public: [signin, health]
stream:
  delta: {pointer: /text}
  end: {event: end}
promises:
  limits:
    - {name: api, requests: 100, window_s: 60, scope: user, operations: "*"}
  unlimited: [health]
  slo: {ttft_p95_s: 1.5}
absent:
  sign_up: members are given
  refresh: sessions do not end
  signout: sessions do not end
  conversations: there is only one
  stop_message: answers are short
  payments: one plan for all
  projects: none
  settings: none
  preview: files are not shown
  exports: none
  health_live: one health endpoint
  health_ready: one health endpoint
  metrics_providers: one provider
  metrics_usage: not counted
  metrics_system: not measured
  trigger_error: cannot be asked for
  tracker: none
  build: not told
"""

Load = Callable[..., Profile]
Answer = Callable[..., Exchange]


@pytest.fixture
def text() -> str:
    """The small profile as it is written."""
    return SMALL


@pytest.fixture
def secrets() -> dict[str, str]:
    """The environment that the small profile needs."""
    return dict(SECRETS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with a folder for profiles."""
    (tmp_path / "profiles").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def load(folder: Path) -> Load:
    """Load the small profile, or another text, from `profiles/x.yaml`."""

    def loaded(written: str = SMALL, environ: dict[str, str] = SECRETS, **overrides: Any) -> Profile:  # noqa: ANN401  passed on
        (folder / "profiles" / "x.yaml").write_text(written, encoding="utf-8")
        return load_profile("profiles/x.yaml", environ, **overrides)

    return loaded


@pytest.fixture
def small(load: Load) -> Profile:
    """The small profile."""
    return load()


@pytest.fixture
def answer() -> Answer:
    """Make an answer."""

    def made(body: bytes = b"", headers: tuple[tuple[str, str], ...] = (), status: int = 200) -> Exchange:
        return Exchange(
            id="one",
            person="ada",
            request=Request(operation="x", method="GET", url="https://chat.example.com/"),
            status=status,
            headers=Headers(headers),
            body=body,
            cookies=tuple(parse_set_cookie(value) for name, value in headers if name == "Set-Cookie"),
        )

    return made
