"""The live stream: no hole, no double, nothing that one may not see, and no reader that others wait for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import select
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from coderclawlink.access.policy import Role
from coderclawlink.access.sessions import create
from coderclawlink.db.engine import Tx
from coderclawlink.events import AgentMessage
from coderclawlink.ids import ProjectId, RunId, TaskId
from coderclawlink.journal import log
from coderclawlink.journal.log import About, Line
from tests.web.conftest import Node, Server, project, session, task

pytestmark = pytest.mark.anyio

Frame = dict[str, Any]


@contextlib.asynccontextmanager
async def opened(server: Server, **options: Any) -> AsyncIterator[ClientConnection]:
    uri = f"ws://127.0.0.1:{server.port}/api/live"
    async with connect(uri, compression=None, proxy=None, **options) as socket_, asyncio.timeout(40):
        yield socket_


async def hear(live: ClientConnection) -> Frame:
    return dict(json.loads(await live.recv()))


async def subscribe(
    live: ClientConnection, wanted: Frame, after: int | None = None
) -> tuple[Frame, list[Frame], list[Frame]]:
    """Subscribe; returns the answer, the events that came before it, and what was refused."""
    asked: Frame = {"subscribe": wanted}
    if after is not None:
        asked["after"] = after
    await live.send(json.dumps(asked))
    events: list[Frame] = []
    refused: list[Frame] = []
    while "subscribed" not in (frame := await hear(live)):
        events += frame.get("events", [])
        refused += [frame["refused"]] if "refused" in frame else []
        assert "error" not in frame, frame
    return frame, events, refused


async def until(live: ClientConnection, kind: str) -> list[Frame]:
    """All events up to and with the first of a kind."""
    events: list[Frame] = []
    while not any(event["kind"] == kind for event in events):
        events += (await hear(live)).get("events", [])
    return events


async def hear_out(live: ClientConnection) -> tuple[list[Frame], int]:
    """All frames until the hub hangs up, and the code that it did so with."""
    frames: list[Frame] = []
    try:
        while True:
            frames.append(await hear(live))
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code if closed.rcvd is not None else 0


async def submit(client: httpx2.AsyncClient, **fields: object) -> str:
    answer = await client.post("/api/runs", json={"agent": "claude", "prompt": "Hello", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def say(tx: Tx, run: str, first: int, count: int, length: int = 10) -> int:
    about = About(run=RunId(run))
    lines = [Line(AgentMessage(text=f"{n}:" + "x" * length), about) for n in range(first, first + count)]
    return log.append_all(tx, lines)


async def test_a_run_is_told_from_its_first_event_to_its_end(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    async with opened(server) as live:
        answer, before, refused = await subscribe(live, {"runs": [run]}, after=0)
        assert (answer["subscribed"]["runs"], refused) == ([run], [])
        assert before[0]["kind"] == "run.submitted"
        order = await node.start(run)
        await node.finish(order, "done")
        after = await until(live, "run.completed")
    told = (await client.get(f"/api/runs/{run}/events")).json()["events"]
    assert before + after == told


async def test_without_a_number_it_begins_at_the_head(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    async with opened(server) as live:
        answer, before, _ = await subscribe(live, {"runs": [run]})
        assert before == []
        assert answer["head"] == await server.hub.db.read(log.last_seq)
        await node.start(run)
        assert (await until(live, "run.started"))[-1]["seq"] > answer["head"]


async def test_what_is_only_shown_comes_without_a_number(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    await node.start(run)
    async with opened(server) as live:
        await subscribe(live, {"runs": [run]})
        shown = {"kind": "agent.chunk", "text": "Hel", "seq": 5, "run_id": "other"}
        server.loop.call_soon_threadsafe(server.hub.feed.show, About(run=RunId(run), attempt=1), shown)
        (event,) = (await hear(live))["events"]
    assert event == {
        "kind": "agent.chunk", "text": "Hel", "run_id": run, "attempt": 1, "project_id": None, "task_id": None,
    }  # fmt: skip


async def test_a_reader_that_comes_back_again_and_again_misses_nothing_and_hears_nothing_twice(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    seqs: list[int] = []

    async def read() -> None:
        """Hang up after every few frames, and come back with the last number."""
        after = 0
        while len(seqs) < total:
            async with opened(server) as live:
                _, events, _ = await subscribe(live, {"runs": [run]}, after)
                for _ in range(3):
                    seqs.extend(event["seq"] for event in events)
                    if len(seqs) >= total:
                        break
                    events = (await hear(live))["events"]
                else:
                    seqs.extend(event["seq"] for event in events)
                after = seqs[-1] if seqs else 0

    begun = len((await client.get(f"/api/runs/{run}/events")).json()["events"])
    total = begun + 1000
    async with asyncio.timeout(40), asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        for first in range(0, 1000, 10):
            await server.hub.db.write(say, run, first, 10)
    told = (await client.get(f"/api/runs/{run}/events", params={"limit": 5000})).json()["events"]
    assert seqs == [event["seq"] for event in told]
    assert len(seqs) == total


async def test_two_readers_hear_the_same_and_each_what_it_asked_for(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    one, other = await submit(client), await submit(client)
    async with opened(server) as first, opened(server) as second:
        await subscribe(first, {"runs": [one]})
        await subscribe(second, {"runs": [one, other]})
        await server.hub.db.write(say, other, 0, 1)
        await server.hub.db.write(say, one, 1, 1)
        heard = [event["text"][:2] for event in (await hear(first))["events"]]
        both: list[str] = []
        while len(both) < 2:
            both += [event["text"][:2] for event in (await hear(second))["events"]]
    assert (heard, both) == (["1:"], ["0:", "1:"])


async def test_a_new_subscription_takes_the_place_of_the_old(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    one, other = await submit(client), await submit(client)
    async with opened(server) as live:
        await subscribe(live, {"runs": [one]})
        await subscribe(live, {"runs": [other]})
        await server.hub.db.write(say, one, 0, 1)
        await server.hub.db.write(say, other, 1, 1)
        assert [event["run_id"] for event in (await hear(live))["events"]] == [other]


async def test_the_board_is_told_of_cards_and_runs_but_not_of_what_agents_say(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    async with opened(server) as live:
        answer, _, _ = await subscribe(live, {"board": True})
        made = await task(client)
        run = await submit(client, task_id=made["id"])
        order = await node.start(run)
        question = await node.ask(order)
        await client.post(f"/api/runs/{run}/answers", json={"question": question, "option": "y"})
        await node.finish(order)
        events = await until(live, "run.completed")
        kinds = {event["kind"] for event in events}
        assert {"project.created", "task.created", "run.submitted", "run.started", "question.asked"} <= kinds
        assert not any(kind.startswith(("agent.", "attempt.", "artifact.")) for kind in kinds)
        last = events[-1]["seq"]
    async with opened(server) as live:
        _, again, _ = await subscribe(live, {"board": True}, after=answer["head"])
    assert [event["seq"] for event in again if event["seq"] <= last] == [event["seq"] for event in events]


async def test_the_board_is_told_how_agents_are_configured_and_what_is_capped(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    async with opened(server) as live:
        await subscribe(live, {"board": True})
        await client.put("/api/agents/claude/configuration", json={"configuration": {"mode": "ask"}})
        assert (await until(live, "agent.configured"))[-1]["agent"] == "claude"
        await client.put("/api/budgets", json={"scope": "agent", "name": "claude", "tokens": 5_000_000})
        assert (await until(live, "budget.set"))[-1]["name"] == "claude"
    await client.request("DELETE", "/api/budgets?scope=agent&name=claude")


async def test_a_task_s_and_a_project_s_subscribers_hear_its_runs_too(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    made = await task(client)
    async with opened(server) as by_task, opened(server) as by_project:
        await subscribe(by_task, {"tasks": [made["id"]]})
        await subscribe(by_project, {"projects": [made["project_id"]]})
        run = await submit(client, task_id=made["id"])
        await node.finish(await node.start(run))
        for live in (by_task, by_project):
            events = await until(live, "task.changed") + await until(live, "run.completed")
            assert "agent.message" in {event["kind"] for event in events}


# ── what one may not see ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_hidden_or_not_there_is_refused_alike(server: Server, client: httpx2.AsyncClient) -> None:
    ada, eve = await session(client, "ada3"), await session(client, "eve3")
    hidden = (
        await client.post("/api/runs", json={"agent": "claude", "prompt": "x"}, params={"session_id": ada})
    ).json()
    async with opened(server) as live:
        await live.send(json.dumps({"session": eve}))
        nowhere = "01a20cc9-c0f4-716b-9e18-984a1a3ed831"
        answer, _, refused = await subscribe(live, {"runs": [hidden["id"], nowhere], "tasks": [0, 999_999]}, after=0)
    assert answer["subscribed"] == {"runs": [], "tasks": [], "projects": [], "board": False}
    assert refused == [{"runs": [hidden["id"], nowhere], "tasks": [0, 999_999], "projects": [], "board": False}]


async def test_one_session_never_hears_of_anothers_runs_by_way_of_their_project(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    ada, eve = await session(client, "ada4"), await session(client, "eve4")
    made = await task(client)
    body = {"agent": "claude", "prompt": "a secret", "task_id": made["id"]}
    async with opened(server) as live, opened(server) as board:
        for one, wanted in (
            (live, {"projects": [made["project_id"]], "tasks": [made["id"]]}),
            (board, {"board": True}),
        ):
            await one.send(json.dumps({"session": eve}))
            await subscribe(one, wanted)
        hidden = (await client.post("/api/runs", json=body, params={"session_id": ada})).json()["id"]
        await node.finish(await node.start(hidden))
        async with client.stream("GET", f"/api/runtime/tasks/{hidden}/stream") as stream:
            await stream.aread()
        await client.patch(f"/api/tasks/{made['id']}", json={"title": "The last word"})
        for one in (live, board):
            events: list[Frame] = []
            while not any("The last word" in json.dumps(event) for event in events):
                events += (await hear(one))["events"]
            assert {event["kind"] for event in events} == {"task.changed"}
    async with opened(server) as live:
        await live.send(json.dumps({"session": eve}))
        _, events, _ = await subscribe(live, {"tasks": [made["id"]], "board": True}, after=0)
    assert not any(event["run_id"] == hidden for event in events)
    assert not any("secret" in json.dumps(event) for event in events)


async def test_a_guest_hears_of_no_project(server: Server, client: httpx2.AsyncClient) -> None:
    guest = await server.hub.db.write(create, "guest", None, role=Role.GUEST)
    made = await project(client)
    async with opened(server) as live:
        await live.send(json.dumps({"session": guest.id}))
        answer, events, refused = await subscribe(live, {"projects": [made["id"]], "board": True}, after=0)
    assert (answer["subscribed"]["projects"], answer["subscribed"]["board"], events) == ([], False, [])
    assert refused[0]["board"] is True


@pytest.mark.parametrize("how", ["frame", "bearer"])
async def test_a_session_that_is_none_is_hung_up_on(server: Server, how: str) -> None:
    headers = {"Authorization": "Bearer nonsense"} if how == "bearer" else {}
    async with opened(server, additional_headers=headers) as live:
        await live.send(json.dumps({"session": "nonsense"} if how == "frame" else {"subscribe": {"board": True}}))
        assert await hear_out(live) == ([], 4401)


async def test_behind_a_proxy_one_must_sign_in(server: Server, client: httpx2.AsyncClient) -> None:
    async with opened(server, additional_headers={"X-Forwarded-For": "127.0.0.1"}) as live:
        await live.send(json.dumps({"subscribe": {"board": True}}))
        assert await hear_out(live) == ([], 4401)
    async with opened(server, additional_headers={"X-Forwarded-For": "127.0.0.1"}) as live:
        await live.send(json.dumps({"session": await session(client)}))
        assert (await subscribe(live, {"board": True}))[0]["subscribed"]["board"] is True


async def test_who_ends_the_session_ends_its_stream(server: Server, client: httpx2.AsyncClient) -> None:
    id_ = await session(client)
    async with opened(server) as live:
        await live.send(json.dumps({"session": id_}))
        await subscribe(live, {"board": True})
        began = time.monotonic()
        await client.delete(f"/api/runtime/sessions/{id_}")
        assert (await hear_out(live))[1] == 4401
    assert time.monotonic() - began < 1


# ── odd frames, slow readers ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "frame",
    [
        "", "nonsense", "[]", "1", "null", '{"subscribe": 1}', '{"subscribe": {"runs": 1}}', '{"subscribe": {"runs": [1]}}',
        '{"subscribe": {}, "after": -1}', '{"subscribe": {}, "after": 1e400}', '{"subscribe": {}, "subscribe": {}}',
        '{"subscribe": {"runs": ["\\u0000"]}}', "[" * 1000, json.dumps({"subscribe": {"runs": ["x"] * 501}}), "x" * 270_000,
        '{"answer": {"question": "q"}}', '{"answer": {"question": "q", "option": 1}}', '{"prompt": {"run": "r", "text": ""}}', '{"prompt": {}}',
        '{"subscribe": {"tasks": ["x"]}}', b"bytes", '{"session": 1}', '{"subscribe": {"board": "perhaps"}}',
    ],
)  # fmt: skip
async def test_a_frame_that_makes_no_sense_is_told_so_and_the_stream_goes_on(
    server: Server, frame: str | bytes
) -> None:
    async with opened(server) as live:
        await live.send(frame)
        assert isinstance((await hear(live))["error"], str)
        assert (await subscribe(live, {"board": True}))[0]["subscribed"]["board"] is True


async def test_a_reader_that_reads_nothing_is_cut_and_comes_back_without_a_hole(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", server.port))
    async with opened(server, sock=narrow, max_queue=1, max_size=None) as live, opened(server) as quick:
        await subscribe(quick, {"runs": [run]})
        await live.send(json.dumps({"subscribe": {"runs": [run]}, "after": 0}))
        for first in range(0, 400, 20):
            await server.hub.db.write(say, run, first, 20, 40_000)
            heard = 0
            while heard < 20:  # who reads is told at once, whatever others do
                heard += len((await hear(quick))["events"])
        frames, code = await hear_out(live)
    assert code == 4408
    seqs = [event["seq"] for frame in frames for event in frame.get("events", [])]
    async with opened(server, max_size=None) as live:
        _, rest, _ = await subscribe(live, {"runs": [run]}, after=seqs[-1])
    told = (await client.get(f"/api/runs/{run}/events", params={"limit": 5000})).json()["events"]
    assert seqs + [event["seq"] for event in rest] == [event["seq"] for event in told]
    assert 0 < len(seqs) < len(told)


async def test_a_reader_that_never_reads_again_is_disconnected(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    await server.hub.db.write(say, run, 0, 1)
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    stuck.connect(("127.0.0.1", server.port))
    with stuck:
        frame = json.dumps({"subscribe": {"runs": [run]}, "after": 0}).encode()
        stuck.sendall(
            b"GET /api/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b"101" in await asyncio.to_thread(stuck.recv, 1000)
        stuck.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)  # masked with zeros
        await asyncio.to_thread(stuck.recv, 1)  # it is subscribed
        for first in range(0, 400, 20):
            await server.hub.db.write(say, run, first, 20, 40_000)
        gone = select.poll()
        gone.register(stuck, 0)  # only that the connection is broken, which the kernel tells unasked
        assert await asyncio.to_thread(gone.poll, 10_000)


async def test_a_change_of_session_changes_what_is_seen(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    ada, eve = await session(client, "ada5"), await session(client, "eve5")
    made = await task(client)
    async with opened(server) as live:
        await live.send(json.dumps({"session": ada}))
        await subscribe(live, {"tasks": [made["id"]]})
        await live.send(json.dumps({"session": eve}))
        body = {"agent": "claude", "prompt": "x", "task_id": made["id"]}
        hidden = (await client.post("/api/runs", json=body, params={"session_id": ada})).json()["id"]
        assert "run.submitted" in {event["kind"] for event in (await hear(live))["events"]}  # the stream is still ada's
        _, events, _ = await subscribe(live, {"tasks": [made["id"]]}, after=0)
    assert not any(event["run_id"] == hidden for event in events)


async def test_events_come_in_frames_of_at_most_a_hundred(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    await server.hub.db.write(say, run, 0, 950)
    async with opened(server) as live:
        await live.send(json.dumps({"subscribe": {"runs": [run]}, "after": 0}))
        sizes = []
        while "events" in (frame := await hear(live)):
            sizes.append(len(frame["events"]))
    assert max(sizes) <= 100
    assert sum(sizes) >= 950


async def test_subjects_keep_their_ids(server: Server, client: httpx2.AsyncClient) -> None:
    made = await task(client)
    async with opened(server) as live:
        answer, _, _ = await subscribe(live, {"tasks": [made["id"]], "projects": [made["project_id"]]})
    assert answer["subscribed"]["tasks"] == [TaskId(int(str(made["id"])))]
    assert answer["subscribed"]["projects"] == [ProjectId(int(str(made["project_id"])))]


# ── answering and asking ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_question_is_answered_over_the_stream_and_everybody_sees_it(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    run = await submit(client)
    question = await node.ask(await node.start(run))
    async with opened(server) as live, opened(server) as other:
        await subscribe(other, {"runs": [run]})
        await live.send(json.dumps({"answer": {"question": question, "option": "allow_once"}, "id": "a1"}))
        assert await hear(live) == {"answered": {"run": run, "question": question, "option": "y"}, "id": "a1"}
        events = await until(other, "run.resumed")
        assert [event["option"] for event in events if event["kind"] == "question.answered"] == ["y"]
        await live.send(json.dumps({"answer": {"question": question, "option": "n"}, "id": "a2"}))
        assert await hear(live) == {"error": "The question has been answered already.", "id": "a2"}


async def test_a_prompt_is_queued_over_the_stream(server: Server, client: httpx2.AsyncClient, node: Node) -> None:
    run = await submit(client)
    await node.start(run)
    async with opened(server) as live:
        await live.send(
            json.dumps({"prompt": {"run": run.upper(), "text": "é" * 150_000, "steer": True}}, ensure_ascii=False)
        )
        assert await hear(live) == {"prompted": {"run": run, "number": 1}}
    (queued,) = (await client.get(f"/api/runs/{run}/prompts")).json()
    assert (len(queued["text"]), queued["steer"]) == (150_000, True)


async def test_what_one_may_not_see_or_do_cannot_be_done_over_the_stream_either(
    server: Server, client: httpx2.AsyncClient, node: Node
) -> None:
    ada, eve = await session(client, "ada6"), await session(client, "eve6")
    viewer = await server.hub.db.write(create, "viewer6", None, role=Role.VIEWER)
    body = {"agent": "claude", "prompt": "x"}
    run = (await client.post("/api/runs", json=body, params={"session_id": ada})).json()["id"]
    question = await node.ask(await node.start(run))
    seen = await submit(client, task_id=(await task(client))["id"])
    another = await node.ask(await node.start(seen))
    async with opened(server) as live:
        for who, words, error in (
            (eve, {"answer": {"question": question, "option": "y"}}, "Question not found."),
            (eve, {"prompt": {"run": run, "text": "x"}}, "Run not found."),
            (viewer.id, {"answer": {"question": another, "option": "y"}}, "Permission denied: task:submit"),
            (viewer.id, {"prompt": {"run": seen, "text": "x"}}, "Permission denied: task:submit"),
        ):
            await live.send(json.dumps({"session": who, **words}))
            assert await hear(live) == {"error": error}
        await live.send(json.dumps({"session": ada, "answer": {"question": question, "option": "y"}}))
        assert (await hear(live))["answered"]["run"] == run
        await live.send(json.dumps({"session": "nonsense", "prompt": {"run": run, "text": "x"}}))
        assert await hear_out(live) == ([], 4401)
