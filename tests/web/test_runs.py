"""What is told of a run beside the contract, and what is done to it."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from tests.web.conftest import Node, session, task

pytestmark = pytest.mark.anyio


async def submit(client: httpx2.AsyncClient, **fields: object) -> dict[str, object]:
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Hello", **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_run_is_shown_with_attempts_questions_and_usage(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client, context={"note": "n"}, tries=2, timeout_seconds=60)
    order = await node.start(str(run["id"]))
    await node.finish(order, "done")
    async with client.stream("GET", f"/api/runtime/tasks/{run['id']}/stream") as stream:
        await stream.aread()
    told = (await client.get(f"/api/runs/{run['id']}")).json()
    assert (told["state"], told["result"], told["tries"], told["timeout_seconds"]) == ("completed", "done", 2, 60)
    assert (told["head"], told["files"], told["additions"], told["deletions"]) == ("a" * 40, 1, 2, 1)
    assert [one["outcome"] for one in told["attempts"]] == ["completed"]
    assert told["attempts"][0]["node"] == "played"
    assert told["usage"] == {
        "model": "m", "calls": 2, "input_tokens": 10, "output_tokens": 5, "cached_tokens": 0, "cost_usd": 0.5,
    }  # fmt: skip
    assert "session" not in told


async def test_a_question_is_answered_once_and_by_who_may(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    order = await node.start(str(run["id"]))
    question = await node.ask(order)
    told = (await client.get(f"/api/runs/{run['id']}")).json()
    assert told["wait"]["reason"] == "approval"
    assert (told["questions"][0]["is_open"], told["questions"][0]["detail"]) == (True, "rm -r build")
    why = (await client.get(f"/api/runs/{run['id']}/why")).json()
    assert (why["state"], why["reason"]) == ("waiting", "approval")
    assert "approval" in why["why"]
    path = f"/api/runs/{run['id']}/answers"
    assert (await client.post(path, json={"question": "nope", "option": "y"})).status_code == 404
    assert (await client.post(path, json={"question": question, "option": "maybe"})).status_code == 422
    assert (await client.post(path, json={"question": question})).status_code == 422
    given = await client.post(path, json={"question": question, "option": "allow_once", "text": "go on"})
    assert (given.status_code, given.json()["option"], given.json()["answered_by"]) == (200, "y", "owner")
    assert (await client.post(path, json={"question": question, "option": "n"})).status_code == 409
    assert (await client.get(f"/api/runs/{run['id']}")).json()["state"] == "running"


async def test_a_stranger_s_session_does_not_answer(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    question = await node.ask(await node.start(str(run["id"])))
    answer = await client.post(
        f"/api/runs/{run['id']}/answers",
        json={"question": question, "option": "y"},
        params={"session_id": await session(client)},
    )
    assert answer.status_code == 404


async def test_events_are_read_in_pages(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    await node.start(str(run["id"]))
    path = f"/api/runs/{run['id']}/events"
    whole = (await client.get(path)).json()
    assert whole["next"] is None
    seqs = [event["seq"] for event in whole["events"]]
    assert seqs == sorted(seqs)
    paged: list[int] = []
    after: int | None = 0
    while after is not None:
        page = (await client.get(path, params={"after": after, "limit": 2})).json()
        paged += [event["seq"] for event in page["events"]]
        after = page["next"]
    assert paged == seqs
    assert (await client.get(path, params={"after": -1})).status_code == 422
    assert (await client.get(path, params={"after": 2**60})).status_code == 422


async def test_diff_and_log_are_plain_text_and_404_while_there_is_none(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    order = await node.start(str(run["id"]))
    assert (await client.get(f"/api/runs/{run['id']}/diff")).status_code == 404
    await node.finish(order)
    diff = await client.get(f"/api/runs/{run['id']}/diff")
    assert diff.text == "--- a\n+++ b\n<b>é</b>\n"
    assert diff.headers["content-type"] == "text/plain; charset=utf-8"
    assert diff.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"/api/runs/{run['id']}/log")).status_code == 404


async def test_runs_are_listed_newest_first_and_narrowed(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    ids = [(await submit(client, task_id=made["id"]))["id"] for _ in range(3)]
    by_task = (await client.get("/api/runs", params={"task_id": str(made["id"])})).json()
    assert [run["id"] for run in by_task] == ids[::-1]
    by_project = (await client.get("/api/runs", params={"project_id": str(made["project_id"]), "limit": 2})).json()
    assert [run["id"] for run in by_project] == ids[:0:-1]
    await client.post(f"/api/runs/{ids[0]}/cancel")
    cancelled = (await client.get("/api/runs", params={"task_id": str(made["id"]), "state": "cancelled"})).json()
    assert [run["id"] for run in cancelled] == [ids[0]]
    assert (await client.get("/api/runs", params={"state": "nonsense"})).status_code == 422
    assert (await client.get("/api/runs", params={"limit": 0})).status_code == 422


async def test_why_says_where_the_run_is(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    path = f"/api/runs/{run['id']}/why"
    assert "prepares the workspace" in (await client.get(path)).json()["why"]
    await node.start(str(run["id"]))
    assert "at work on node played" in (await client.get(path)).json()["why"]
    await client.post(f"/api/runs/{run['id']}/cancel")
    assert "ended: cancelled" in (await client.get(path)).json()["why"]


async def test_nodes_are_told_with_what_they_offer(client: httpx2.AsyncClient, node: Node) -> None:
    (told,) = (await client.get("/api/nodes")).json()
    assert (told["name"], told["online"], told["slots"], told["sandbox"]) == ("played", True, 64, "bubblewrap")
    assert {offer["name"]: offer["available"] for offer in told["agents"]} == {
        "claude": True, "goose": False, "parrot": True,
    }  # fmt: skip


async def test_many_runs_submitted_at_once_are_all_there(client: httpx2.AsyncClient, node: Node) -> None:
    runs = await asyncio.gather(*(submit(client) for _ in range(20)))
    assert len({run["id"] for run in runs}) == len({run["number"] for run in runs}) == 20
