"""Projects, and the filter that they are for."""

import httpx
import pytest


async def make(member: httpx.AsyncClient, name: str) -> str:
    """Start a project and give its id."""
    answer = await member.post("/projects", json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_starts_and_lists_projects(alice: httpx.AsyncClient) -> None:
    """A new project says where it is, and the list has the oldest first."""
    made = await alice.post("/projects", json={"name": "House"})
    await make(alice, "Garden")
    assert (await alice.get(made.headers["location"])).json() == made.json()
    assert [one["name"] for one in (await alice.get("/projects")).json()["items"]] == ["House", "Garden"]


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "a", "user_id": "b"}])
async def test_refuses_a_wrong_project(alice: httpx.AsyncClient, body: dict[str, str]) -> None:
    """A name is one line with something in it, and no other field is known."""
    assert (await alice.post("/projects", json=body)).status_code == 422


async def test_filters_conversations(alice: httpx.AsyncClient) -> None:
    """The filter shows the conversations of one project, all of them and no others."""
    house, garden = await make(alice, "House"), await make(alice, "Garden")
    for title, project in (("roof", house), ("roses", garden), ("cellar", house), ("loose", None)):
        await alice.post("/conversations", json={"title": title, "project_id": project})

    async def shown(**query: str) -> list[str]:
        return [one["title"] for one in (await alice.get("/conversations", params=query)).json()["items"]]

    assert await shown(project_id=house) == ["cellar", "roof"]
    assert await shown(project_id=garden) == ["roses"]
    assert await shown(project_id="unknown") == []
    assert await shown() == ["loose", "cellar", "roses", "roof"]


async def test_renames_a_project(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Its owner gives a project another name, and nobody else does; its conversations stay in it."""
    house = await make(alice, "House")
    await alice.post("/conversations", json={"title": "roof", "project_id": house})
    foreign = await bob.patch(f"/projects/{house}", json={"name": "Mine"})
    refused = await alice.patch(f"/projects/{house}", json={"name": " "})
    renamed = await alice.patch(f"/projects/{house}", json={"name": "Home"})
    assert (foreign.status_code, refused.status_code, renamed.status_code) == (404, 422, 200)
    assert renamed.json() == (await alice.get(f"/projects/{house}")).json()
    assert renamed.json()["name"] == "Home"
    listed = await alice.get("/conversations", params={"project_id": house})
    assert [one["title"] for one in listed.json()["items"]] == ["roof"]


async def test_conversations_outlive_their_project(alice: httpx.AsyncClient) -> None:
    """A deleted project is gone; its conversations stay, without a project."""
    house = await make(alice, "House")
    made = await alice.post("/conversations", json={"title": "roof", "project_id": house})
    assert (await alice.delete(f"/projects/{house}")).status_code == 204
    assert (await alice.get(f"/projects/{house}")).status_code == 404
    assert (await alice.get("/projects")).json() == {"items": []}
    assert (await alice.get(made.headers["location"])).json()["project_id"] is None


async def test_a_project_is_for_its_owner_alone(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    """Another member finds nothing and deletes nothing."""
    house = await make(alice, "House")
    await alice.post("/conversations", json={"title": "roof", "project_id": house})
    found, deleted = await bob.get(f"/projects/{house}"), await bob.delete(f"/projects/{house}")
    filtered = await bob.get("/conversations", params={"project_id": house})
    assert (found.status_code, deleted.status_code) == (404, 404)
    assert (await bob.get("/projects")).json() == {"items": []}
    assert filtered.json()["items"] == []
    assert (await alice.get(f"/projects/{house}")).status_code == 200


async def test_wants_a_session(client: httpx.AsyncClient) -> None:
    """Without a session there are no projects."""
    assert (await client.get("/projects")).status_code == 401
    assert (await client.post("/projects", json={"name": "a"})).status_code == 401
