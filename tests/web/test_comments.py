"""Comments, labels and a task's history over HTTP, and live."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest
import websockets

from tests.web.conftest import Node, Server, session, task

pytestmark = pytest.mark.anyio


async def bearer(client: httpx2.AsyncClient, user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await session(client, user)}"}


async def test_a_comment_is_written_changed_and_deleted(client: httpx2.AsyncClient) -> None:
    path = f"/api/tasks/{(await task(client))['id']}/comments"
    ann, bob = await bearer(client, "ann"), await bearer(client, "bob")
    made = await client.post(path, json={"text": "**Hi**"}, headers=ann)
    assert made.status_code == 201
    told = made.json()
    assert (told["text"], told["author"], told["edited_at"]) == ("**Hi**", "ann", None)
    one = f"/api/comments/{told['id']}"
    assert (await client.patch(one, json={"text": "Ho"}, headers=bob)).status_code == 403
    assert (await client.delete(one, headers=bob)).status_code == 403
    changed = (await client.patch(one, json={"text": "Ho"}, headers=ann)).json()
    assert changed["text"] == "Ho"
    assert changed["edited_at"].endswith("Z")
    assert (await client.get(path, headers=ann)).json() == [changed]
    assert (await client.delete(one)).status_code == 204  # the owner may
    assert (await client.get(path)).json() == []
    assert (await client.delete(one)).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "  "}, {"text": "x" * 20_001}, {"text": 1}])
async def test_a_comment_that_is_none_is_refused(client: httpx2.AsyncClient, body: dict[str, object]) -> None:
    answer = await client.post(f"/api/tasks/{(await task(client))['id']}/comments", json=body)
    assert answer.status_code == 422


async def test_what_is_not_there_is_not_found(client: httpx2.AsyncClient) -> None:
    for path in ("comments", "labels", "attachments", "activity"):
        assert (await client.get(f"/api/tasks/0/{path}")).status_code == 404
    assert (await client.post("/api/tasks/999999/comments", json={"text": "x"})).status_code == 404
    assert (await client.get("/api/projects/999999/labels")).status_code == 404
    assert (await client.patch("/api/labels/999999", json={"name": "x"})).status_code == 404


async def test_labels_are_put_on_and_taken_off_by_name(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    path = f"/api/tasks/{made['id']}/labels"
    put = (await client.patch(path, json={"add": ["bug", "UI"]})).json()
    assert [label["name"] for label in put] == ["bug", "UI"]
    assert (await client.patch(path, json={"remove": ["BUG"]})).json() == put[1:]
    assert (await client.get(path)).json() == put[1:]
    listed = (await client.get(f"/api/projects/{made['project_id']}/labels")).json()
    assert listed == put
    one = f"/api/labels/{put[0]['id']}"
    assert (await client.patch(one, json={"name": "defect", "colour": "pink"})).json()["colour"] == "pink"
    assert (await client.patch(one, json={"colour": "#ff0000"})).status_code == 422
    assert (await client.patch(one, json={"name": "ui"})).status_code == 409
    again = await client.post(f"/api/projects/{made['project_id']}/labels", json={"name": "Defect"})
    assert again.status_code == 409
    assert (await client.delete(one)).status_code == 204
    assert len((await client.get(f"/api/projects/{made['project_id']}/labels")).json()) == 1


async def test_a_tasks_history_is_told_a_page_at_a_time(client: httpx2.AsyncClient, node: Node) -> None:
    path = f"/api/tasks/{(await task(client))['id']}"
    await client.post(f"{path}/comments", json={"text": "First"})
    await client.patch(path, json={"status": "blocked"})
    await client.patch(f"{path}/labels", json={"add": ["bug"]})
    first = (await client.get(f"{path}/activity", params={"limit": 2})).json()
    assert [entry["text"] for entry in first["entries"]] == ["put on bug", "moved it to blocked"]
    second = (await client.get(f"{path}/activity", params={"limit": 2, "before": first["next"]})).json()
    assert [entry["text"] for entry in second["entries"]] == ["commented", "created it"]
    assert second["entries"][0]["comment"]["text"] == "First"
    assert second["next"] is None


async def test_what_people_say_is_seen_live(client: httpx2.AsyncClient, server: Server) -> None:
    made = await task(client)
    async with asyncio.timeout(20), websockets.connect(f"ws://127.0.0.1:{server.port}/api/live") as socket:
        await socket.send(json.dumps({"subscribe": {"board": True}}))
        assert "subscribed" in json.loads(await socket.recv())
        await client.post(f"/api/tasks/{made['id']}/comments", json={"text": "Look"})
        await client.patch(f"/api/tasks/{made['id']}/labels", json={"add": ["bug"]})
        seen: list[dict[str, object]] = []
        while len(seen) < 3:
            seen += json.loads(await socket.recv()).get("events", [])
    assert [event["kind"] for event in seen] == ["comment.created", "label.created", "task.labelled"]
    assert (seen[0]["text"], seen[0]["task_id"]) == ("Look", made["id"])


async def test_an_agent_is_told_of_its_task_what_a_colleague_would_be(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    other = await task(client)
    path = f"/api/tasks/{made['id']}"
    linked = await client.post(f"{path}/links", json={"link": "relates", "other": other["id"]})
    assert linked.status_code < 300, linked.text
    for n in range(55):
        await client.post(f"{path}/comments", json={"text": f"Comment {n}"})
    await client.patch(f"{path}/labels", json={"add": ["bug"]})
    await client.put(f"{path}/attachments", params={"name": "log.txt"}, content=b"boom")
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Mend it", "task_id": made["id"]})
    order = await node.order(answer.json()["id"])
    told = order.context["task"]
    assert (told["key"], told["title"], told["description"]) == (made["key"], "A task", None)
    assert (told["labels"], told["comments_left_out"]) == (["bug"], 5)
    assert [one["text"] for one in told["comments"]] == [f"Comment {n}" for n in range(5, 55)]
    assert told["comments"][0]["author"] == "owner"
    assert told["attachments"] == [{"name": "log.txt", "size": 4, "media_type": "text/plain"}]
    assert [(file.name, file.size) for file in order.attachments] == [("log.txt", 4)]
    assert told["links"] == [{"kind": "relates_to", "key": other["key"], "title": "A task", "status": "todo"}]
    await node.finish(await node.start(order.run))


async def test_comments_that_are_too_long_together_leave_the_oldest_out(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    for letter in "abcd":
        await client.post(f"/api/tasks/{made['id']}/comments", json={"text": letter * 20_000})
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Mend it", "task_id": made["id"]})
    order = await node.order(answer.json()["id"])
    told = order.context["task"]
    assert [one["text"][0] for one in told["comments"]] == ["b", "c", "d"]
    assert told["comments_left_out"] == 1
    await node.finish(await node.start(order.run))


async def test_a_task_of_which_nothing_is_said_is_told_as_ever(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Mend it", "task_id": made["id"]})
    order = await node.order(answer.json()["id"])
    assert order.context["task"] == {"key": made["key"], "title": "A task", "description": None}
    await node.finish(await node.start(order.run))
