"""Usage over HTTP: sums by what one asks for, of what one may see."""

from __future__ import annotations

import httpx2
import pytest

from tests.web.conftest import Node, project, session

pytestmark = pytest.mark.anyio


async def used(client: httpx2.AsyncClient, node: Node, of: object, **headers: str) -> str:
    """A run of a project that has cost half a dollar; its id."""
    body = {"agent": "claude", "prompt": "x", "project_id": of}
    run = (await client.post("/api/runs", json=body, headers=headers)).json()
    await node.finish(await node.start(run["id"]))
    return str(run["id"])


async def test_usage_is_summed_by_anything(client: httpx2.AsyncClient, node: Node) -> None:
    of = await project(client)
    for _ in range(2):
        await used(client, node, of["id"])
    where = {"project_id": str(of["id"])}
    for by, label in (("project", of["key"]), ("agent", "claude"), ("user", "owner"), ("model", "m")):
        [row] = (await client.get("/api/usage", params={**where, "by": by})).json()
        assert (row["label"], row["runs"], row["cost_usd"], row["unpriced_calls"]) == (label, 2, 1.0, 0)
        assert (row["calls"], row["input_tokens"], row["output_tokens"], row["attempts"]) == (4, 20, 10, 2)
    for by, count in (("run", 2), ("task", 1), ("day", 1)):
        assert len((await client.get("/api/usage", params={**where, "by": by})).json()) == count
    assert len((await client.get("/api/usage", params={**where, "by": "run", "limit": "1"})).json()) == 1


async def test_a_span_of_time_has_zones(client: httpx2.AsyncClient, node: Node) -> None:
    of = await project(client)
    await used(client, node, of["id"])

    async def count(**span: str) -> int:
        return len((await client.get("/api/usage", params={"project_id": str(of["id"]), **span})).json())

    assert await count(since="2020-01-01T00:00:00Z", until="2199-01-01T00:00:00+02:00") == 1
    assert await count(since="2199-01-01T00:00:00Z") == 0
    assert await count(until="2020-01-01T00:00:00Z") == 0
    assert (await client.get("/api/usage", params={"since": "2020-01-01T00:00:00"})).status_code == 422
    assert (await client.get("/api/usage", params={"by": "moon"})).status_code == 422


async def test_one_sees_no_usage_of_what_one_may_not_see(client: httpx2.AsyncClient, node: Node) -> None:
    of = await project(client)
    ann = {"Authorization": f"Bearer {await session(client, 'ann-of-usage')}"}
    ben = {"Authorization": f"Bearer {await session(client, 'ben-of-usage')}"}
    await used(client, node, of["id"], **ann)
    where = {"project_id": str(of["id"]), "by": "user"}
    assert [row["key"] for row in (await client.get("/api/usage", params=where, headers=ann)).json()] == [
        "ann-of-usage"
    ]
    assert (await client.get("/api/usage", params=where, headers=ben)).json() == []
    assert len((await client.get("/api/usage", params=where)).json()) == 1
