"""From sign-up to sign-in, and what must not work."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import Message

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import func, select

from target_app.accounts import passwords, signup
from target_app.accounts.models import Session, User, VerificationToken
from target_app.database import Base

PASSWORD = "correct horse battery staple"
ADDRESS = "alice@example.org"

NextToken = Callable[[str], Awaitable[str]]
NextMail = Callable[[str], Awaitable[Message]]


def credentials(password: str = PASSWORD, address: str = ADDRESS) -> dict[str, str]:
    """Return the body of a sign-in or sign-up."""
    return {"email": address, "password": password}


async def test_a_newcomer_gets_in(client: httpx.AsyncClient, next_token: NextToken) -> None:
    """Who signs up, opens the mailed link and signs in has a session."""
    signed_up = await client.post("/auth/signup", json={**credentials(), "name": " Alice "})
    verified = await client.post("/auth/verify", json={"token": await next_token(ADDRESS)})
    signed_in = await client.post("/auth/signin", json=credentials())
    session = await client.get("/auth/session")

    assert signed_up.status_code == 202
    assert verified.json() == {"email": ADDRESS, "verified": True}
    assert signed_in.status_code == 200
    assert signed_in.json()["name"] == "Alice"
    assert signed_in.json()["plan"] == "FREE"
    assert session.json() == signed_in.json()


async def test_the_mail_is_plain_and_links_to_us(client: httpx.AsyncClient, next_mail: NextMail) -> None:
    """The verification mail is plain text, with the link on a line of its own."""
    await client.post("/auth/signup", json=credentials())
    mail = await next_mail(ADDRESS)

    lines = str(mail.get_payload()).splitlines()
    assert mail.get_content_type() == "text/plain"
    assert [line for line in lines if line.startswith("https://testserver/verify-email?token=")]


async def test_an_unknown_address_looks_like_a_known_one(
    client: httpx.AsyncClient, alice: httpx.AsyncClient, next_mail: NextMail
) -> None:
    """Signing up with a taken address gives the same answer, and a mail without a link to verify."""
    assert alice.cookies
    taken = await client.post("/auth/signup", json=credentials(password="another password"))
    free = await client.post("/auth/signup", json=credentials(address="new@example.org"))
    mail = await next_mail(ADDRESS)

    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    assert "token=" not in str(mail.get_payload())
    assert (await client.post("/auth/signin", json=credentials(password="another password"))).status_code == 401


async def test_a_link_works_once(client: httpx.AsyncClient, next_token: NextToken) -> None:
    """A used, an unknown and an expired token are all refused the same."""
    await client.post("/auth/signup", json=credentials())
    token = await next_token(ADDRESS)
    first = await client.post("/auth/verify", json={"token": token})
    again = await client.post("/auth/verify", json={"token": token})
    unknown = await client.post("/auth/verify", json={"token": "unknown"})

    assert (first.status_code, again.status_code, unknown.status_code) == (200, 400, 400)
    assert again.json() == unknown.json()
    assert again.headers["content-type"] == "application/problem+json"


async def test_of_two_uses_at_once_one_wins(client: httpx.AsyncClient, next_token: NextToken) -> None:
    """Two requests with the same link at the same time verify once."""
    await client.post("/auth/signup", json=credentials())
    token = await next_token(ADDRESS)
    answers = await asyncio.gather(*(client.post("/auth/verify", json={"token": token}) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_an_expired_link_is_refused(client: httpx.AsyncClient, app: FastAPI, next_token: NextToken) -> None:
    """A link that waited too long does not verify."""
    await client.post("/auth/signup", json=credentials())
    token = await next_token(ADDRESS)
    async with app.state.database.sessions() as db:
        (await db.scalars(select(VerificationToken))).one().expires_at = datetime(2020, 1, 1, tzinfo=UTC)
        await db.commit()

    assert (await client.post("/auth/verify", json={"token": token})).status_code == 400
    assert (await client.post("/auth/signin", json=credentials())).status_code == 403


async def test_the_owner_of_the_mailbox_decides_the_password(client: httpx.AsyncClient, next_token: NextToken) -> None:
    """Who signed up first with a stranger's address does not get the account that the stranger verifies."""
    await client.post("/auth/signup", json=credentials(password="the thief's password"))
    await next_token(ADDRESS)
    await client.post("/auth/signup", json=credentials())
    verified = await client.post("/auth/verify", json={"token": await next_token(ADDRESS)})

    assert verified.status_code == 200
    assert (await client.post("/auth/signin", json=credentials("the thief's password"))).status_code == 401
    assert (await client.post("/auth/signin", json=credentials())).status_code == 200


async def test_two_sign_ups_at_once_make_one_account(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same address twice, each seeing no account yet, is accepted twice and kept once."""

    async def sees_nobody(_db: object, _email: str) -> None:
        return None

    monkeypatch.setattr(signup, "find_user", sees_nobody)
    answers = [await client.post("/auth/signup", json=credentials()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202] * 2
    async with app.state.database.sessions() as db:
        assert await db.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b@c.org"),
        ("email", "a\r\nBcc: b@example.org"),
        ("password", "elevenchars"),
        ("password", "x" * 129),
        ("password", "\ud800 is half a character"),
        ("name", "x" * 101),
        ("plan", "PREMIUM"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(client: httpx.AsyncClient, field: str, value: str) -> None:
    """A sign-up with a wrong or unknown field is a 422 that names it, and holds nothing of what was sent."""
    content = json.dumps({**credentials(), field: value})
    answer = await client.post("/auth/signup", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == f"body/{field}"
    assert PASSWORD not in answer.text
    assert value not in answer.text


async def test_an_address_is_one_in_any_case(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """Capitals in an address do not make another person."""
    assert alice.cookies
    answer = await client.post("/auth/signin", json=credentials(address=" Alice@Example.ORG "))

    assert answer.status_code == 200


async def test_sign_in_does_not_tell_who_has_an_account(client: httpx.AsyncClient, alice: httpx.AsyncClient) -> None:
    """A wrong password and an unknown address get the same answer."""
    assert alice.cookies
    wrong = await client.post("/auth/signin", json=credentials("a wrong password"))
    unknown = await client.post("/auth/signin", json=credentials(address="nobody@example.org"))

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]
    assert "set-cookie" not in wrong.headers


def test_a_password_costs_what_is_advised(hasher_in_earnest: PasswordHasher) -> None:
    """What is stored of a password is hashed as OWASP advises: Argon2id over 19 MiB, two passes."""
    assert hasher_in_earnest.hash(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_unknown_address_is_hashed_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stored password there is still one hash to compute, so that time tells nothing."""
    hashed = []

    class Hasher:
        def hash(self, password: str) -> str:
            hashed.append(password)
            return ""

    monkeypatch.setattr(passwords, "_hasher", Hasher())

    assert not await passwords.password_matches(None, PASSWORD)
    assert hashed == [PASSWORD]


async def test_unverified_is_told_only_with_the_password(client: httpx.AsyncClient) -> None:
    """Before verification the right password gets 403, a wrong one the usual 401."""
    await client.post("/auth/signup", json=credentials())
    right = await client.post("/auth/signin", json=credentials())
    wrong = await client.post("/auth/signin", json=credentials("a wrong password"))

    assert (right.status_code, right.json()["detail"]) == (403, "Address not verified")
    assert wrong.status_code == 401


async def test_deleting_the_account_removes_everything(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, app: FastAPI
) -> None:
    """Nothing of the member is left in any table, and others keep theirs."""
    user_id = (await alice.get("/auth/session")).json()["id"]
    await alice.post("/projects", json={"name": "mine"})
    conversation = (await alice.post("/conversations", json={"title": "mine"})).json()["id"]
    await alice.post(f"/conversations/{conversation}/messages", json={"content": "Echo: mine"})
    deleted = await alice.delete("/auth/account")

    assert deleted.status_code == 204
    assert not alice.cookies
    async with app.state.database.sessions() as db:
        assert await db.scalar(select(func.count()).select_from(User)) == 1
        assert await db.scalar(select(func.count()).select_from(Session)) == 1
        for table in Base.metadata.sorted_tables:
            rows = (await db.execute(select(table))).all()
            assert not [row for row in rows if user_id in row or conversation in row], table.name
    assert (await bob.get("/auth/session")).status_code == 200
    assert (await bob.post("/auth/signin", json=credentials())).status_code == 401
