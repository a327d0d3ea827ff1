"""The inbox over all runs, and answering from it."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from coderclawlink.access.policy import OWNER, Role
from coderclawlink.access.sessions import create
from coderclawlink.configuration import AgentConfiguration
from coderclawlink.db.engine import Tx
from coderclawlink.db.schema import attempts, pull_requests
from coderclawlink.events import AttemptEnded
from coderclawlink.gate import reconcile
from coderclawlink.link.protocol import Answer
from coderclawlink.runs import inbox
from tests.web.conftest import Node, Server, session, task

pytestmark = pytest.mark.anyio


async def asking(client: httpx2.AsyncClient, node: Node, title: str = "Run this?", **fields: object) -> tuple[str, str]:
    """A run and the question that it asks."""
    submitter = fields.pop("session_id", None)
    params = {} if submitter is None else {"session_id": str(submitter)}
    made = await client.post("/api/runs", json={"agent": "claude", "prompt": "Hello", **fields}, params=params)
    assert made.status_code == 201, made.text
    run = str(made.json()["id"])
    return run, await node.ask(await node.start(run), title)


async def test_the_inbox_holds_what_all_runs_ask_oldest_first(client: httpx2.AsyncClient, node: Node) -> None:
    made = await task(client)
    first, one = await asking(client, node, "First?", task_id=made["id"])
    second, other = await asking(client, node, "Second?")
    entries = [each for each in (await client.get("/api/questions")).json() if each["id"] in (one, other)]
    assert [(each["id"], each["run_id"], each["title"]) for each in entries] == [
        (one, first, "First?"),
        (other, second, "Second?"),
    ]
    assert (entries[0]["task_key"], entries[0]["task_id"], entries[0]["agent"]) == (made["key"], made["id"], "claude")
    assert (entries[0]["who"], entries[0]["deadline_at"], entries[0]["may_answer"]) == ("developer", None, True)
    assert (entries[1]["task_key"], entries[1]["act"]["tool"]) == (None, "other")
    given = await client.post(f"/api/questions/{one}/answer", json={"option": "allow_once"})
    assert (given.status_code, given.json()["option"]) == (200, "y")
    left = [each["id"] for each in (await client.get("/api/questions")).json()]
    assert one not in left
    assert other in left


async def test_a_no_goes_to_the_agent_with_its_words(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    run, question = await asking(client, node)
    body = {"option": "reject_once", "text": "Use the cache."}
    assert (await client.post(f"/api/questions/{question}/answer", json=body)).status_code == 200
    words = await server.hub.db.read(reconcile.to_say, node.name)
    assert Answer(run=run, attempt=1, question=question, option="n", text="Use the cache.") in words


async def test_one_session_neither_sees_nor_answers_what_anothers_run_asks(
    client: httpx2.AsyncClient, node: Node
) -> None:
    ada, eve = await session(client, "ada-q"), await session(client, "eve-q")
    _, question = await asking(client, node, session_id=ada)
    seen = {
        who: [each["id"] for each in (await client.get("/api/questions", params={"session_id": who})).json()]
        for who in (ada, eve)
    }
    assert question in seen[ada]
    assert question not in seen[eve]
    refused = await client.post(f"/api/questions/{question}/answer", json={"option": "y"}, params={"session_id": eve})
    assert (refused.status_code, refused.json()["detail"]) == (404, "Question not found.")
    assert question in [each["id"] for each in (await client.get("/api/questions")).json()]


async def test_what_only_an_admin_may_answer_is_shown_to_others_as_such(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    ada = await session(client, "ada-r")
    made = await client.post("/api/runs", json={"agent": "claude", "prompt": "x"}, params={"session_id": ada})
    run = str(made.json()["id"])
    order = await node.order(run)
    await server.hub.db.write(configure, run, AgentConfiguration(answered_by="admin", answer_seconds=3600))
    order = await node.start(run)
    question = await node.ask(order)
    (entry,) = (await client.get("/api/questions", params={"session_id": ada})).json()
    assert (entry["who"], entry["may_answer"]) == ("admin", False)
    assert entry["deadline_at"] > entry["asked_at"]
    path = f"/api/questions/{question}/answer"
    refused = await client.post(path, json={"option": "y"}, params={"session_id": ada})
    assert (refused.status_code, refused.json()["detail"]) == (403, "Only an admin may answer this question.")
    admin = await server.hub.db.write(create, "root-r", None, role=Role.ADMIN)
    assert (await client.post(path, json={"option": "y"}, params={"session_id": admin.id})).status_code == 200


def configure(tx: Tx, run: str, configuration: AgentConfiguration) -> None:
    text = configuration.model_dump_json()
    tx.change(attempts.update().where(attempts.c.run_id == run).values(configuration=text))


async def test_a_viewer_sees_and_does_not_answer(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    viewer = await server.hub.db.write(create, "viewer-q", None, role=Role.VIEWER)
    made = await task(client)
    _, question = await asking(client, node, task_id=made["id"])
    entries = (await client.get("/api/questions", params={"session_id": viewer.id})).json()
    assert [each["may_answer"] for each in entries if each["id"] == question] == [False]
    body, who = {"option": "y"}, {"session_id": viewer.id}
    assert (await client.post(f"/api/questions/{question}/answer", json=body, params=who)).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [({"option": "maybe"}, 422), ({}, 422), ({"option": "y", "text": "x" * 20_001}, 422), ({"option": "y"}, 200)],
)
async def test_an_answer_is_one_of_the_options(
    client: httpx2.AsyncClient, node: Node, body: dict[str, str], status: int
) -> None:
    _, question = await asking(client, node)
    assert (await client.post(f"/api/questions/{question}/answer", json=body)).status_code == status


async def test_a_question_that_is_none_is_not_found_and_the_first_answer_counts(
    client: httpx2.AsyncClient, node: Node
) -> None:
    assert (await client.post("/api/questions/nope/answer", json={"option": "y"})).status_code == 404
    _, question = await asking(client, node)
    path = f"/api/questions/{question}/answer"
    assert (await client.post(path, json={"option": "y"})).status_code == 200
    assert (await client.post(path, json={"option": "n"})).status_code == 409


async def test_a_cancelled_run_asks_nothing_any_more(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    run, question = await asking(client, node)
    assert (await client.post(f"/api/runs/{run}/cancel")).status_code == 200
    assert question not in [entry.question.id for entry in await server.hub.db.read(inbox.inbox, OWNER)]
    told = (await client.get(f"/api/runs/{run}/events")).json()["events"]
    closed = [(each["question"], each["option"], each["by"]) for each in told if each["kind"] == "question.answered"]
    assert closed == [(question, None, "the run's end")]


async def test_the_inbox_tells_a_session_of_its_own_failures_and_the_owner_of_all(
    client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    ada, eve = await session(client, "ada-i"), await session(client, "eve-i")
    body = {"agent": "claude", "prompt": "Hello", "task_id": made["id"], "tries": 1}
    failed = {}
    for who in (None, ada):
        given = {} if who is None else {"session_id": who}
        run = str((await client.post("/api/runs", json=body, params=given)).json()["id"])
        await node.tell(await node.start(run), AttemptEnded(outcome="failed", error="No.", retry=False))
        async with asyncio.timeout(20):
            with node.hub.db.bell.listen(f"run:{run}") as ear:
                while (await client.get(f"/api/runs/{run}")).json()["ended_at"] is None:
                    await ear.wait(1)
        failed[who] = run
    seen = {}
    for who in (None, ada, eve):
        given = {} if who is None else {"session_id": who}
        seen[who] = {each["id"] for each in (await client.get("/api/inbox", params=given)).json()["failed"]}
        mine = {each["id"] for each in (await client.get("/api/runs", params={**given, "mine": True})).json()}
        assert mine & set(failed.values()) == seen[who] & set(failed.values())
    assert seen[None] >= set(failed.values())
    assert (seen[ada], seen[eve]) == ({failed[ada]}, set())


async def test_the_inbox_tells_what_is_asked_too(client: httpx2.AsyncClient, node: Node) -> None:
    _, question = await asking(client, node)
    told = (await client.get("/api/inbox")).json()
    assert question in [each["id"] for each in told["questions"]]
    assert told["questions"] == (await client.get("/api/questions")).json()


async def test_the_inbox_tells_which_pull_requests_need_a_person_until_their_task_is_done(
    client: httpx2.AsyncClient, server: Server
) -> None:
    project = (await client.post("/api/projects", json={"name": "Shop", "key": "NEEDS"})).json()
    made = (await client.post("/api/tasks", json={"project_id": project["id"], "title": "Mend it"})).json()
    await client.patch(f"/api/tasks/{made['id']}", json={"status": "in_review"})

    def opened(tx: Tx) -> None:
        words = dict.fromkeys(("name", "title", "branch", "base", "head"), "")
        states = {"state": "closed", "checks": "none", "review": "none", "mergeable": "unknown", "draft": False}
        where = {
            "server": "https://git.example",
            "owner": "ada",
            "repo": "shop",
            "number": 7,
            "url": "https://git.example/7",
        }
        about = {"task_id": made["id"], "project_id": project["id"], "needs": "It was closed."}
        times = {"opened_at": 0.0, "changed_at": 0.0, "look_next_at": 9e9}
        tx.change(pull_requests.insert().values(**words, **states, **where, **about, **times))

    await server.hub.db.write(opened)
    (told,) = (await client.get("/api/inbox")).json()["pulls"]
    assert (told["task_key"], told["number"], told["why"]) == (made["key"], 7, "It was closed.")
    await client.patch(f"/api/tasks/{made['id']}", json={"status": "done"})
    assert (await client.get("/api/inbox")).json()["pulls"] == []
