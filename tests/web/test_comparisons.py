"""Comparisons over HTTP: one task by several agents at once, their results side by side, one of them kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import pytest

from tests.web.conftest import Node, session, task

pytestmark = pytest.mark.anyio


async def compare(client: httpx2.AsyncClient, contenders: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """A new task with a comparison."""
    made = await client.post(
        f"/api/tasks/{(await task(client))['id']}/comparisons",
        json={"prompt": "Do it", "contenders": contenders},
    )
    assert made.status_code == 201, made.text
    return dict(made.json())


TWO = [{"agent": "claude", "model": "opus"}, {"agent": "parrot"}]


async def until_ended(client: httpx2.AsyncClient, node: Node, comparison: str) -> dict[str, Any]:
    """The comparison, once the engine has drawn its conclusions."""
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen("run.completed", "run.failed", "run.cancelled", "task.changed") as ear:
            while True:
                shown = (await client.get(f"/api/comparisons/{comparison}")).json()
                if all(run["state"] in ("completed", "failed", "cancelled") for run in shown["runs"]):
                    return dict(shown)
                await ear.wait(1)


async def test_one_prompt_goes_to_all_contenders_each_on_a_branch_of_its_own(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await compare(client, [*TWO, {"agent": "claude"}])
    assert (made["prompt"], made["kept"]) == ("Do it", None)
    assert [(run["agent"], run["model"]) for run in made["runs"]] == [
        ("claude", "opus"),
        ("parrot", None),
        ("claude", None),
    ]
    orders = [await node.order(run["run"]) for run in made["runs"]]
    assert len({order.branch for order in orders}) == 3
    assert {order.prompt for order in orders} == {"Do it"}
    assert (await client.get(f"/api/comparisons/{made['id']}")).json()["id"] == made["id"]
    listed = (await client.get(f"/api/tasks/{made['task_id']}/comparisons")).json()
    assert [one["id"] for one in listed] == [made["id"]]


async def test_the_results_are_shown_side_by_side_and_the_kept_one_becomes_the_tasks(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await compare(client, TWO)
    first, second = made["runs"]
    await node.finish(await node.start(first["run"]))
    await node.finish(await node.start(second["run"]), error="It would not.")
    shown = await until_ended(client, node, made["id"])
    winner, loser = shown["runs"]
    assert (winner["state"], winner["files"], winner["additions"], winner["deletions"]) == ("completed", 1, 2, 1)
    assert (winner["cost_usd"], winner["calls"]) == (0.5, 2)
    assert winner["seconds"] >= 0
    assert (loser["state"], loser["error"]) == ("failed", "It would not.")
    card = f"/api/tasks/{made['task_id']}"
    before = (await client.get(card)).json()
    assert (before["status"], before["github_branch_name"]) == ("in_progress", None)
    refused = await client.post(f"/api/comparisons/{made['id']}/keep", json={"run_id": loser["run"]})
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "Only a completed run can be kept; this one is failed.",
    )
    kept = await client.post(f"/api/comparisons/{made['id']}/keep", json={"run_id": winner["run"]})
    assert (kept.status_code, kept.json()["kept"]) == (200, winner["run"])
    after = (await client.get(card)).json()
    assert (after["status"], after["assigned_agent_type"]) == ("in_review", "claude")
    assert after["github_branch_name"] == winner["branch"]


async def test_keeping_one_ends_what_is_still_at_work(client: httpx2.AsyncClient, node: Node) -> None:
    made = await compare(client, TWO)
    first, second = made["runs"]
    slow = await node.start(second["run"])
    await node.finish(await node.start(first["run"]))
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen(f"run:{first['run']}") as ear:
            while (await client.get(f"/api/runs/{first['run']}")).json()["state"] != "completed":
                await ear.wait(1)
    kept = await client.post(f"/api/comparisons/{made['id']}/keep", json={"run_id": first["run"]})
    assert [run["state"] for run in kept.json()["runs"]] == ["completed", "cancelled"]
    await node.finish(slow, error="Too late.")
    assert (await client.get(f"/api/tasks/{made['task_id']}")).json()["agent_execution_status"] == "completed"


async def test_what_sets_two_results_apart_is_plain_text(client: httpx2.AsyncClient, node: Node) -> None:
    made = await compare(client, TWO)
    first, second = (run["run"] for run in made["runs"])
    await node.finish(await node.start(first))
    answer = await client.get(f"/api/comparisons/{made['id']}/diff", params={"left": first, "right": second})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(f"--- claude #{made['runs'][0]['number']}\n+++ parrot #")
    lost = await client.get(f"/api/comparisons/{made['id']}/diff", params={"left": first, "right": "nothing"})
    assert lost.status_code == 404


async def test_nothing_is_submitted_when_one_of_the_contenders_is_no_agent(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    body: dict[str, Any] = {"prompt": "x", "contenders": [TWO[0], {"agent": "nobody"}]}
    refused = await client.post(f"/api/tasks/{made['id']}/comparisons", json=body)
    assert refused.status_code in (400, 404, 422)
    assert (await client.get("/api/runs", params={"task_id": str(made["id"])})).json() == []
    assert (await client.get(f"/api/tasks/{made['id']}/comparisons")).json() == []


@pytest.mark.parametrize("path", ["/api/comparisons/nothing", "/api/tasks/0/comparisons"])
async def test_what_is_not_there_is_404(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_the_comparison_of_one_session_is_404_for_another(client: httpx2.AsyncClient, node: Node) -> None:
    ann, bob = await session(client, "ann"), await session(client, "bob")
    made = await task(client)
    compared = await client.post(
        f"/api/tasks/{made['id']}/comparisons",
        json={"prompt": "x", "contenders": TWO},
        headers={"Authorization": f"Bearer {ann}"},
    )
    assert compared.status_code == 201
    path = f"/api/comparisons/{compared.json()['id']}"
    theirs = {"Authorization": f"Bearer {bob}"}
    assert (await client.get(path, headers=theirs)).status_code == 404
    first = compared.json()["runs"][0]["run"]
    assert (await client.post(f"{path}/keep", json={"run_id": first}, headers=theirs)).status_code == 404
    assert (await client.get(f"/api/tasks/{made['id']}/comparisons", headers=theirs)).json() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": "x"},
        {"prompt": "", "contenders": TWO},
        {"prompt": "x", "contenders": []},
        {"prompt": "x", "contenders": TWO[:1]},
        {"prompt": "x", "contenders": [TWO[0]] * 9},
        {"prompt": "x", "contenders": [{"agent": "claude", "model": ""}, TWO[1]]},
        {"prompt": "x", "contenders": [{"model": "opus"}, TWO[1]]},
        {"prompt": "x", "contenders": ["claude", "parrot"]},
    ],
)
async def test_a_comparison_that_makes_no_sense_is_422(client: httpx2.AsyncClient, body: dict[str, object]) -> None:
    made = await client.post(f"/api/tasks/{(await task(client))['id']}/comparisons", json=body)
    assert made.status_code == 422
