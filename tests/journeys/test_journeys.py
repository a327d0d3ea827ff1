"""Stories told by the whole house: real hub, real node, real agent processes, real git, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.journeys.crash import storm
from tests.journeys.house import House, git, house, make_repository

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


KEYS = (f"DEMO{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("house") / "data", CLAWLINK_LEASE_SECONDS="3") as opened:
        yield opened


@pytest.fixture
async def home(built: House) -> House:
    await built.at_rest()
    return built


async def make_task(home: House, repository: Path) -> Any:
    project = await home.post("/api/projects", {"name": "Demo", "key": next(KEYS), "github_repo_url": str(repository)})
    return await home.post("/api/tasks", {"project_id": project["id"], "title": "Make progress"})


async def submit(home: House, task: Any, prompt: str, agent: str = "steady") -> str:
    run = await home.post("/api/runs", {"agent": agent, "prompt": prompt, "task_id": task["id"]})
    return str(run["id"])


async def until_said(home: House, run: str, count: int) -> list[Any]:
    """Wait until the agent has said so many steps; returns the events so far."""
    async with asyncio.timeout(30):
        while True:
            events = await home.events(run)
            if sum(event["kind"] == "agent.message" for event in events) >= count:
                return events
            await asyncio.sleep(0.05)


def said_steps(events: list[Any]) -> set[str]:
    lines = [event["text"] for event in events if event["kind"] == "agent.message"]
    return {line for line in lines if line[0].isdigit()}


async def test_a_task_becomes_a_commit_and_is_watched_live(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    kinds: list[str] = []
    async with asyncio.timeout(30), connect(home.url.replace("http", "ws") + "/api/live") as live:
        await live.send(json.dumps({"subscribe": {"tasks": [task["id"]]}, "after": 0}))
        run = await submit(home, task, "steps=5 pause=0.02")
        while "run.completed" not in kinds:
            frame = json.loads(await live.recv())
            kinds += [event["kind"] for event in frame.get("events", [])]
    assert kinds.index("run.submitted") < kinds.index("attempt.started") < kinds.index("work.committed")
    assert "agent.chunk" in kinds
    ended = await home.get(f"/api/runs/{run}")
    branch = f"task/{task['key'].lower()}"
    assert git(repository, "rev-parse", branch).strip() == ended["head"]
    assert len(git(repository, "show", f"{branch}:progress.txt").splitlines()) == 5
    assert (await home.get(f"/api/tasks/{task['id']}"))["status"] == "in_review"
    diff = await home.http.get(f"{home.url}/api/runs/{run}/diff")
    assert "+++ b/progress.txt" in diff.text


async def test_a_killed_hub_kills_no_agent_and_loses_no_word(home: House, tmp_path: Path) -> None:
    task = await make_task(home, make_repository(tmp_path / "repo"))
    run = await submit(home, task, "steps=60 pause=0.05")
    await until_said(home, run, 5)
    before = home.agent_pids()
    node = home.node_pid
    await home.kill_hub()
    await asyncio.sleep(1.0)  # the agent works on, unheard
    assert set(before) & set(home.agent_pids()) == set(before)
    await home.start()
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 1)
    assert home.node_pid == node
    events = await home.events(run)
    assert len(said_steps(events)) == 60
    numbers = [event["seq"] for event in events]
    assert numbers == sorted(set(numbers))


async def test_a_killed_node_leaves_no_agent_and_its_run_goes_on_from_its_work(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    run = await submit(home, task, "steps=40 pause=0.05")
    events = await until_said(home, run, 10)
    node = home.node_pid
    assert node is not None
    os.kill(node, signal.SIGKILL)
    async with asyncio.timeout(2):
        while home.agent_pids():
            await asyncio.sleep(0.02)
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 2)
    lines = git(repository, "show", f"{ended['branch']}:progress.txt").splitlines()
    assert [line.split()[0] for line in lines] == [str(k) for k in range(1, 41)]
    assert said_steps(events) <= set(lines), "what the first attempt had written was written anew"


async def test_a_killed_agent_fails_its_attempt_and_the_next_one_goes_on(home: House, tmp_path: Path) -> None:
    task = await make_task(home, make_repository(tmp_path / "repo"))
    run = await submit(home, task, "steps=40 pause=0.05")
    await until_said(home, run, 5)
    for pid in home.agent_pids():
        with contextlib.suppress(ProcessLookupError):  # it went with the one before it
            os.kill(pid, signal.SIGKILL)
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 2)


async def test_a_cancelled_run_stops_its_agent_within_a_second_and_stays_cancelled(home: House, tmp_path: Path) -> None:
    task = await make_task(home, make_repository(tmp_path / "repo"))
    run = await submit(home, task, "steps=1000 pause=0.05")
    await until_said(home, run, 3)
    assert home.agent_pids()
    await home.post(f"/api/runs/{run}/cancel", {})
    async with asyncio.timeout(1):
        while home.agent_pids():
            await asyncio.sleep(0.01)
    async with asyncio.timeout(10):  # until its node has said its last word
        while not any(event["kind"] == "attempt.ended" for event in await home.events(run)):
            await asyncio.sleep(0.05)
    ended = await home.get(f"/api/runs/{run}")
    assert ended["state"] == "cancelled"
    assert "progress.txt" in (await home.http.get(f"{home.url}/api/runs/{run}/diff")).text
    again = await home.http.post(f"{home.url}/api/runs/{run}/cancel", json={})
    assert again.status_code == 409


async def test_a_question_survives_the_hub_and_its_answer_reaches_the_agent(home: House, tmp_path: Path) -> None:
    task = await make_task(home, make_repository(tmp_path / "repo"))
    run = await submit(home, task, "ask steps=3 pause=0.01")
    async with asyncio.timeout(20):
        while (found := await home.get(f"/api/runs/{run}"))["state"] != "waiting":
            await asyncio.sleep(0.05)
    assert found["wait"]["reason"] == "approval"
    await home.kill_hub()
    await home.start()
    question = (await home.get(f"/api/runs/{run}"))["questions"][0]
    await home.post(f"/api/runs/{run}/answers", {"question": question["id"], "option": "allow_once"})
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 1)


async def test_ctrl_c_saves_the_work_and_the_next_start_goes_on(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    task = await make_task(home, repository)
    run = await submit(home, task, "steps=40 pause=0.05")
    events = await until_said(home, run, 10)
    assert await home.interrupt() == 0
    async with asyncio.timeout(10):
        while home.node_pid is not None:
            await asyncio.sleep(0.05)
    assert home.agent_pids() == {}
    await home.start()
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"]) == ("completed", 2)
    assert said_steps(events) <= set(git(repository, "show", f"{ended['branch']}:progress.txt").splitlines())


async def test_the_older_clients_call_runs_to_its_end(home: House, tmp_path: Path) -> None:
    task = await make_task(home, make_repository(tmp_path / "repo"))
    body = {"task_id": task["id"], "agent_type": "Steady", "prompt": "steps=3 pause=0.01"}
    done = await home.post("/api/tasks/execute", body)
    assert (done["status"], done["error_message"]) == ("completed", None)
    failed = await home.post("/api/tasks/execute", {**body, "prompt": "fail steps=1"})
    assert failed["status"] == "failed"
    assert failed["error_message"]
    listed = await home.get(f"/api/tasks/{task['id']}/executions")
    assert [one["id"] for one in listed] == [failed["id"], done["id"]]
    changed = await home.get(f"/api/tasks/{task['id']}")
    assert changed["assigned_agent_type"] == "steady"


@pytest.mark.parametrize(("sandbox", "store_url"), [("auto", "sqlite"), ("none", "postgresql")], indirect=["store_url"])
async def test_a_storm_of_kills_loses_nothing(tmp_path: Path, sandbox: str, store_url: str) -> None:
    toll = await storm(tmp_path, rounds=4, seed=20261124, sandbox=sandbox, DATABASE_URL=store_url)
    assert toll.clean, f"{toll}"
    assert toll.runs > 0
