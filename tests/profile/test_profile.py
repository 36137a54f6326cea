"""A profile says what its target offers, where it runs, and never what a secret is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from gonogo.capabilities import STANDARD
from gonogo.check import Effects
from gonogo.profile import Profile, load_profile
from gonogo.section import Section
from gonogo.trouble import HarnessTrouble

Load = Callable[..., Profile]
PROFILES = Path(__file__).parents[2] / "profiles"
ENVIRONMENTS = """name: small
environments:
  local: {hosts: [LOCALHOST, "::1"], allow: [read, hostile]}
  staging: {}
  shop: {allow: [money]}
"""
KEYS = {"GONOGO_API_KEY_1": "key-of-the-first", "GONOGO_API_KEY_2": "key-of-the-second", "GONOGO_MODEL": "tiny"}
ACCOUNTS = {
    f"GONOGO_{name}_{number}": f"{name.lower()}-{number}@example.com"
    for name in ("EMAIL", "PASSWORD")
    for number in (1, 2)
}


@pytest.mark.parametrize("name", sorted(file.stem for file in PROFILES.glob("*.yaml")))
def test_our_profiles_are_sound(name: str, secrets: dict[str, str]) -> None:
    """Every profile of this project loads by its name."""
    assert load_profile(name, secrets | KEYS | ACCOUNTS).path == PROFILES / f"{name}.yaml"


def test_the_reference_service_offers_everything(secrets: dict[str, str]) -> None:
    """The reference profile leaves no standard capability out, and nothing that a profile can promise."""
    profile = load_profile("reference", secrets)
    promised = [f"promises.{name}" for name in type(profile.promises).model_fields]
    means = [f"means.{name}" for name in type(profile.means).model_fields]
    needs = [*STANDARD, "https", "session-cookie", *promised, *means]
    assert [need for need in needs if profile.missing(need)] == []


def test_a_name_is_looked_up_where_one_stands(folder: Path, text: str, secrets: dict[str, str]) -> None:
    """A name means the file in the current folder's `profiles/`, before ours."""
    (folder / "profiles" / "reference.yaml").write_text(text, encoding="utf-8")
    profile = load_profile("reference", secrets)
    assert (profile.name, profile.path) == ("small", folder / "profiles" / "reference.yaml")


def test_every_key_is_described() -> None:
    """Each key of a profile has a description."""
    fields = [
        (section.__name__, name, field.description)
        for section in Section.__subclasses__()
        for name, field in section.model_fields.items()
    ]
    assert len(fields) > 100
    assert [field for field in fields if not field[-1]] == []


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        ("signin", None),
        ("csrf", None),
        ("payment", None),
        ("operator", None),
        ("https", None),
        ("session-cookie", None),
        ("promises.limits", None),
        ("promises.limits.api", None),
        ("promises.slo.ttft_p95_s", None),
        ("mail", "members are given"),
        ("signup", "members are given"),
        ("export", "none"),
        ("tracker", "none"),
        ("build", "not told"),
        ("means.slow_prompt", "the profile names no means.slow_prompt"),
        ("promises.limits.auth", "the profile names no promises.limits.auth"),
        ("promises.headers.csp", "the profile names no promises.headers.csp"),
        ("promises.plans.price", "the profile names no promises.plans.price"),
        ("promises.formats.pdf", "the profile names no promises.formats.pdf"),
        ("something_else", "the profile describes no something_else"),
    ],
)
def test_what_is_missing_has_a_reason(small: Profile, need: str, reason: str | None) -> None:
    """A need is met, or the declared reason is given."""
    assert small.missing(need) == reason


@pytest.mark.parametrize("need", ["means.slo_prompt", "promises.slo.ttft", "promise.limits", "means.fail_prompt.x.y"])
def test_a_misspelt_need_is_our_error(load: Load, text: str, need: str) -> None:
    """A need that no profile can meet is a mistake of ours, and never a skip."""
    profile = load(text + "means: {fail_prompt: fail}\n")
    with pytest.raises(HarnessTrouble, match=f"^{need} is nothing that a profile can offer$"):
        profile.missing(need)


def test_a_declared_reason_explains_missing_means(load: Load, text: str) -> None:
    """A reason can be given for means and promises too."""
    profile = load(text + "  means.slow_prompt: the model is always fast\n")
    assert profile.missing("means.slow_prompt") == "the model is always fast"


def test_a_bearer_target_over_http_says_so(load: Load, text: str) -> None:
    """Without TLS or a session cookie, what needs them has its reason."""
    plain = text.replace("https:", "http:").replace(
        'session: cookie\n  session_source: ["cookie:sid"]', 'session: bearer\n  session_source: ["json:/token"]'
    )
    profile = load(plain)
    assert profile.missing("https") == "the target is met over plain http"
    assert profile.missing("session-cookie") == "no cookie carries the session"
    assert profile.identity.session_cookies == ()


@pytest.mark.parametrize(
    ("url", "named", "environment", "allowed"),
    [
        ("https://chat.example.com", None, "production", {"read", "own-data"}),
        ("https://localhost:8443", None, "local", {"read", "hostile"}),
        ("https://[::1]:8443", None, "local", {"read", "hostile"}),
        ("https://localhost", "staging", "staging", {"read", "own-data"}),
        ("https://localhost", "production", "production", {"read", "own-data"}),
        ("https://chat.example.com", "shop", "shop", {"money"}),
    ],
)
def test_an_environment_allows(
    load: Load, text: str, url: str, named: str | None, environment: str, allowed: set[str]
) -> None:
    """The environment is the named one, or the one of the URL's host, or production."""
    profile = load(text.replace("name: small\n", ENVIRONMENTS), base_url=url, environment=named)
    assert profile.environment == environment
    assert {effects for effects in Effects if profile.allows(effects)} == allowed


def test_production_may_say_more(load: Load, text: str) -> None:
    """What a profile allows in production counts there."""
    profile = load(text.replace("name: small", "name: small\nenvironments: {production: {allow: [read, burst]}}"))
    assert [profile.allows(name) for name in ("read", "own-data", "burst")] == [True, False, True]


def test_the_command_line_wins(load: Load, text: str, tmp_path: Path) -> None:
    """The base URL and the authorities of the command line take the place of the file's."""
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    profile = load(
        text.replace("https://chat.example.com/base", "${NOWHERE}"),
        base_url="http://127.0.0.1:1/",
        ca_file=tmp_path / "ca.pem",
    )
    assert profile.origins.api == "http://127.0.0.1:1"
    assert profile.tls.ca_file == str(tmp_path / "ca.pem")
    assert profile.met_from_loopback


def test_a_remote_target_is_not_met_from_loopback(small: Profile) -> None:
    """Only a target on this machine is met from several addresses."""
    assert not small.met_from_loopback


def test_the_policy_knows_the_bounds(small: Profile) -> None:
    """What is promised is what is decided by."""
    assert small.policy.slos == small.slo == small.promises.slo
    assert small.slo.ttft_p95_s == 1.5


def test_secrets_are_known_by_name(small: Profile, secrets: dict[str, str]) -> None:
    """The profile hands out each variable that the file used, and what it used it for."""
    assert small.secrets == secrets
    assert small.payment is not None
    assert small.payment.secret == secrets["GONOGO_WEBHOOK_SECRET"]
    assert small.operator is not None
    assert small.operator.headers == {"Authorization": f"Bearer {secrets['GONOGO_OPERATOR_TOKEN']}"}
    assert {account.password for account in small.identity.accounts} == {secrets["GONOGO_PASSWORD"]}


def test_only_used_variables_are_secrets(load: Load, secrets: dict[str, str]) -> None:
    """The rest of the environment is none of the profile's business."""
    assert "HOME" not in load(environ=secrets | {"HOME": "/home/ada"}).secrets


def test_nothing_that_is_shown_holds_a_secret(load: Load, text: str, secrets: dict[str, str]) -> None:
    """Neither the profile nor a section of it shows a secret, wherever it was written."""
    profile = load(text.replace("name: small", 'name: "small ${GONOGO_PASSWORD}"'))
    sections = [profile.payment, profile.operator, profile.identity, profile.operations]
    shown = [repr(profile), str(profile), profile.model_dump_json(), repr(profile.model_dump())]
    shown += [repr(section) + str(section) for section in sections]
    shown += [section.model_dump_json() for section in sections if isinstance(section, BaseModel)]
    assert [value for value in secrets.values() for seen in shown if value in seen] == []
    assert profile.model_dump()["name"] == "small ${GONOGO_PASSWORD}"


def test_a_secret_is_masked_whole(load: Load, text: str, secrets: dict[str, str]) -> None:
    """A secret that holds another one does not show its rest."""
    longer = {"LONGER": f"{secrets['GONOGO_PASSWORD']}-and-more"}
    profile = load(text.replace("name: small", 'name: small\ntitle: "${LONGER}"'), environ=secrets | longer)
    assert profile.model_dump()["title"] == "${LONGER}"


def test_a_policy_is_left_to_the_shell(load: Load, text: str) -> None:
    """A rollback command keeps its variables: it is the user's shell that knows them."""
    profile = load(text + 'policy: {rollback: {command: "docker compose --tag ${TAG} up"}}\n')
    assert profile.policy.rollback.command == "docker compose --tag ${TAG} up"


def test_scalars_are_taken_as_they_look(load: Load, text: str) -> None:
    """A date is a text, and JSON bodies keep numbers, truth and nothing."""
    profile = load(text.replace("n: 1}", "n: [1, 1.5, true, null, 2026-01-01, ~]}"))
    assert profile.operations["send_message"].json_body["n"] == [1, 1.5, True, None, "2026-01-01", None]


def test_a_profile_does_not_change(small: Profile) -> None:
    """Nobody changes a profile on the way."""
    with pytest.raises(ValueError, match="frozen"):
        small.name = "other"  # type: ignore[misc]  # that it cannot is the point


def test_a_byte_order_mark_is_no_key(folder: Path, text: str, secrets: dict[str, str]) -> None:
    """A file from an editor that marks UTF-8 is read."""
    (folder / "x.yaml").write_text(text, encoding="utf-8-sig")
    assert load_profile(folder / "x.yaml", secrets).name == "small"


def test_the_dump_is_json(small: Profile) -> None:
    """What a profile shows of itself can be written down."""
    assert json.loads(small.model_dump_json())["promises"]["limits"][0]["name"] == "api"
