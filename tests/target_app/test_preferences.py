"""Settings of a member."""

import asyncio

import httpx
import pytest

DEFAULTS = {"theme": "system", "language": "en", "default_model": "scripted-small"}


async def test_starts_with_defaults(alice: httpx.AsyncClient) -> None:
    """Who never chose sees what is used."""
    assert (await alice.get("/settings")).json() == DEFAULTS


async def test_changes_what_is_given(alice: httpx.AsyncClient) -> None:
    """A change answers with all settings, is kept, and leaves the rest alone."""
    first = await alice.patch("/settings", json={"theme": "dark"})
    second = await alice.patch("/settings", json={"language": "pt-BR", "default_model": "scripted-fast"})
    assert first.json() == {**DEFAULTS, "theme": "dark"}
    assert second.json() == {"theme": "dark", "language": "pt-BR", "default_model": "scripted-fast"}
    assert (await alice.get("/settings")).json() == second.json()


async def test_an_empty_change_changes_nothing(alice: httpx.AsyncClient) -> None:
    """Nothing given, nothing changed."""
    await alice.patch("/settings", json={"theme": "light"})
    assert (await alice.patch("/settings", json={})).json() == {**DEFAULTS, "theme": "light"}


@pytest.mark.parametrize(
    "change",
    [
        {"theme": "pink"},
        {"theme": None},
        {"language": "English"},
        {"language": "<b>"},
        {"default_model": "other"},
        {"plan": "PREMIUM"},
    ],
)
async def test_refuses_what_is_no_setting(alice: httpx.AsyncClient, change: dict[str, str | None]) -> None:
    """Unknown values and unknown fields are refused, and nothing changes."""
    assert (await alice.patch("/settings", json={"theme": "dark", **change})).status_code == 422
    assert (await alice.get("/settings")).json() == DEFAULTS


async def test_refuses_a_model_outside_the_plan(alice: httpx.AsyncClient) -> None:
    """A default model that the plan does not include would make every message fail."""
    assert (await alice.patch("/settings", json={"default_model": "scripted-max"})).status_code == 403
    assert (await alice.get("/settings")).json() == DEFAULTS


async def test_settings_are_each_members_own(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """What one member chooses is not what another one sees."""
    await alice.patch("/settings", json={"theme": "dark"})
    assert (await bob.get("/settings")).json() == DEFAULTS


async def test_wants_a_session(client: httpx.AsyncClient) -> None:
    """Without a session there are no settings."""
    assert (await client.get("/settings")).status_code == 401
    assert (await client.patch("/settings", json={})).status_code == 401


async def test_first_choices_at_once_are_all_kept(alice: httpx.AsyncClient) -> None:
    """Several first changes at the same time, each of another setting or the same, all succeed and all stay."""
    changes = [{"theme": "dark"}, {"language": "de"}, {"theme": "dark"}, {"language": "de"}]
    answers = await asyncio.gather(*(alice.patch("/settings", json=change) for change in changes))
    found = (await alice.get("/settings")).json()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert (found["theme"], found["language"]) == ("dark", "de")
