"""A refresh token is found where sign-in gives it, and is sent where the session's own would stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gonogo.cookies import parse_set_cookie
from gonogo.renewing import no_renewing_token, with_renewing_token
from gonogo.trouble import HarnessTrouble

if TYPE_CHECKING:
    from tests.machinery.conftest import Describe, Gather

URL = "http://127.0.0.1:1"
SIGN_IN = {"method": "POST", "path": "/in", "expect": [200], "credential": "none"}
OPERATIONS: dict[str, Any] = {
    "signin": {**SIGN_IN, "capture": {"refresh_token": "json:/renew"}},
    "refresh": {"method": "POST", "path": "/renew", "json": {"with": "{refresh_token}"}, "expect": [200]},
    "session": {"method": "GET", "path": "/me", "expect": [200]},
}
ACCOUNTS = [{"email": f"{name}@example.com", "password": f"{name}-password"} for name in ("ada", "bob")]
LENT: dict[str, Any] = {"sign_up": "accounts", "accounts": ACCOUNTS}
BEARER = {"session": "bearer", "session_source": ["json:/token"], **LENT}
COOKIE = {"session": "cookie", "session_source": ["cookie:sid", "cookie:renew"], **LENT}


def test_a_token_beside_the_bearer(describe: Describe, company: Gather) -> None:
    """Of a bearer it stands where the session's token would."""
    profile = describe(URL, operations=OPERATIONS, identity=BEARER)
    member = company(profile).member()
    assert no_renewing_token(profile) is None
    with pytest.raises(HarnessTrouble, match="nothing that renews"):
        with_renewing_token(member)
    member.person.variables["refresh_token"] = "the-longer-one"
    assert with_renewing_token(member).headers.get("authorization") == "Bearer the-longer-one"


def test_a_cookie_beside_the_session(describe: Describe, company: Gather) -> None:
    """Of cookies the second one's value stands under the first one's name."""
    profile = describe(URL, operations=OPERATIONS, identity=COOKIE)
    member = company(profile).member()
    member.person.store.update((parse_set_cookie("renew=longer; Path=/renew"),), f"{URL}/in")
    assert no_renewing_token(profile) is None
    assert with_renewing_token(member).headers.get("cookie") == "sid=longer"


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        ({"signin": SIGN_IN, "session": OPERATIONS["session"]}, "not here"),
        ({**OPERATIONS, "signin": SIGN_IN}, "nothing but the session itself renews it"),
    ],
)
def test_nothing_beside_the_session(describe: Describe, operations: dict[str, Any], why: str) -> None:
    """Without a refresh, or where the session renews itself, there is nothing to try."""
    assert no_renewing_token(describe(URL, operations=operations, identity=BEARER)) == why
