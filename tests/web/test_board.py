"""Projects and tasks over HTTP, line by line of the contract."""

from __future__ import annotations

import asyncio
import re

import httpx2
import pytest

from tests.web.conftest import project, task

pytestmark = pytest.mark.anyio

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


async def test_a_project_is_made_with_its_key_in_upper_case_and_all_its_fields(client: httpx2.AsyncClient) -> None:
    made = await client.post("/api/projects", json={"name": "Demo", "key": "demo_1", "surprise": True})
    assert made.status_code == 201
    body = made.json()
    assert set(body) == {
        "id", "name", "key", "description", "status", "github_repo_url", "github_repo_owner", "github_repo_name",
        "telegram_chat_id", "created_at", "updated_at",
    }  # fmt: skip
    assert (body["key"], body["status"], body["description"]) == ("DEMO_1", "active", None)
    assert isinstance(body["id"], int)
    assert STAMP.fullmatch(body["created_at"])
    assert (await client.get(f"/api/projects/{body['id']}")).json() == body
    assert body in (await client.get("/api/projects")).json()


async def test_a_repository_on_the_code_host_is_known_by_owner_and_name(client: httpx2.AsyncClient) -> None:
    url = "https://github.com/octo/cat.git/"
    made = await client.post("/api/projects", json={"name": "x", "key": "REPO", "github_repo_url": url})
    assert (made.json()["github_repo_owner"], made.json()["github_repo_name"]) == ("octo", "cat")


@pytest.mark.parametrize("key", ["TWICE", "twice"])
async def test_a_key_is_taken_in_either_case(client: httpx2.AsyncClient, key: str) -> None:
    await client.post("/api/projects", json={"name": "x", "key": "Twice"})
    again = await client.post("/api/projects", json={"name": "x", "key": key})
    assert again.status_code == 409
    assert isinstance(again.json()["detail"], str)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"key": "X"},
        {"name": "", "key": "X"},
        {"name": "x" * 256, "key": "X"},
        {"name": "x", "key": ""},
        {"name": "x", "key": "K" * 51},
        {"name": "x", "key": "1X"},
        {"name": "x", "key": "A-B"},
        {"name": "x", "key": "Ä"},
        {"name": "x", "key": "X", "status": "gone"},
        {"name": "x", "key": "X", "github_repo_url": "not a url"},
        {"name": None, "key": "X"},
        {"name": 7, "key": "X"},
    ],
)
async def test_a_project_that_makes_no_sense_is_422(client: httpx2.AsyncClient, body: dict[str, object]) -> None:
    answer = await client.post("/api/projects", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_a_project_is_changed_by_the_fields_named_and_null_only_where_it_may(client: httpx2.AsyncClient) -> None:
    made = await project(client)
    path = f"/api/projects/{made['id']}"
    changed = await client.patch(path, json={"description": "d", "status": "on_hold", "unknown": 1, "key": "OTHER"})
    assert changed.status_code == 200
    body = changed.json()
    assert (body["description"], body["status"], body["key"]) == ("d", "on_hold", made["key"])
    assert (await client.patch(path, json={"description": None})).json()["description"] is None
    assert (await client.patch(path, json={"name": None})).status_code == 422
    assert (await client.patch(path, json={"status": None})).status_code == 422
    assert (await client.patch(path, json={})).status_code == 200


async def test_a_deleted_project_takes_its_tasks_and_runs_along(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x", "task_id": made["id"]})).json()
    assert (await client.delete(f"/api/projects/{made['project_id']}")).status_code == 204
    for path in (f"/api/projects/{made['project_id']}", f"/api/tasks/{made['id']}", f"/api/runs/{run['id']}"):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("number", ["0", "-1", "999999999", "99999999999999999999999"])
@pytest.mark.parametrize("noun", ["projects", "tasks"])
async def test_what_is_not_there_is_404(client: httpx2.AsyncClient, noun: str, number: str) -> None:
    path = f"/api/{noun}/{number}"
    answers = [
        await client.get(path),
        await client.patch(path, json={"description": "x"}),
        await client.delete(path),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert all(isinstance(answer.json()["detail"], str) for answer in answers)


async def test_a_number_that_is_none_is_422(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/projects/abc")).status_code == 422


async def test_twenty_tasks_made_at_once_have_twenty_keys_in_a_row(client: httpx2.AsyncClient) -> None:
    made = await project(client)
    body = {"project_id": made["id"], "title": "t"}
    answers = await asyncio.gather(*(client.post("/api/tasks", json=body) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["key"] for answer in answers} == {f"{made['key']}-{n}" for n in range(1, 21)}


async def test_a_number_is_never_used_again_after_a_delete(client: httpx2.AsyncClient) -> None:
    first = await task(client)
    await client.delete(f"/api/tasks/{first['id']}")
    second = await client.post("/api/tasks", json={"project_id": first["project_id"], "title": "t"})
    assert second.json()["key"] == str(first["key"]).removesuffix("-1") + "-2"


async def test_a_task_has_all_its_fields_and_its_defaults(client: httpx2.AsyncClient) -> None:
    made = await task(client)
    assert set(made) == {
        "id", "project_id", "key", "title", "description", "status", "priority", "assigned_agent_type",
        "agent_execution_status", "github_pr_url", "github_pr_number", "github_branch_name", "created_at", "updated_at",
        "assignee",  # beside those of the contract
    }  # fmt: skip
    assert (made["status"], made["priority"], made["assigned_agent_type"]) == ("todo", "medium", None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"project_id": 999_999, "title": "t"}, 404),
        ({"project_id": 2**40, "title": "t"}, 404),
        ({"project_id": "x", "title": "t"}, 422),
        ({"title": "t"}, 422),
        ({"project_id": 1}, 422),
        ({"project_id": 1, "title": ""}, 422),
        ({"project_id": 1, "title": "x" * 501}, 422),
        ({"project_id": 1, "title": "t", "status": "doing"}, 422),
        ({"project_id": 1, "title": "t", "priority": "urgent"}, 422),
    ],
)
async def test_a_task_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, body: dict[str, object], status: int
) -> None:
    assert (await client.post("/api/tasks", json=body)).status_code == status


async def test_tasks_are_listed_by_project_all_of_them_or_a_page(client: httpx2.AsyncClient) -> None:
    made = await project(client)
    for title in "abc":
        await client.post("/api/tasks", json={"project_id": made["id"], "title": title})
    listed = await client.get("/api/tasks", params={"project_id": str(made["id"])})
    assert [one["title"] for one in listed.json()] == ["a", "b", "c"]
    paged = await client.get("/api/tasks", params={"project_id": str(made["id"]), "limit": 1, "offset": 1})
    assert [one["title"] for one in paged.json()] == ["b"]
    done = await client.get("/api/tasks", params={"project_id": str(made["id"]), "status": "done"})
    assert done.json() == []
    assert len((await client.get("/api/tasks")).json()) > 3
    assert (await client.get("/api/tasks", params={"project_id": "999999"})).json() == []


async def test_a_task_is_changed_by_the_fields_named_and_null_only_where_it_may(client: httpx2.AsyncClient) -> None:
    path = f"/api/tasks/{(await task(client))['id']}"
    changes = {"status": "done", "priority": "critical", "assigned_agent_type": "goose", "title": "T", "x": 1}
    changed = (await client.patch(path, json=changes)).json()
    assert {name: changed[name] for name in changes if name != "x"} == {
        "status": "done", "priority": "critical", "assigned_agent_type": "goose", "title": "T",
    }  # fmt: skip
    assert (await client.patch(path, json={"assigned_agent_type": None})).status_code == 200
    for name in ("title", "status", "priority"):
        assert (await client.patch(path, json={name: None})).status_code == 422
