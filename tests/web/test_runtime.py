"""Sessions, runs, agents and skills over HTTP, line by line of the contract."""

from __future__ import annotations

import asyncio
import json
import uuid

import httpx2
import pytest

from coderclawlink.access.policy import Role
from coderclawlink.access.sessions import IDLE_SECONDS, create, hash_of
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import sessions as sessions_table
from coderclawlink.ids import SessionId
from tests.web.conftest import Node, Server, session, task

pytestmark = pytest.mark.anyio

NOBODYS = "2c1f7c1e-9a53-4a0e-8d1b-6a3f0f1d9b77"


async def submit(client: httpx2.AsyncClient, **fields: object) -> dict[str, object]:
    answer = await client.post("/api/runtime/tasks/submit", json={"agent_type": "claude", "prompt": "Hello", **fields})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def state(client: httpx2.AsyncClient, run: object, **query: str) -> httpx2.Response:
    return await client.get(f"/api/runtime/tasks/{run}/state", params=query)


def expire(tx: Tx, id_: str) -> None:
    long_ago = tx.now() - IDLE_SECONDS - 1
    where = sessions_table.c.hash == hash_of(SessionId(id_))
    tx.change(sessions_table.update().where(where).values(last_activity=long_ago))


# ── sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "query", "user"),
    [
        ({"user_id": "ada", "device_id": "laptop"}, {}, "ada"),
        (None, {"user_id": "ada", "device_id": "laptop"}, "ada"),
        ({}, {}, None),
        (None, {}, None),
        ({"user_id": None}, {}, None),
        ({"user_id": ""}, {}, None),
    ],
)
async def test_a_session_is_made_from_json_or_query_or_nothing(
    client: httpx2.AsyncClient, body: dict[str, str] | None, query: dict[str, str], user: str | None
) -> None:
    made = await client.post("/api/runtime/sessions", json=body, params=query)
    assert made.status_code == 200
    told = made.json()
    assert set(told) == {"session_id", "user_id", "created_at", "last_activity", "permissions"}
    assert told["user_id"] == user
    assert str(uuid.UUID(told["session_id"])) == told["session_id"]
    assert "task:submit" in told["permissions"]
    assert not {"admin:users", "admin:system", "project:delete"} & set(told["permissions"])


async def test_a_session_is_shown_refreshed_and_ended(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/api/runtime/sessions")).json()
    path = f"/api/runtime/sessions/{made['session_id']}"
    shown = (await client.get(path)).json()
    assert shown["last_activity"] > made["last_activity"]
    assert (await client.delete(path)).status_code == 204
    assert [(await client.get(path)).status_code, (await client.delete(path)).status_code] == [404, 404]
    assert (await client.get("/api/runtime/agents", params={"session_id": made["session_id"]})).status_code == 401


async def test_a_session_expires_after_a_day_without_use(server: Server, client: httpx2.AsyncClient) -> None:
    id_ = await session(client)
    await server.hub.db.write(expire, id_)
    assert (await client.get(f"/api/runtime/sessions/{id_}")).status_code == 404
    assert (await client.get("/api/projects", params={"session_id": id_})).status_code == 401


@pytest.mark.parametrize("id_", [NOBODYS, "nonsense", "ä", "' OR 1=1 --", "0" * 150])
async def test_a_session_that_is_none_opens_nothing(client: httpx2.AsyncClient, id_: str) -> None:
    assert (await client.get(f"/api/runtime/sessions/{id_}")).status_code == 404
    for answer in (
        await client.get("/api/projects", params={"session_id": id_}),
        await client.get("/api/projects", headers={b"Authorization": f"Bearer {id_}".encode()}),
        await client.post("/api/runtime/tasks/submit", json={"agent_type": "claude", "prompt": "x", "session_id": id_}),
        await state(client, NOBODYS, session_id=id_),
    ):
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)


async def test_a_session_may_come_in_any_of_four_ways(client: httpx2.AsyncClient) -> None:
    id_ = await session(client, "four")
    run = (await submit(client, session_id=id_))["task_id"]
    for how in (
        {"params": {"session_id": id_}},
        {"headers": {"Authorization": f"Bearer {id_}"}},
        {"headers": {"Cookie": f"clawlink_session={id_}"}},
    ):
        answer = await client.get(f"/api/runtime/tasks/{run}/state", **how)  # type: ignore[arg-type]
        assert answer.status_code == 200
    assert (await client.post(f"/api/runtime/tasks/{run}/cancel", json={"session_id": id_})).status_code == 200


async def test_a_role_without_the_permission_is_told_which_one_is_missing(
    server: Server, client: httpx2.AsyncClient
) -> None:
    made = await server.hub.db.write(create, "eve", None, role=Role.VIEWER)
    body = {"agent_type": "claude", "prompt": "x", "session_id": made.id}
    answer = await client.post("/api/runtime/tasks/submit", json=body)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Permission denied: task:submit"})


# ── runs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("agent", ["claude", "Claude", "CLAUDE"])
async def test_a_submitted_run_is_pending_and_has_the_contract_s_fields(
    client: httpx2.AsyncClient, node: Node, agent: str
) -> None:
    told = await submit(client, agent_type=agent, context={"a": {"b": [1]}}, surprise=1)
    assert set(told) == {
        "task_id", "execution_uuid", "state", "success", "result", "error", "execution_time", "metadata",
    }  # fmt: skip
    assert told["task_id"] == told["execution_uuid"]
    assert (told["state"], told["success"], told["result"], told["error"]) == ("pending", False, None, None)
    order = await node.start(str(told["task_id"]))
    assert order.context["a"] == {"b": [1]}
    running = (await state(client, told["task_id"])).json()
    assert running["state"] == "running"
    assert running["execution_time"] >= 0
    await node.finish(order, "42")
    async with asyncio.timeout(20):
        await server_end(client, told["task_id"])
    done = (await state(client, told["task_id"])).json()
    assert (done["state"], done["success"], done["result"]) == ("completed", True, "42")
    assert done["metadata"]["usage"]["cost_usd"] == 0.5
    assert done["metadata"]["node"] == "played"


async def server_end(client: httpx2.AsyncClient, run: object) -> list[str]:
    """Read the run's stream until it ends; returns the kinds."""
    text = (await client.get(f"/api/runtime/tasks/{run}/stream")).text
    return [line.removeprefix("event:").strip() for line in text.splitlines() if line.startswith("event:")]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"agent_type": "nobody"}, 422),
        ({"agent_type": ""}, 422),
        ({"agent_type": None}, 422),
        ({"prompt": ""}, 422),
        ({"prompt": None}, 422),
        ({"prompt": "x" * 200_001}, 422),
        ({"context": []}, 422),
        ({"context": "x"}, 422),
        ({"task_id": 999_999}, 404),
        ({"project_id": 999_999}, 404),
        ({"task_id": "x"}, 422),
        ({"project_id": 2**70}, 422),
    ],
)
async def test_a_submission_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, fields: dict[str, object], status: int
) -> None:
    body = {"agent_type": "claude", "prompt": "x", **fields}
    assert (await client.post("/api/runtime/tasks/submit", json=body)).status_code == status


async def test_a_run_of_a_task_of_another_project_is_refused(client: httpx2.AsyncClient) -> None:
    one, other = await task(client), await task(client)
    body = {"agent_type": "claude", "prompt": "x", "task_id": one["id"], "project_id": other["project_id"]}
    assert (await client.post("/api/runtime/tasks/submit", json=body)).status_code == 422


async def test_one_session_never_reads_nor_cancels_anothers_run(client: httpx2.AsyncClient) -> None:
    ada, eve = await session(client, "ada2"), await session(client, "eve2")
    board_task = await task(client)
    for fields in ({}, {"task_id": board_task["id"]}):
        run = (await submit(client, session_id=ada, **fields))["task_id"]
        assert (await state(client, run, session_id=ada)).status_code == 200
        assert (await state(client, run, session_id=eve)).status_code == 404
        for path in ("", "/events", "/diff", "/log", "/why"):
            assert (await client.get(f"/api/runs/{run}{path}", params={"session_id": eve})).status_code == 404
        stream = await client.get(f"/api/runtime/tasks/{run}/stream", params={"session_id": eve})
        assert stream.status_code == 404
        cancelled = await client.post(f"/api/runtime/tasks/{run}/cancel", params={"session_id": eve})
        assert cancelled.status_code == 404
        listed = await client.get("/api/runs", params={"session_id": eve, "limit": "1000"})
        assert run not in [one["id"] for one in listed.json()]
    executions = await client.get(f"/api/tasks/{board_task['id']}/executions", params={"session_id": eve})
    assert executions.json() == []


async def test_the_owner_reads_every_run_and_cancels_those_made_without_a_session(client: httpx2.AsyncClient) -> None:
    sessions_run = (await submit(client, session_id=await session(client)))["task_id"]
    owners_run = (await submit(client))["task_id"]
    assert (await state(client, sessions_run)).status_code == 200
    assert (await client.post(f"/api/runtime/tasks/{sessions_run}/cancel")).status_code == 403
    assert (await client.post(f"/api/runtime/tasks/{owners_run}/cancel")).status_code == 200


async def test_a_cancelled_run_stays_cancelled_and_is_cancelled_once(client: httpx2.AsyncClient, node: Node) -> None:
    run = str((await submit(client))["task_id"])
    order = await node.start(run)
    cancelled = await client.post(f"/api/runtime/tasks/{run.upper()}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()) == (200, {"success": True, "task_id": run})
    await node.finish(order, "late words")
    told = (await state(client, run)).json()
    assert (told["state"], told["success"]) == ("cancelled", False)
    assert (await client.post(f"/api/runtime/tasks/{run}/cancel")).status_code == 409


@pytest.mark.parametrize("run", [NOBODYS, "nonsense", "1", "..", "%2e%2e"])
async def test_a_run_that_is_none_is_404(client: httpx2.AsyncClient, run: str) -> None:
    assert (await state(client, run)).status_code == 404
    assert (await client.post(f"/api/runtime/tasks/{run}/cancel")).status_code == 404


# ── executions ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def execute(client: httpx2.AsyncClient, task_id: object, prompt: str = "Do it") -> httpx2.Response:
    body = {"task_id": task_id, "agent_type": "Claude", "prompt": prompt}
    return await client.post("/api/tasks/execute", json=body)


async def order_of(client: httpx2.AsyncClient, node: Node, task_id: object) -> str:
    """The run that an execution under way has made."""
    async with asyncio.timeout(20):
        with node.hub.db.bell.listen("run.submitted") as ear:
            while not (runs := (await client.get("/api/runs", params={"task_id": str(task_id)})).json()):
                await ear.wait(1)
    return str(runs[0]["id"])


async def test_execute_answers_once_the_run_has_ended_and_moves_the_card(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    async with asyncio.TaskGroup() as tasks:
        executing = tasks.create_task(execute(client, made["id"]))
        run = await order_of(client, node, made["id"])
        order = await node.start(run)
        assert not executing.done()
        await node.finish(order, "All done")
    answer = executing.result()
    assert answer.status_code == 200
    told = answer.json()
    assert set(told) == {
        "id", "task_id", "agent_type", "prompt", "response", "status", "error_message", "started_at", "completed_at",
    }  # fmt: skip
    assert isinstance(told["id"], int)
    assert (told["status"], told["response"], told["error_message"]) == ("completed", "All done", None)
    card = (await client.get(f"/api/tasks/{made['id']}")).json()
    assert (card["assigned_agent_type"], card["agent_execution_status"]) == ("claude", "completed")


async def test_an_execution_that_fails_or_is_cancelled_is_told_as_failed(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    async with asyncio.TaskGroup() as tasks:
        failing = tasks.create_task(execute(client, made["id"], "fail"))
        order = await node.start(await order_of(client, node, made["id"]))
        await node.finish(order, error="The agent fell over.")
    assert failing.result().status_code == 200
    assert failing.result().json()["status"] == "failed"
    assert failing.result().json()["error_message"] == "The agent fell over."
    other = await task(client)
    async with asyncio.TaskGroup() as tasks:
        stopping = tasks.create_task(execute(client, other["id"]))
        run = await order_of(client, node, other["id"])
        await client.post(f"/api/runs/{run}/cancel")
    assert stopping.result().json()["status"] == "failed"
    assert "cancelled" in stopping.result().json()["error_message"]


async def test_a_caller_who_hangs_up_does_not_cancel_the_run(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    body = json.dumps({"task_id": made["id"], "agent_type": "claude", "prompt": "x"})
    writer.write(
        f"POST /api/tasks/execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    await writer.drain()
    run = await order_of(client, node, made["id"])
    writer.close()
    await writer.wait_closed()
    order = await node.start(run)
    await node.finish(order, "kept going")
    assert "run.completed" in await server_end(client, run)
    assert (await state(client, run)).json()["result"] == "kept going"


async def test_executions_are_listed_newest_first(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    numbers = [
        (await client.post("/api/runs", json={"agent": "claude", "prompt": p, "task_id": made["id"]})).json()["number"]
        for p in "ab"
    ]
    listed = (await client.get(f"/api/tasks/{made['id']}/executions")).json()
    assert [one["id"] for one in listed] == numbers[::-1]
    assert {one["status"] for one in listed} == {"running"}
    assert (await client.get("/api/tasks/999999/executions")).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"task_id": 999_999}, 404), ({"agent_type": "nobody"}, 422), ({"prompt": ""}, 422), ({"task_id": None}, 422)],
)
async def test_an_execution_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, fields: dict[str, object], status: int
) -> None:
    made = await task(client)
    body = {"task_id": made["id"], "agent_type": "claude", "prompt": "x", **fields}
    assert (await client.post("/api/tasks/execute", json=body)).status_code == status


# ── agents, skills, stream ─────────────────────────────────────────────────────────────────────────────────────────


async def test_agents_are_told_by_name_and_whether_they_answer(client: httpx2.AsyncClient, node: Node) -> None:
    assert (await client.get("/api/agents/available")).json() == ["claude", "parrot"]
    types = (await client.get("/api/agents/types")).json()
    assert types == ["auggie", "claude", "opendevin", "goose", "ollama", "parrot"]
    agents = {one["agent_type"]: one for one in (await client.get("/api/runtime/agents")).json()}
    assert set(agents["claude"]) == {"agent_type", "name", "description", "available", "capabilities", "metadata"}
    assert agents["claude"]["available"] is True
    assert (agents["goose"]["available"], agents["goose"]["metadata"]["why"]) == (False, "goose is not installed.")
    found = agents["claude"]["metadata"]
    assert set(found) == {
        "version", "why", "driver", "reached", "signed_in", "model", "models", "accounts", "nodes", "limit", "health",
    }  # fmt: skip
    assert [(one["node"], one["online"], one["why"]) for one in found["health"]] == [("played", True, None)]


async def test_three_skills_are_built_in(client: httpx2.AsyncClient) -> None:
    skills = (await client.get("/api/runtime/skills", params={"session_id": await session(client)})).json()
    assert [one["skill_id"] for one in skills] == ["code_generation", "code_analysis", "documentation"]
    assert set(skills[0]) == {"skill_id", "name", "description", "required_permissions", "metadata"}


async def test_the_stream_resumes_after_the_last_event_and_ends_with_the_run(
    client: httpx2.AsyncClient, node: Node
) -> None:
    run = str((await submit(client))["task_id"])
    await node.finish(await node.start(run))
    whole = await server_end(client, run)
    assert (whole[0], whole[-1]) == ("run.submitted", "run.completed")
    events = (await client.get(f"/api/runs/{run}/events")).json()["events"]
    third = events[2]["seq"]
    path = f"/api/runtime/tasks/{run}/stream"
    for answer in (
        await client.get(path, headers={"Last-Event-ID": str(third)}),
        await client.get(path, params={"after": third}),
    ):
        ids = [int(line.removeprefix("id:")) for line in answer.text.splitlines() if line.startswith("id:")]
        assert ids == [event["seq"] for event in events[3:]]
        assert answer.headers["content-type"].startswith("text/event-stream")
    for nonsense in ("x", "-1", "9" * 40, "²"):
        assert (await client.get(path, headers={b"Last-Event-ID": nonsense.encode()})).status_code == 200
