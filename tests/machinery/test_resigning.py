"""A forged token says what the right one says, and is signed by anybody but the server."""

import base64
import hashlib
import hmac
import json

import pytest

from gonogo.resigning import KNOWN_SECRETS, RESIGNED, UNSIGNED
from gonogo.tampering import encoded, is_signed, read_jwt

TOKEN = f"{encoded({'alg': 'HS512', 'kid': '1'})}.{encoded({'sub': 'ada', 'exp': 9})}.c2lnbmF0dXJl"


@pytest.mark.parametrize("how", [*UNSIGNED, *RESIGNED])
def test_a_forgery_says_the_same(how: str) -> None:
    """Each lives a second longer, is another token, and leaves what is no signed token alone."""
    forged = {**UNSIGNED, **RESIGNED}[how](TOKEN)
    read = read_jwt(forged)
    assert read is not None
    assert read[1] == {"sub": "ada", "exp": 10}
    assert forged != TOKEN
    assert {**UNSIGNED, **RESIGNED}[how]("opaque") == "opaque"


def test_nothing_signs_the_unsigned() -> None:
    """Four spellings of none and the server's own algorithm, without a signature; and one that brings its key."""
    *bare, own = [forge(TOKEN) for forge in UNSIGNED.values()]
    heads = [read[0] for one in bare if (read := read_jwt(one))]
    assert [one["alg"] for one in heads] == ["none", "None", "NONE", "nOnE", "HS512"]
    assert all(one.endswith(".") for one in bare)
    read = read_jwt(own)
    assert read is not None
    key = base64.urlsafe_b64decode(read[0]["jwk"]["k"] + "==")
    content, _, signature = own.rpartition(".")
    right = base64.urlsafe_b64encode(hmac.digest(key, content.encode(), hashlib.sha256)).rstrip(b"=").decode()
    assert signature == right


def test_known_secrets_sign() -> None:
    """There are twenty at least, the empty one first, and each makes another signature."""
    signatures = {forge(TOKEN).rpartition(".")[2] for forge in RESIGNED.values()}
    assert len(signatures) == len(KNOWN_SECRETS) >= 20
    assert KNOWN_SECRETS[0] == ""


def test_what_is_signed() -> None:
    """A token is known wherever it stands in a header field; three parts alone make none."""
    assert is_signed(f"lang=de; sid={TOKEN}")
    assert is_signed(f"Bearer {TOKEN}")
    assert not is_signed("sid=a.b.c")
    unsaid = f"{base64.urlsafe_b64encode(json.dumps({'typ': 'x'}).encode()).decode()}.{encoded({})}.x"
    assert not is_signed(unsaid)
