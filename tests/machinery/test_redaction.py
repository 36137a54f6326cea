"""The vault hides every secret, however it is spelled."""

import base64
import html
import json
import secrets
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gonogo.redaction import SHORTEST, Vault
from gonogo.trouble import HarnessTrouble

SECRET = "s3cr'et <\"/&+=%\\> é😀\n_~"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON with letters kept": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON with slashes escaped": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON for a page": lambda text: json.dumps(text)[1:-1].replace("<", "\\u003C").replace("&", "\\u0026"),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[3:-3],
    "URL": lambda text: quote(text, safe=""),
    "URL path": quote,
    "URL with small digits": lambda text: (
        "".join(f"%{byte:02x}" if byte < 48 else chr(byte) for byte in text.encode()) if text.isascii() else quote(text)
    ),
    "form": quote_plus,
    "URL in a URL": lambda text: quote(quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "HTML without quotes": lambda text: html.escape(text, quote=False),
    "HTML by numbers": lambda text: "".join(char if char.isalnum() else f"&#{ord(char)};" for char in text),
    "HTML by sixteens": lambda text: "".join(char if char.isalnum() else f"&#x{ord(char):X};" for char in text),
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "JSON in HTML": lambda text: html.escape(json.dumps(text)[1:-1]),
    "JSON in a URL": lambda text: quote(json.dumps(text)[1:-1], safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one byte": lambda text: base64.b64encode(b"x" + text.encode() + b"yz").decode(),
    "base64 after two bytes": lambda text: base64.b64encode(b"xy" + text.encode() + b"z").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()).decode(),
    "base64 in a URL": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
}

texts = st.text(max_size=60)
values = st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST, max_size=30)


def vault_of(*values: str) -> Vault:
    """A vault with these secrets, named A, B, C."""
    vault = Vault()
    for name, value in zip("ABC", values, strict=False):
        vault.add(value, name)
    return vault


def test_secrets_that_begin_alike_do_not_hide_each_other() -> None:
    """Where the beginnings of two secrets both fit, because of an escape, the right one is found."""
    vault = Vault()
    vault.add('abcde\\"first', "A")
    vault.add('abcde"second', "B")
    assert vault.found_in(json.dumps('abcde"second')) == ["B"]
    assert vault.found_in(json.dumps('abcde\\"first')) == ["A"]


def test_many_secrets_are_found() -> None:
    """However many there are, and whenever one is added, all are looked for."""
    vault = Vault()
    for number in range(60):
        vault.add(f"{number:06}-secret", f"S{number:02}")
        assert vault.found_in(f"x {number:06}-secret y 000000-secret") == sorted({"S00", f"S{number:02}"})


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_hidden(spelling: str) -> None:
    """A secret of awkward characters is found and hidden in each spelling."""
    spelled = SPELLINGS[spelling](SECRET)
    vault = vault_of(SECRET)
    assert vault.found_in(f"before {spelled} after") == ["A"]
    assert vault.found_in(f"before {spelled} after".encode()) == ["A"]
    hidden = vault.redact(f"before {spelled} after")
    assert hidden.startswith("before ")
    assert hidden.endswith(" after")
    assert "$A" in hidden
    assert vault.found_in(hidden) == []
    assert len(hidden) <= len("before $A after") + 12, "base64 leaves what also depends on the neighbours, no more"


@given(value=values, before=texts, after=texts, spelling=st.sampled_from(sorted(SPELLINGS)))
@example(value="00000\\0", before="", after="", spelling="JSON")
def test_any_secret_is_found(value: str, before: str, after: str, spelling: str) -> None:
    """Whatever the secret and its surroundings, every spelling of it is found, and gone after redaction."""
    vault = vault_of(value)
    text = before + SPELLINGS[spelling](value) + after
    assert vault.found_in(text) == ["A"]
    assert value not in vault.redact(text)


@given(secrets=st.lists(st.text("abcd", min_size=SHORTEST, max_size=9), min_size=1, max_size=3), text=st.text("abcd"))
def test_overlapping_secrets_are_hidden_whole(secrets: list[str], text: str) -> None:
    """No character of any secret stays, even where secrets overlap; all the others stay."""
    covered = {
        at
        for secret in secrets
        for start in range(len(text))
        if text.startswith(secret, start)
        for at in range(start, start + len(secret))
    }
    hidden = vault_of(*secrets).redact(text)
    for name in "ABC":
        hidden = hidden.replace(f"${name}", "")
    assert hidden == "".join(char for at, char in enumerate(text) if at not in covered)


@given(text=st.text())
def test_other_text_stays(text: str) -> None:
    """What holds no secret is not touched."""
    assert vault_of("wholly-unlikely-value").redact(text) == text


def test_the_longest_secret_names_the_place() -> None:
    """Where one secret begins with another, the longer one is named."""
    assert vault_of("canary", "canary-and-more").redact("x canary-and-more y canary z") == "x $B y $A z"


def test_a_secret_added_later_is_hidden_too() -> None:
    """The pattern follows what is added."""
    vault = vault_of("first-secret")
    assert vault.redact("first-secret second-secret") == "$A second-secret"
    vault.add("second-secret", "LATER")
    assert vault.redact("first-secret second-secret") == "$A $LATER"


def test_the_first_name_stays() -> None:
    """A value that is registered again keeps its name."""
    assert vault_of("same-value", "same-value").redact("same-value") == "$A"


def test_an_empty_vault_hides_nothing() -> None:
    """Without secrets a text stays as it is."""
    assert Vault().redact("text") == "text"
    assert Vault().found_in("text") == []


def test_many_names_are_found() -> None:
    """The names of all secrets present are told, once each."""
    assert vault_of("secret-a", "secret-b", "secret-c").found_in("secret-c, secret-a, secret-c") == ["A", "C"]


def test_addresses_are_hidden_like_secrets() -> None:
    """What is personal though not secret is registered alike."""
    assert vault_of("ann+1@example.com").redact("to=ann%2B1%40example.com") == "to=$A"


def test_what_a_profile_took_is_hidden_unless_it_is_short() -> None:
    """A model's name stays readable, and a secret does not."""
    vault = Vault()
    vault.add_named({"MODEL": "gpt-4", "KEY": "sk_test_0123456789"})
    assert vault.redact("gpt-4 with sk_test_0123456789") == "gpt-4 with $KEY"


@pytest.mark.parametrize("value", ["", "a", "short"])
def test_a_short_value_is_refused(value: str) -> None:
    """A value that would hide everything is our own mistake, and the message does not repeat it."""
    with pytest.raises(HarnessTrouble, match=rf"^NAME has {len(value)} characters; only 6 or more can be kept secret$"):
        Vault().add(value, "NAME")


@pytest.mark.parametrize("filler", ["text ", "\\", "&amp;", "%25", "&#0000", "\\u005c"])
def test_what_only_looks_like_an_escaped_secret_is_left_alone(filler: str) -> None:
    """A text full of escapes, beside two hundred secrets that begin alike, stays as it is."""
    vault = vault_of('"quoted"', "\\\\\\\\\\\\abc", "%2F%25%25%25%")
    for number in range(200):
        vault.add(f"eyJhbGciOiJIUzI1NiIs.{secrets.token_urlsafe(40)}", f"S{number}")
    text = filler * 2_000
    assert vault.redact(text) == text
