"""Asking a run's agent for more, and changing one's mind."""

from __future__ import annotations

import httpx2
import pytest

from coderclawlink.events import PromptTaken
from coderclawlink.link.protocol import Ask
from coderclawlink.runs import prompts
from tests.web.conftest import Node, Server, session

pytestmark = pytest.mark.anyio


async def submit(client: httpx2.AsyncClient, **params: str) -> str:
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Hello"}, params=params)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask(client: httpx2.AsyncClient, run: str, text: str, **fields: object) -> dict[str, object]:
    answer = await client.post(f"/api/runs/{run}/prompts", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_prompt_is_queued_said_to_the_node_and_told_as_taken(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    order = await node.start(run)
    answer = await ask(client, run, "And the docs", steer=True)
    assert isinstance(answer["run"], dict)
    assert isinstance(answer["prompt"], dict)
    assert answer["run"]["id"] == run
    told = answer["prompt"]
    assert (told["number"], told["state"], told["steer"], told["author"]) == (1, "queued", True, "owner")
    said = [word for word in await server.hub.db.read(prompts.to_say, node.name) if word.run == run]
    assert said == [Ask(run=run, attempt=1, number=1, text="And the docs", steer=True)]
    await node.tell(order, PromptTaken(number=1, text="And the docs"))
    (taken,) = (await client.get(f"/api/runs/{run}/prompts")).json()
    assert (taken["state"], taken["attempt"]) == ("taken", 1)
    for answered in (
        await client.patch(f"/api/runs/{run}/prompts/1", json={"text": "Other"}),
        await client.delete(f"/api/runs/{run}/prompts/1"),
    ):
        assert (answered.status_code, answered.json()["detail"]) == (409, "The agent has it already.")


async def test_a_prompt_is_changed_and_withdrawn_before(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    await node.start(run)
    await ask(client, run, "First")
    changed = await client.patch(f"/api/runs/{run}/prompts/1", json={"text": "Better"})
    assert (changed.status_code, changed.json()["text"], changed.json()["revision"]) == (200, "Better", 1)
    gone = await client.delete(f"/api/runs/{run}/prompts/1")
    assert (gone.status_code, gone.json()["state"]) == (200, "withdrawn")
    kinds = [each["kind"] for each in (await client.get(f"/api/runs/{run}/events")).json()["events"]]
    assert kinds[-3:] == ["prompt.queued", "prompt.changed", "prompt.withdrawn"]


@pytest.mark.parametrize("number", ["0", "2", "99999999999999999999"])
async def test_a_number_that_is_none_is_not_found(client: httpx2.AsyncClient, node: Node, number: str) -> None:
    run = await submit(client)
    assert (await client.patch(f"/api/runs/{run}/prompts/{number}", json={"text": "x"})).status_code == 404
    assert (await client.delete(f"/api/runs/{run}/prompts/{number}")).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 200_001}, {"text": 1}, {"text": "x", "agent": ""}])
async def test_a_prompt_has_words_and_not_too_many(
    client: httpx2.AsyncClient, node: Node, body: dict[str, object]
) -> None:
    run = await submit(client)
    assert (await client.post(f"/api/runs/{run}/prompts", json=body)).status_code == 422


async def test_another_s_run_is_not_there(client: httpx2.AsyncClient, node: Node) -> None:
    ada, eve = await session(client, "ada-p"), await session(client, "eve-p")
    run = await submit(client, session_id=ada)
    path, who = f"/api/runs/{run}/prompts", {"session_id": eve}
    for answer in (
        await client.get(path, params=who),
        await client.post(path, json={"text": "x"}, params=who),
        await client.patch(f"{path}/1", json={"text": "x"}, params=who),
        await client.delete(f"{path}/1", params=who),
        await client.post(f"/api/runs/{run}/handover", json={"agent": "claude"}, params=who),
    ):
        assert answer.status_code == 404, answer.text


async def test_to_a_run_that_has_ended_the_next_one_answers(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    await node.finish(await node.start(run), "done")
    async with client.stream("GET", f"/api/runtime/tasks/{run}/stream") as stream:
        await stream.aread()
    answer = await ask(client, run, "And the docs")
    assert isinstance(answer["run"], dict)
    assert answer["prompt"] is None
    assert answer["run"]["id"] != run
    assert answer["run"]["prompt"] == "And the docs"


async def test_a_run_is_handed_over_to_an_agent_that_is_there(client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    await node.start(run)
    path = f"/api/runs/{run}/handover"
    assert (await client.post(path, json={"agent": "nobody"})).status_code in (404, 422)
    handed = await client.post(path, json={"agent": "parrot", "text": "Go on, please."})
    assert (handed.status_code, handed.json()["agent"]) == (200, "parrot")
