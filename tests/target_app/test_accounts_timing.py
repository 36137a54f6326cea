"""What an answer takes does not tell which addresses have an account: the same is hashed, asked and written."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from target_app.accounts import passwords

KNOWN, PENDING, UNKNOWN = (f"{name}@example.org" for name in ("alice", "pending", "nobody"))


@contextmanager
def work(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count statements by their first words, commits, and computed hashes."""
    done: Counter[str] = Counter()
    engine = app.state.database.engine.sync_engine

    class Hasher:
        """Computes nothing."""

        def hash(self, _password: str) -> str:
            done["hashes"] += 1
            return "hash"

        def verify(self, _stored: str, _password: str) -> bool:
            done["hashes"] += 1
            return False

    def note(*told: Any) -> None:  # noqa: ANN401  SQLAlchemy's own arguments
        done[" ".join(told[2].split()[:3])] += 1

    def note_commit(_connection: object) -> None:
        done["commits"] += 1

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", note_commit)
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_hasher", Hasher())
        yield done
    event.remove(engine, "before_cursor_execute", note)
    event.remove(engine, "commit", note_commit)


async def work_for(
    address: str, path: str, client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> Counter[str]:
    """Count the work of one request for an address."""
    password = {} if path.endswith("forgot") else {"password": "a wrong password"}
    with work(app, monkeypatch) as done:
        await client.post(path, json={"email": address, **password})
    return done


@pytest.mark.parametrize("path", ["/auth/signin", "/auth/password/forgot"])
async def test_a_known_address_is_as_much_work_as_an_unknown_one(
    path: str, client: httpx.AsyncClient, alice: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sign-in and the request for a new password do the same for both."""
    assert alice.cookies
    known = await work_for(KNOWN, path, client, app, monkeypatch)
    unknown = await work_for(UNKNOWN, path, client, app, monkeypatch)

    assert known == unknown
    assert known["SELECT users.id, users.email,"] == 1
    assert known["hashes"] == (path == "/auth/signin")


async def test_a_sign_up_is_the_same_work_for_all(
    client: httpx.AsyncClient, alice: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A taken address costs what a pending one costs; a new one is one row more in the same commit."""
    assert alice.cookies
    new = await work_for(PENDING, "/auth/signup", client, app, monkeypatch)
    pending = await work_for(PENDING, "/auth/signup", client, app, monkeypatch)
    taken = await work_for(KNOWN, "/auth/signup", client, app, monkeypatch)

    assert taken == pending
    assert new - pending == Counter({"INSERT INTO users": 1})
    assert (new["commits"], new["hashes"]) == (1, 1)
