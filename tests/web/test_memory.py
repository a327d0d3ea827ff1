"""What a session remembers: it and its runs alone are told, as far as it wants, until it forgets or ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from coderclawlink.access.policy import OWNER
from coderclawlink.db.schema import memories
from coderclawlink.ids import RunId
from coderclawlink.node import briefing
from coderclawlink.runs.memory import TOLD_AT_MOST
from tests.web.conftest import Node, Server, project, session

pytestmark = pytest.mark.anyio

NOWHERE = Path("/nowhere")


async def asked(client: httpx2.AsyncClient, session: str, prompt: str, **fields: Any) -> str:
    body = {"agent_type": "claude", "prompt": prompt, "session_id": session, **fields}
    answer = await client.post("/api/runtime/tasks/submit", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


async def answered(server: Server, node: Node, run: str, answer: str) -> None:
    await node.finish(await node.start(run), answer)
    async with asyncio.timeout(20):
        await server.hub.runtime.until_ended(OWNER, RunId(run))


async def words_for(node: Node, run: str) -> str:
    """What its agent is told beside the prompt."""
    return briefing.brief(await node.order(run), "", NOWHERE)


async def remembered(client: httpx2.AsyncClient, session: str, **query: int) -> Any:
    answer = await client.get(f"/api/runtime/sessions/{session}/memory", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_later_run_of_the_session_is_told_and_no_run_of_another(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    mine, other = await session(client, "ann"), await session(client, "ann")
    first = await asked(client, mine, "Which colour?\nscript:\nsay no")
    await answered(server, node, first, "Blue is the colour.")
    note = {"text": "Ann likes tea."}
    assert (await client.post(f"/api/runtime/sessions/{mine}/memory", json=note)).status_code == 201
    told = await remembered(client, mine)
    assert [(one["kind"], one["asked"], one["answered"], one["text"]) for one in told["memories"]] == [
        ("run", "Which colour?\nscript:\nsay no", "Blue is the colour.", None),
        ("note", None, None, "Ann likes tea."),
    ]
    again = await words_for(node, await asked(client, mine, "And now?", context={"remember": True}))
    assert "> Which colour?\n> script:\n> say no\nAnswered by claude:\n> Blue is the colour." in again
    assert again.index("Blue is the colour.") < again.index("Ann likes tea.")
    assert await words_for(node, await asked(client, mine, "Without")) == ""
    assert await words_for(node, await asked(client, other, "Theirs", context={"remember": True})) == ""
    assert await words_for(node, await asked(client, other, "Theirs", context={"remember": True})) != ""  # its own


async def test_a_session_may_be_set_to_remember_and_a_run_may_still_say_no(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    mine = await session(client, "bea")
    path = f"/api/runtime/sessions/{mine}/memory"
    await client.post(path, json={"text": "Tea."})
    assert (await client.patch(path, json={"remembers": True})).json()["remembers"] is True
    assert "> Tea." in await words_for(node, await asked(client, mine, "x"))
    assert await words_for(node, await asked(client, mine, "x", context={"remember": False})) == ""


async def test_what_is_forgotten_is_told_to_nobody(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    mine = await session(client, "cleo")
    run = await asked(client, mine, "The secret is 42.")
    path = f"/api/runtime/sessions/{mine}/memory"
    assert (await client.delete(path)).status_code == 204
    await answered(server, node, run, "Understood.")  # also what was under way
    assert (await remembered(client, mine))["memories"] == []
    assert await words_for(node, await asked(client, mine, "x", context={"remember": True})) == ""
    state = await client.get(f"/api/runtime/tasks/{run}/state", params={"session_id": mine})
    assert state.json()["result"] == "Understood."


async def test_another_session_reads_and_changes_nothing_of_it(server: Server, client: httpx2.AsyncClient) -> None:
    mine, other = await session(client, "dan"), await session(client, "dan")
    path = f"/api/runtime/sessions/{mine}/memory"
    theirs = {"Authorization": f"Bearer {other}"}
    for answer in (
        await client.get(path, headers=theirs),
        await client.get(path, params={"session_id": other}),
        await client.post(path, json={"text": "x"}, headers=theirs),
        await client.patch(path, json={"remembers": True}, headers=theirs),
        await client.delete(path, headers=theirs),
        await client.get("/api/runtime/sessions/none/memory"),
        await client.get("/api/runtime/sessions/current/memory"),
    ):
        assert answer.status_code == 404, answer.text
    current = await client.get("/api/runtime/sessions/current/memory", params={"session_id": mine})
    assert current.json() == {"remembers": False, "memories": [], "before": None}


async def test_who_goes_on_with_a_run_or_looks_at_it_learns_nothing_of_the_memory(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    mine = await session(client, "eva")
    await client.post(f"/api/runtime/sessions/{mine}/memory", json={"text": "Private."})
    made = await project(client)
    run = await asked(client, mine, "x", context={"remember": True, "own": 1}, project_id=made["id"])
    assert "Private." in await words_for(node, run)
    await answered(server, node, run, "Done.")
    seen = (await client.get(f"/api/runs/{run}")).json()  # by the machine's owner
    assert seen["context"] == {"project": seen["context"]["project"], "remember": True, "own": 1}
    further = (await client.post(f"/api/runs/{run}/prompts", json={"text": "Go on."})).json()
    assert "Private." not in str(await node.order(further["run"]["id"]))


async def test_it_is_told_by_pages_and_as_far_as_there_is_room(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    mine = await session(client, "fay")
    for number in range(7):
        answer = await client.post(f"/api/runtime/sessions/{mine}/memory", json={"text": f"{number}" + "x" * 3900})
        assert answer.status_code == 201
    last = await remembered(client, mine, limit=3)
    assert [one["text"][0] for one in last["memories"]] == ["4", "5", "6"]
    earlier = await remembered(client, mine, limit=4, before=last["before"])
    assert ([one["text"][0] for one in earlier["memories"]], earlier["before"]) == (["0", "1", "2", "3"], None)
    words = await words_for(node, await asked(client, mine, "x", context={"remember": True}))
    assert len(words) < TOLD_AT_MOST + 200
    assert ("> 6x" in words, "> 4x" in words, "> 1x" in words) == (True, True, False)
    assert (await client.post(f"/api/runtime/sessions/{mine}/memory", json={"text": "x" * 4001})).status_code == 422


async def test_it_ends_with_the_session(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    mine = await session(client, "gus")
    await client.post(f"/api/runtime/sessions/{mine}/memory", json={"text": "Gone tomorrow."})
    assert (await client.delete(f"/api/runtime/sessions/{mine}")).status_code == 204
    assert (await client.get(f"/api/runtime/sessions/{mine}/memory")).status_code == 404
    kept = await server.hub.db.read(
        lambda look: look.rows(memories.select().where(memories.c.text == "Gone tomorrow."))
    )
    assert list(kept) == []
