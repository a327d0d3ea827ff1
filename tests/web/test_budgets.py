"""Budgets over HTTP: set, shown with how they stand, removed, and by whom."""

from __future__ import annotations

import httpx2
import pytest

from tests.web.conftest import Node, project, session, task

pytestmark = pytest.mark.anyio


async def find(client: httpx2.AsyncClient, scope: str, name: str, **headers: str) -> dict[str, object] | None:
    answer = await client.get("/api/budgets", headers=headers)
    assert answer.status_code == 200
    return next((one for one in answer.json() if (one["scope"], one["name"]) == (scope, name)), None)


async def test_a_budget_is_set_by_key_shown_changed_and_removed(client: httpx2.AsyncClient) -> None:
    of = await project(client)
    wanted = {"scope": "project", "name": str(of["key"]).lower(), "usd": 5, "run_usd": 0.5, "period": "month"}
    made = await client.put("/api/budgets", json=wanted)
    assert made.status_code == 200
    body = made.json()
    assert (body["name"], body["label"], body["set_by"]) == (str(of["id"]), of["key"], "owner")
    assert (body["usd"], body["tokens"], body["run_usd"], body["period"]) == (5.0, None, 0.5, "month")
    assert (body["spent_usd"], body["held_usd"], body["left_usd"], body["left_tokens"]) == (0, 0, 5.0, None)
    assert await find(client, "project", str(of["id"])) == body
    changed = await client.put("/api/budgets", json={**wanted, "usd": None, "tokens": 100})
    assert (changed.json()["usd"], changed.json()["left_tokens"]) == (None, 100)
    at = {"scope": "project", "name": str(of["key"])}
    assert (await client.delete("/api/budgets", params=at)).status_code == 204
    assert (await client.delete("/api/budgets", params=at)).status_code == 404
    assert await find(client, "project", str(of["id"])) is None


async def test_what_runs_spend_is_taken_from_their_budgets(client: httpx2.AsyncClient, node: Node) -> None:
    of = await task(client)
    await client.put("/api/budgets", json={"scope": "task", "name": of["key"], "usd": 5, "tokens": 1000})
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x", "task_id": of["id"]})).json()
    await node.finish(await node.start(run["id"]))
    found = await find(client, "task", str(of["id"]))
    assert found is not None
    assert (found["spent_usd"], found["spent_tokens"], found["left_usd"], found["left_tokens"]) == (0.5, 15, 4.5, 985)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"scope": "world", "usd": 1}, 422),
        ({"scope": "installation"}, 422),
        ({"scope": "installation", "usd": -1}, 422),
        ({"scope": "installation", "usd": "much"}, 422),
        ({"scope": "installation", "usd": 1, "period": "year"}, 422),
        ({"scope": "installation", "name": "x", "usd": 1}, 422),
        ({"scope": "user", "usd": 1}, 422),
        ({"scope": "user", "name": "u" * 256, "usd": 1}, 422),
        ({"scope": "task", "name": "NONE-1", "usd": 1}, 404),
    ],
)
async def test_a_budget_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, body: dict[str, object], status: int
) -> None:
    answer = await client.put("/api/budgets", json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_a_developer_sets_projects_budgets_and_sees_no_other_users(client: httpx2.AsyncClient) -> None:
    of = await project(client)
    headers = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    made = await client.put("/api/budgets", headers=headers, json={"scope": "project", "name": of["key"], "usd": 1})
    assert (made.status_code, made.json()["set_by"]) == (200, "ann")
    for scope, name in (("installation", ""), ("agent", "claude"), ("user", "ann")):
        at = {"scope": scope, "name": name}
        assert (await client.put("/api/budgets", headers=headers, json={**at, "usd": 1})).status_code == 403
        assert (await client.delete("/api/budgets", headers=headers, params=at)).status_code == 403
    for user in ("ann", "ben"):
        await client.put("/api/budgets", json={"scope": "user", "name": user, "usd": 1})
    assert await find(client, "user", "ann", **headers) is not None
    assert await find(client, "user", "ben", **headers) is None
    assert await find(client, "user", "ben") is not None
