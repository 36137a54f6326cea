"""Conversations: start, list, change, delete, and to whom they belong."""

import httpx
import pytest


async def start(member: httpx.AsyncClient, title: str = "Plans", project_id: str | None = None) -> str:
    """Start a conversation and give its id."""
    answer = await member.post("/conversations", json={"title": title, "project_id": project_id})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def titles(member: httpx.AsyncClient, **query: str) -> list[str]:
    """List the titles of conversations."""
    return [one["title"] for one in (await member.get("/conversations", params=query)).json()["items"]]


async def test_starts_a_conversation(alice: httpx.AsyncClient) -> None:
    """A new conversation says where it is, and is found there."""
    made = await alice.post("/conversations", json={"title": "Plans"})
    found = await alice.get(made.headers["location"])
    assert made.status_code == 201
    assert made.json().keys() == {"id", "title", "project_id", "created_at"}
    assert found.json() == made.json()


@pytest.mark.parametrize(
    "body",
    [{}, {"title": ""}, {"title": "  "}, {"title": "a\nb"}, {"title": "x" * 201}, {"title": "a", "user_id": "b"}],
)
async def test_refuses_a_wrong_conversation(alice: httpx.AsyncClient, body: dict[str, str]) -> None:
    """A title is one line with something in it, and no other field is known."""
    assert (await alice.post("/conversations", json=body)).status_code == 422


async def test_lists_newest_first_page_by_page(alice: httpx.AsyncClient) -> None:
    """Pages follow each other without a gap or a repetition, and the last one says so."""
    for title in "abcde":
        await start(alice, title)
    seen, cursor = [], None
    for _ in range(3):
        page = (await alice.get("/conversations", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["title"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == list("edcba")
    assert cursor is None


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "nonsense"}])
async def test_refuses_a_wrong_page(alice: httpx.AsyncClient, query: dict[str, str]) -> None:
    """A page that cannot be is refused, not guessed."""
    assert (await alice.get("/conversations", params=query)).status_code == 422


async def test_renames_and_moves(alice: httpx.AsyncClient) -> None:
    """What is given changes, what is left out stays, and null takes it out of its project."""
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    path = f"/conversations/{await start(alice, 'old', project)}"
    renamed = await alice.patch(path, json={"title": "new"})
    moved = await alice.patch(path, json={"project_id": None})
    assert (renamed.json()["title"], renamed.json()["project_id"]) == ("new", project)
    assert (moved.json()["title"], moved.json()["project_id"]) == ("new", None)
    assert (await alice.get(path)).json() == moved.json()


async def test_deletes_with_messages(alice: httpx.AsyncClient) -> None:
    """A deleted conversation is gone with its messages; the others stay."""
    gone, stays = await start(alice, "gone"), await start(alice, "stays")
    await alice.post(f"/conversations/{gone}/messages", json={"content": "Hi"})
    assert (await alice.delete(f"/conversations/{gone}")).status_code == 204
    assert (await alice.get(f"/conversations/{gone}")).status_code == 404
    assert (await alice.get(f"/conversations/{gone}/messages")).status_code == 404
    assert await titles(alice) == ["stays"]
    assert (await alice.get(f"/conversations/{stays}")).status_code == 200


async def test_is_for_its_owner_alone(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member finds nothing, changes nothing, and is not told that there is something."""
    path = f"/conversations/{await start(alice)}"
    answers = [
        await bob.get(path),
        await bob.patch(path, json={"title": "mine now"}),
        await bob.delete(path),
        await bob.get(f"{path}/messages"),
        await bob.post(f"{path}/messages", json={"content": "Hi"}),
        await bob.post(f"{path}/stop"),
        await bob.get("/conversations/unknown"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert await titles(bob) == []
    assert await titles(alice) == ["Plans"]
    assert (await alice.get(f"{path}/messages")).json()["items"] == []


async def test_wants_a_session(client: httpx.AsyncClient) -> None:
    """Without a session every operation answers 401."""
    answers = [
        await client.get("/conversations"),
        await client.post("/conversations", json={"title": "a"}),
        await client.get("/conversations/x/messages"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]


async def test_no_conversation_in_a_foreign_project(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """A conversation cannot be put into another member's project, at its start or later."""
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    path = f"/conversations/{await start(bob)}"
    started = await bob.post("/conversations", json={"title": "a", "project_id": project})
    moved = await bob.patch(path, json={"project_id": project})
    assert (started.status_code, moved.status_code) == (404, 404)
    assert (await bob.get(path)).json()["project_id"] is None


async def test_account_takes_all_with_it(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Deleting an account deletes its conversations and nobody else's."""
    await alice.post(f"/conversations/{await start(alice)}/messages", json={"content": "Hi"})
    await start(bob, "bob's")
    assert (await alice.delete("/auth/account")).status_code == 204
    assert await titles(bob) == ["bob's"]


@pytest.mark.parametrize(
    ("q", "found"),
    [("plan", ["Summer PLANS"]), ("octopus", ["Animals"]), ("100%", ["Percent 100%"]), ("_", []), ("nothing", [])],
)
async def test_searches_titles_and_messages(alice: httpx.AsyncClient, q: str, found: list[str]) -> None:
    """A search finds a text in titles and messages whatever its case, and to the letter."""
    animals = await start(alice, "Animals")
    await alice.post(f"/conversations/{animals}/messages", json={"content": "Echo: the OCTOPUS"})
    await start(alice, "Summer PLANS")
    await start(alice, "Percent 100%")
    assert await titles(alice, q=q) == found


async def test_searches_nobody_elses(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """A search finds nothing of another member, and combines with a project."""
    project = (await alice.post("/projects", json={"name": "House"})).json()["id"]
    await start(alice, "roof inside", project)
    await start(alice, "roof outside")
    assert await titles(bob, q="roof") == []
    assert await titles(alice, q="roof", project_id=project) == ["roof inside"]


async def test_what_is_started_meanwhile_shifts_no_page(alice: httpx.AsyncClient) -> None:
    """Whatever is started between two pages, each older conversation is listed exactly once."""
    for title in "abcd":
        await start(alice, title)
    first = (await alice.get("/conversations", params={"limit": 2})).json()
    await start(alice, "meanwhile")
    second = (await alice.get("/conversations", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["title"] for one in first["items"] + second["items"]] == list("dcba")


async def test_history_comes_in_pages(alice: httpx.AsyncClient) -> None:
    """Pages of a history join to the whole; what is said meanwhile comes last; without a limit all comes at once."""
    path = f"/conversations/{await start(alice)}/messages"
    await alice.post(path, json={"content": "Echo: one"})
    first = (await alice.get(path, params={"limit": 1})).json()
    await alice.post(path, json={"content": "Echo: two"})
    rest = (await alice.get(path, params={"limit": 100, "cursor": first["next_cursor"]})).json()
    whole = (await alice.get(path)).json()
    assert first["items"] + rest["items"] == whole["items"]
    assert [one["content"] for one in whole["items"]] == ["Echo: one", "one", "Echo: two", "two"]
    assert rest["next_cursor"] is whole["next_cursor"] is None
