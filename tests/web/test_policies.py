"""Policies over HTTP: put in force, narrowing what the table allows, tested, tried, replayed, taken back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from coderclawlink.access.rego import Rego
from tests.web.conftest import Node, Server, project, session, task

pytestmark = pytest.mark.anyio

HEAD = "package clawlink\nimport rego.v1\n"
NO_GOOSE = HEAD + (
    "default allow := true\n"
    'allow := false if { input.action == "agent:execute"; input.resource.agent == "goose" }\n'
    'reason := "Goose is not to be used." if { not allow }\n'
)
READ_ONLY = HEAD + (
    'default allow := false\nallow if { input.request.method == "GET" }\nreason := "Nothing changes on Sundays."\n'
)
TESTS = """package clawlink_test
test_goose := {"input": {"action": "agent:execute", "resource": {"agent": "goose"}}, "allow": false}
"""


@pytest.fixture(autouse=True)
async def none_in_force(server: Server, client: httpx2.AsyncClient) -> AsyncIterator[None]:
    """The machine is a busy one: the policies are given more time than they are in earnest. None is left behind."""
    engine = server.hub.rules.engine
    assert isinstance(engine, Rego)
    engine._deadline = 5.0
    yield
    for found in server.hub.rules.in_force:
        await client.delete("/api/policies", params={} if found is None else {"project_id": found})


async def put(client: httpx2.AsyncClient, *texts: str, project_id: object = None) -> httpx2.Response:
    names = ("main.rego", "main_test.rego")
    params = {} if project_id is None else {"project_id": str(project_id)}
    return await client.put("/api/policies", json={"modules": dict(zip(names, texts, strict=False))}, params=params)


async def test_a_policy_narrows_what_the_table_allows_and_says_why(client: httpx2.AsyncClient) -> None:
    made = await put(client, NO_GOOSE, TESTS)
    assert made.status_code == 200, made.text
    assert made.json()["tests"] == [{"name": "data.clawlink_test.test_goose", "passed": True}]
    of = await task(client)
    refused = await client.post("/api/runs", json={"agent": "goose", "prompt": "x", "task_id": of["id"]})
    assert refused.status_code == 403
    assert refused.json() == {"detail": "The policy does not allow agent:execute: Goose is not to be used."}
    allowed = await client.post("/api/runs", json={"agent": "claude", "prompt": "x", "task_id": of["id"]})
    assert allowed.status_code == 201
    run = allowed.json()["id"]
    for further in ({"text": "y", "agent": "goose"}, {"text": "y", "agent": "goose", "steer": True}):
        assert (await client.post(f"/api/runs/{run}/prompts", json=further)).status_code == 403
    moved = {"status": "in_progress", "agent": "goose"}
    assert (await client.post(f"/api/tasks/{of['id']}/move", json=moved)).status_code == 403


async def test_one_never_widens_what_the_table_allows(client: httpx2.AsyncClient) -> None:
    assert (await put(client, HEAD + "allow := true")).status_code == 200
    nobody = {"Authorization": f"Bearer {await session(client)}"}
    refused = await client.put("/api/policies", json={"modules": {"main.rego": HEAD}}, headers=nobody)
    assert refused.status_code == 403
    assert refused.json() == {"detail": "Permission denied: admin:system"}


async def test_one_that_allows_nothing_can_still_be_taken_back(client: httpx2.AsyncClient) -> None:
    assert (await put(client, HEAD + "allow := false")).status_code == 200
    assert (await client.get("/api/projects")).status_code == 403
    assert (await client.get("/api/policies")).json()["version"] > 0
    assert (await client.delete("/api/policies")).status_code == 204
    assert (await client.get("/api/projects")).status_code == 200
    assert (await client.delete("/api/policies")).status_code == 404


async def test_a_projects_policy_holds_for_what_is_in_it_however_it_is_named(
    client: httpx2.AsyncClient, node: Node
) -> None:
    mine, other = await task(client), await task(client)
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x", "task_id": mine["id"]})).json()
    number, its = mine["id"], mine["project_id"]
    comment = await client.post(f"/api/tasks/{number}/comments", json={"text": "x"})
    assert (await put(client, READ_ONLY, project_id=its)).status_code == 200
    asked = [
        client.patch(f"/api/tasks/{number}", json={"title": "y"}),
        client.post("/api/tasks", json={"project_id": its, "title": "y"}),
        client.post("/api/tasks", json={"project_id": str(its), "title": "y"}),
        client.post("/api/tasks", json={"project_id": float(str(its)), "title": "y"}),
        client.post(
            "/api/tasks",
            content=json.dumps({"project_id": its, "title": "y"}),
            headers={"Content-Type": "application/JSON; charset=utf-8"},
        ),
        client.put(
            f"/api/tasks/{number}/attachments",
            content=b"{no json",
            params={"name": "a.json"},
            headers={"Content-Type": "application/json"},
        ),
        client.post("/api/tasks/bulk", json={"ids": [other["id"], number], "delete": True}),
        client.post(f"/api/runs/{run['id']}/cancel", json={}),
        client.post(f"/api/runtime/tasks/{run['id']}/cancel", json={}),
        client.post(f"/api/runs/{run['id'].upper()}/cancel", json={}),
        client.delete(f"/api/comments/{comment.json()['id']}"),
        client.delete(f"/api/projects/{its}"),
    ]
    for answer in await asyncio.gather(*asked):
        assert (answer.status_code, "Nothing changes on Sundays." in answer.text) == (403, True), answer.request.url
    assert (await client.get(f"/api/tasks/{number}")).status_code == 200
    assert (await client.patch(f"/api/tasks/{other['id']}", json={"title": "y"})).status_code == 200


async def test_the_live_socket_is_no_way_around_it(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    of = await task(client)
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x", "task_id": of["id"]})).json()["id"]
    await node.start(run)
    nothing = HEAD + 'default allow := false\nallow if { input.request.method == "" }'
    assert (await put(client, nothing, project_id=of["project_id"])).status_code == 200
    uri = f"ws://127.0.0.1:{server.port}/api/live"
    async with connect(uri, compression=None, proxy=None) as live, asyncio.timeout(20):
        for frame in (
            {"prompt": {"run": run, "text": "more"}},
            {"prompt": {"run": run.upper(), "text": "more"}},
            {"subscribe": {"runs": [run]}},
            {"subscribe": {"tasks": [of["id"]], "board": True}},
        ):
            await live.send(json.dumps(frame))
            assert "The policy does not allow task:" in json.loads(await live.recv())["error"]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ((HEAD + "x := opa.runtime()",), "opa.* is refused"),
        ((HEAD + "allow := := 1",), "does not compile: main.rego:3"),
        ((HEAD + "allow := true", TESTS), "1 of its 1 tests fail: data.clawlink_test.test_goose."),
        (("package other",), "No module says `package clawlink`"),
    ],
)
async def test_one_that_is_unsound_or_fails_its_tests_is_not_put_in_force(
    client: httpx2.AsyncClient, texts: tuple[str, ...], says: str
) -> None:
    answer = await put(client, *texts)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert (await client.get("/api/policies")).status_code == 404


async def test_versions_are_kept_and_restored(client: httpx2.AsyncClient) -> None:
    of = (await project(client))["id"]
    params = {"project_id": str(of)}
    for text in (NO_GOOSE, HEAD + "allow := true"):
        assert (await put(client, text, project_id=of)).status_code == 200
    found = (await client.get("/api/policies/versions", params=params)).json()
    assert [(one["version"], one["active"], one["changed_by"]) for one in found] == [
        (2, True, "owner"),
        (1, False, "owner"),
    ]
    restored = await client.post("/api/policies/restore", json={"version": 1}, params=params)
    assert (restored.status_code, restored.json()["version"]) == (200, 3)
    assert (await client.get("/api/policies", params=params)).json()["modules"] == {"main.rego": NO_GOOSE}
    assert (await client.get("/api/policies/versions/9", params=params)).status_code == 404
    assert (await client.get("/api/policies", params={"project_id": "999999"})).status_code == 404


async def test_a_change_and_a_refusal_are_audited(client: httpx2.AsyncClient) -> None:
    await put(client, READ_ONLY)
    assert (await client.post("/api/projects", json={"name": "x", "key": "NOPE"})).status_code == 403
    await client.delete("/api/policies")
    found = (await client.get("/api/audit", params={"limit": 10})).json()["events"]
    assert [one["action"] for one in found[:3]] == ["policy.changed", "permission.denied", "policy.changed"]
    assert found[1]["details"]["permission"] == "project:write"
    assert "Nothing changes on Sundays." in found[1]["details"]["reason"]


async def test_one_is_tried_on_one_input_and_tested_without_being_kept(client: httpx2.AsyncClient) -> None:
    given = {"action": "agent:execute", "resource": {"agent": "goose"}}
    tried = await client.post("/api/policies/try", json={"modules": {"main.rego": NO_GOOSE}, "input": given})
    assert tried.status_code == 200
    assert (tried.json()["allow"], tried.json()["reason"]) in (
        (False, "Goose is not to be used."),
        (False, "The policy took too long: more than 50 ms."),
    )
    none = await client.post("/api/policies/try", json={"input": given})
    assert (none.status_code, none.json()["detail"]) == (404, "No policy is in force: give the modules to try.")
    tested = await client.post(
        "/api/policies/test", json={"modules": {"main.rego": HEAD + "allow := true", "main_test.rego": TESTS}}
    )
    assert tested.json() == [{"name": "data.clawlink_test.test_goose", "passed": False}]


async def until_decided(client: httpx2.AsyncClient, **params: str) -> list[dict[str, object]]:
    """Decisions are written down once a second."""
    async with asyncio.timeout(10):
        while True:
            found: list[dict[str, object]] = (await client.get("/api/policies/decisions", params=params)).json()[
                "decisions"
            ]
            if found:
                return found
            await asyncio.sleep(0.1)


async def test_what_was_done_is_kept_and_a_policy_replayed_on_it(client: httpx2.AsyncClient) -> None:
    of = await task(client)
    params = {"project_id": str(of["project_id"])}
    await client.post("/api/runs", json={"agent": "goose", "prompt": "x", "task_id": of["id"]})
    assert await until_decided(client, **params)
    replayed = await client.post("/api/policies/replay", json={"modules": {"main.rego": NO_GOOSE}}, params=params)
    told = replayed.json()
    assert (told["blocked"], told["left"], told["by_permission"]) == (1, 0, {"agent:execute": 1}), told
    assert told["asked"] >= 2
    example = told["examples"][0]
    assert (example["actor"], example["project"], example["resource"]["agent"]) == (
        "owner",
        str(of["key"]).split("-")[0],
        "goose",
    )
    later = {"modules": {"main.rego": NO_GOOSE}, "since": "2999-01-01T00:00:00Z"}
    assert (await client.post("/api/policies/replay", json=later, params=params)).json()["asked"] == 0


async def test_what_was_refused_is_kept_with_its_reason(client: httpx2.AsyncClient) -> None:
    of = await task(client)
    await put(client, READ_ONLY, project_id=of["project_id"])
    told = (await client.patch(f"/api/tasks/{of['id']}", json={"title": "y"})).json()["detail"]
    assert told.endswith(f"Nothing changes on Sundays. (So says the policy of {str(of['key']).rpartition('-')[0]}.)")
    found = await until_decided(client, project_id=str(of["project_id"]), refused="true")
    assert (found[0]["by"], found[0]["reason"], found[0]["permission"]) == (
        "policy",
        "Nothing changes on Sundays.",
        "project:write",
    )


@pytest.mark.parametrize("path", ["", "/versions", "/decisions"])
async def test_policies_are_an_administrators(client: httpx2.AsyncClient, path: str) -> None:
    developer = {"Authorization": f"Bearer {await session(client, 'ann')}"}
    assert (await client.get(f"/api/policies{path}", headers=developer)).status_code == 403


async def test_what_a_policy_takes_away_is_no_longer_told_live(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = (await client.post("/api/runs", json={"agent": "claude", "prompt": "x"})).json()["id"]
    async with (
        asyncio.timeout(20),
        connect(f"ws://127.0.0.1:{server.port}/api/live", compression=None, proxy=None) as live,
        client.stream("GET", f"/api/runtime/tasks/{run}/stream") as stream,
    ):
        await live.send(json.dumps({"subscribe": {"runs": [run]}}))
        assert "subscribed" in json.loads(await live.recv())
        lines = stream.aiter_lines()
        assert await anext(lines)
        blind = HEAD + 'default allow := true\nallow := false if { input.action == "task:view" }\n'
        assert (await put(client, blind)).status_code == 200
        assert "error" in json.loads(await live.recv())
        with pytest.raises(ConnectionClosed):
            await live.recv()
        assert live.close_code == 4403
        assert "what you may has changed" in " ".join([line async for line in lines])
