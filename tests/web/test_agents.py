"""Agents over HTTP: what is known of them, their configuration in versions, and their rules tried without harm."""

from __future__ import annotations

import httpx2
import pytest

from coderclawlink.agents import learnt
from coderclawlink.ids import RunId, TaskId
from coderclawlink.rules import Rule
from tests.web.conftest import Node, Server, project, session, task

pytestmark = pytest.mark.anyio

CLAUDE = "/api/agents/claude"
SAID = {
    "model": "sonnet",
    "mode": "auto",
    "env": {"GREETING": "hi", "API_TOKEN": "{secret:TOKEN}"},
    "timeout_seconds": 60,
    "rules": [{"effect": "deny", "command": "git push *", "why": "People push."}],
    "mcp_servers": [{"name": "files", "command": "mcp-files", "args": ["--root", "."]}],
    "fallback": [{"model": "haiku"}],
}


async def test_all_that_is_known_of_an_agent_is_shown_with_its_configurations(
    client: httpx2.AsyncClient, node: Node
) -> None:
    of = await project(client)
    path = f"{CLAUDE}/configuration"
    await client.put(path, json={"configuration": {"model": "m", "mode": "ask"}})
    await client.put(f"{path}?project_id={of['id']}", json={"configuration": {"mode": "auto"}})
    shown = (await client.get("/api/agents/CLAUDE")).json()
    assert (shown["name"], shown["available"], shown["metadata"]["version"]) == ("claude", True, "claude 1")
    assert shown["metadata"]["health"][0]["node"] == node.name
    assert shown["may_configure"] is True
    assert shown["configuration"]["configuration"] == {"model": "m", "mode": "ask"}
    [layer] = [one for one in shown["projects"] if one["project_id"] == of["id"]]
    assert (layer["project_key"], layer["version"], layer["configuration"]) == (of["key"], 1, {"mode": "auto"})
    assert layer["effective"] == {"model": "m", "mode": "auto"}
    absent = (await client.get("/api/agents/goose")).json()
    assert (absent["available"], absent["metadata"]["why"]) == (False, "goose is not installed.")
    assert absent["configuration"]["version"] == 0
    assert (await client.get("/api/agents/nobody")).status_code == 404


async def test_a_configuration_is_put_shown_versioned_restored_and_cleared(
    client: httpx2.AsyncClient, node: Node
) -> None:
    of = await project(client)
    path, here = f"{CLAUDE}/configuration", {"project_id": str(of["id"])}
    assert (await client.get(path, params=here)).json()["version"] == 0
    made = await client.put(path, params=here, json={"configuration": SAID})
    assert made.status_code == 200
    body = made.json()
    assert (body["version"], body["changed_by"], body["project_id"]) == (1, "owner", of["id"])
    assert body["configuration"] == {**SAID, "timeout_seconds": 60.0}
    assert (await client.get(path, params=here)).json() == body
    same = await client.put(path, params=here, json={"configuration": body["configuration"]})
    assert same.json() == body
    assert (await client.put(path, params=here, json={"configuration": {"mode": "ask"}})).json()["version"] == 2
    back = await client.post(f"{path}/restore", params=here, json={"version": 1})
    assert (back.json()["version"], back.json()["configuration"]) == (3, body["configuration"])
    cleared = await client.delete(path, params=here)
    assert (cleared.json()["version"], cleared.json()["configuration"]) == (4, {})
    versions = (await client.get(f"{path}/versions", params=here)).json()
    assert [one["version"] for one in versions] == [4, 3, 2, 1]
    assert (await client.post(f"{path}/restore", params=here, json={"version": 9})).status_code == 404
    assert (await client.post(f"{path}/restore", params=here, json={"version": 0})).status_code == 422


async def test_a_configuration_may_come_as_toml_and_a_mistake_is_told_with_its_line(
    client: httpx2.AsyncClient, node: Node
) -> None:
    path = "/api/agents/parrot/configuration"
    text = 'mode = "ask"\n[[rules]]\neffect = "allow"\ncommand = "git status"\n'
    made = await client.put(path, json={"toml": text})
    assert made.json()["configuration"] == {
        "mode": "ask", "rules": [{"effect": "allow", "command": "git status"}]
    }  # fmt: skip
    wrong = await client.put(path, json={"toml": text + 'colour = "red"\n'})
    assert wrong.status_code == 422
    assert wrong.json()["detail"] == "configuration, line 5: rules.1.colour: is not a known key"


@pytest.mark.parametrize(
    ("configuration", "where", "what"),
    [
        ({"mode": "loud"}, ["mode"], "'ask' or 'auto'"),
        ({"rules": [{"effect": "deny"}, {"effect": "perhaps"}]}, ["rules", 1, "effect"], "'allow', 'deny' or 'ask'"),
        ({"colour": 1}, ["colour"], "Extra inputs"),
        ({"env": {"PATH": "/x"}}, ["env"], "PATH is set by the node"),
        ({"budget_usd": "2"}, ["budget_usd"], "valid number"),
        ({"fallback": [{}]}, ["fallback", 0], "names an account"),
        ([], [], "valid dictionary"),
    ],
)
async def test_a_mistake_in_json_is_told_with_its_place(
    client: httpx2.AsyncClient, node: Node, configuration: object, where: list[object], what: str
) -> None:
    answer = await client.put(f"{CLAUDE}/configuration", json={"configuration": configuration})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["body", "configuration", *where]
    assert what in problem["msg"]


@pytest.mark.parametrize("body", [{}, {"configuration": {}, "toml": ""}, {"configuration": None}])
async def test_either_json_or_toml_is_given(client: httpx2.AsyncClient, node: Node, body: dict[str, object]) -> None:
    answer = await client.put(f"{CLAUDE}/configuration", json=body)
    assert answer.status_code == 422
    assert "either configuration or toml" in answer.text


async def test_a_secret_as_it_is_is_refused_and_never_said_again(client: httpx2.AsyncClient, node: Node) -> None:
    secret = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz"
    for body in ({"configuration": {"env": {"LLM": secret}}}, {"toml": f'[env]\nLLM = "{secret}"\n'}):
        answer = await client.put(f"{CLAUDE}/configuration", json=body)
        assert answer.status_code == 422
        assert "clawlink secret set LLM" in answer.json()["detail"]
        assert secret not in answer.text


async def test_who_may_not_configure_may_look(client: httpx2.AsyncClient, node: Node) -> None:
    headers = {"Authorization": f"Bearer {await session(client)}"}
    path = f"{CLAUDE}/configuration"
    assert (await client.get(path, headers=headers)).status_code == 200
    for answer in (
        await client.put(path, headers=headers, json={"configuration": {}}),
        await client.delete(path, headers=headers),
        await client.post(f"{path}/restore", headers=headers, json={"version": 1}),
    ):
        assert answer.status_code == 403
        assert answer.json()["detail"] == "Permission denied: agent:configure"


@pytest.mark.parametrize("path", ["nobody/configuration", "claude/configuration?project_id=999999", "a%2Fb/rules"])
async def test_what_is_not_there_is_404(client: httpx2.AsyncClient, node: Node, path: str) -> None:
    assert (await client.get(f"/api/agents/{path}")).status_code == 404
    if "rules" not in path:
        assert (await client.put(f"/api/agents/{path}", json={"configuration": {}})).status_code == 404


# ── rules ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rules_are_tried_without_doing_anything(client: httpx2.AsyncClient, server: Server, node: Node) -> None:
    of = await task(client)
    push = {"effect": "deny", "command": "git push *", "why": "People push."}
    where = {"project_id": str(of["project_id"])}
    await client.put("/api/agents/goose/configuration", params=where, json={"configuration": {"rules": [push]}})
    asked = Rule(effect="allow", tool="execute", command="make test")
    task_id, run = TaskId(int(str(of["id"]))), RunId("r")
    server.hub.db.write_now(learnt.learn, "goose", task_id, run, [asked], "ann")

    async def trial(command: str, **more: object) -> httpx2.Response:
        act = {"tool": "execute", "command": command}
        return await client.post("/api/agents/goose/rules/try", json={"act": act, "task_id": of["id"], **more})

    denied = (await trial("git push origin main")).json()
    assert (denied["effect"], denied["why"]) == ("deny", "People push.")
    assert (denied["rule"]["origin"], denied["rule"]["text"]) == ("project", "deny command git push *")
    allowed = (await trial("make test")).json()
    assert (allowed["effect"], allowed["rule"]["origin"], allowed["rule"]["learnt_by"]) == ("allow", "learnt", "ann")
    asks = (await trial("make install")).json()
    assert (asks["effect"], asks["rule"]) == ("ask", None)
    assert "no mode is configured" in asks["why"]
    await client.put("/api/agents/goose/configuration", params=where, json={"configuration": {"mode": "auto"}})
    assert (await trial("git push")).json()["why"] == "No rule decides; the mode is auto."
    assert (await trial("x", act={"comand": "typo"})).status_code == 422


async def test_rules_are_listed_by_origin_and_what_was_learnt_can_be_forgotten(
    client: httpx2.AsyncClient, server: Server, node: Node
) -> None:
    of = await task(client)
    rule = Rule(effect="allow", path="docs/*")
    server.hub.db.write_now(learnt.learn, "claude", TaskId(int(str(of["id"]))), RunId("r"), [rule], "ann")
    where = {"task_id": str(of["id"])}
    [one] = [
        rule
        for rule in (await client.get(f"{CLAUDE}/rules", params=where)).json()["rules"]
        if rule["origin"] == "learnt"
    ]
    assert one["rule"]["path"] == "docs/*"
    [known] = [own for own in (await client.get(f"{CLAUDE}/learnt")).json() if own["id"] == one["learnt_id"]]
    assert (known["text"], known["task_key"], known["learnt_by"]) == ("allow path docs/*", of["key"], "ann")
    of_goose = (await client.get("/api/agents/goose/learnt")).json()
    assert known not in of_goose
    assert (await client.delete(f"/api/agents/goose/rules/{one['learnt_id']}")).status_code == 404
    assert (await client.delete(f"{CLAUDE}/rules/{one['learnt_id']}")).status_code == 204
    assert (await client.delete(f"{CLAUDE}/rules/{one['learnt_id']}")).status_code == 404
    assert (await client.get(f"{CLAUDE}/rules", params={"task_id": "999999"})).status_code == 404
