"""The real Goose, behind the scripted model: what it changes becomes a commit, also when it is killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.journeys.house import House, git, house, make_repository

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

PROMPT = """Please greet the world.

SCRIPT:
say I shall write the greeting.
write greet.py | print("hello")\\n
run python3 greet.py
{middle}
write NOTES.md | It greets.\\n
finish It greets the world.
"""


def goose_program() -> str:
    cache = Path(os.environ.get("CLAWLINK_CACHE") or Path(__file__).parents[2] / ".cache")
    program = cache / "peers/goose/node_modules/@aaif/goose-binary-linux-x64/bin/goose"
    if not program.exists():
        pytest.fail("The real Goose is not installed: `make test` does that, or scripts/peers/goose.sh.")
    return str(program)


@pytest.fixture(scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    settings = {"CLAWLINK_MODEL_SCRIPT": "on", "CLAWLINK_GOOSE": goose_program(), "CLAWLINK_LEASE_SECONDS": "3"}
    async with house(tmp_path_factory.mktemp("house") / "data", **settings) as opened:
        yield opened


@pytest.fixture
async def home(built: House) -> House:
    await built.at_rest()
    return built


async def test_goose_edits_a_repository_and_leaves_a_commit_watched_live(home: House, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repo")
    project = await home.post("/api/projects", {"name": "G", "key": "G", "github_repo_url": str(repository)})
    task = await home.post("/api/tasks", {"project_id": project["id"], "title": "Greet"})
    kinds: list[str] = []
    async with asyncio.timeout(60), connect(home.url.replace("http", "ws") + "/api/live") as live:
        await live.send(json.dumps({"subscribe": {"tasks": [task["id"]]}, "after": 0}))
        run = await home.post(
            "/api/runs", {"agent": "goose", "prompt": PROMPT.format(middle="say Nearly."), "task_id": task["id"]}
        )
        while "run.completed" not in kinds and "run.failed" not in kinds:
            kinds += [event["kind"] for event in json.loads(await live.recv()).get("events", [])]
    ended = await home.get(f"/api/runs/{run['id']}")
    assert ended["state"] == "completed", ended["error"]
    assert {"agent.tool", "agent.usage", "work.committed"} <= set(kinds)
    assert git(repository, "show", "task/g-1:greet.py") == 'print("hello")\n'
    assert git(repository, "show", "task/g-1:NOTES.md") == "It greets.\n"
    assert "Agent: goose" in git(repository, "log", "-1", "--format=%B", "task/g-1")
    assert ended["attempts"][0]["input_tokens"] > 0


@pytest.mark.parametrize("victim", ["hub", "node"])
async def test_goose_is_killed_in_the_middle_and_the_commit_is_whole(home: House, tmp_path: Path, victim: str) -> None:
    repository = make_repository(tmp_path / "repo")
    project = await home.post(
        "/api/projects", {"name": victim, "key": victim.upper(), "github_repo_url": str(repository)}
    )
    task = await home.post("/api/tasks", {"project_id": project["id"], "title": "Greet"})
    run = await home.post(
        "/api/runs",
        {"agent": "goose", "prompt": PROMPT.format(middle="run sleep 3"), "task_id": task["id"]},
    )
    async with asyncio.timeout(40):
        while not any("sleep" in event.get("input", "") for event in await home.events(run["id"])):
            await asyncio.sleep(0.05)
    if victim == "hub":
        await home.kill_hub()
        await home.start()
    else:
        assert home.node_pid is not None
        os.kill(home.node_pid, signal.SIGKILL)
    ended = await home.until_ended(run["id"])
    assert ended["state"] == "completed", ended["error"]
    assert ended["attempt"] == (1 if victim == "hub" else 2)
    assert git(repository, "show", f"{ended['branch']}:NOTES.md") == "It greets.\n"
    assert git(repository, "show", f"{ended['branch']}:greet.py") == 'print("hello")\n'


async def test_a_failed_model_call_fails_the_run_though_goose_calls_it_a_finished_turn(home: House) -> None:
    run = await home.post("/api/runs", {"agent": "goose", "prompt": "SCRIPT:\nfail 400 no such model", "tries": 1})
    ended = await home.until_ended(run["id"])
    assert ended["state"] == "failed"
    assert "no such model" in ended["error"]
