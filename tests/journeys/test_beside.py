"""A task over two repositories, told by the whole house: real hub, real node, real sandbox, real git, and a kill in the midst of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.house import House, git, house, make_repository

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SCRIPTED = '\n[agents.script]\ndriver = "scripted"\n'
WORK = """script:
run [ -e web/mark ] && [ -e api/mark ] && touch web/resumed || true
write api/mark | one
write web/mark | two
wait-for web/resumed
say Done."""


@pytest.fixture(scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("house") / "data", SCRIPTED, CLAWLINK_LEASE_SECONDS="3") as opened:
        yield opened


async def test_work_on_two_repositories_outlives_a_killed_node_and_is_gone_on_with(home: House, tmp_path: Path) -> None:
    await home.at_rest()
    api, web = make_repository(tmp_path / "api"), make_repository(tmp_path / "web")
    project = await home.post("/api/projects", {"name": "Demo", "key": "TWO", "github_repo_url": str(api)})
    put = await home.http.put(f"{home.url}/api/projects/{project['id']}/repositories/web", json={"url": str(web)})
    assert put.status_code == 200
    task = await home.post("/api/tasks", {"project_id": project["id"], "title": "Both", "repositories": ["web"]})
    run = (await home.post("/api/runs", {"agent": "script", "prompt": WORK, "task_id": task["id"]}))["id"]
    mark = home.home / "workspaces" / "runs" / run / "1" / "work" / "web" / "mark"
    async with asyncio.timeout(30):
        while not mark.exists():
            await asyncio.sleep(0.05)
    node = home.node_pid
    assert node is not None
    os.kill(node, signal.SIGKILL)
    ended = await home.until_ended(run)
    assert (ended["state"], ended["attempt"], ended["error"]) == ("completed", 2, None)
    assert git(api, "show", "task/two-1:mark") == "one"
    assert git(web, "show", "task/two-1:mark") == "two"
    assert git(web, "ls-tree", "--name-only", "task/two-1").split() == ["README.md", "mark", "resumed"]
    (part,) = ended["repositories"]
    assert (part["name"], part["branch"], part["head"]) == (
        "web",
        "task/two-1",
        git(web, "rev-parse", "task/two-1").strip(),
    )
    files = await home.get(f"/api/runs/{run}/files")
    assert sorted(file["path"] for file in files["files"]) == ["mark", "web/mark", "web/resumed"]
    receipt = await home.get(f"/api/runs/{run}/receipt")
    assert [each["head"] for each in (receipt, *receipt["repositories"])] == [ended["head"], part["head"]]
    more = await home.post(f"/api/runs/{run}/prompts", {"text": "script:\nrun cat api/mark\nwrite web/more | three"})
    later = await home.until_ended(more["run"]["id"])
    assert (later["state"], later["head"], later["branch"]) == ("completed", None, "task/two-1")
    assert git(web, "show", "task/two-1:more") == "three"
    assert git(web, "rev-parse", "task/two-1~").strip() == part["head"]
    assert git(api, "rev-parse", "task/two-1").strip() == ended["head"]
    files = await home.get(f"/api/runs/{later['id']}/files")
    assert sorted(file["path"] for file in files["files"]) == ["mark", "web/mark", "web/more", "web/resumed"]
    last = await home.post(f"/api/runs/{later['id']}/prompts", {"text": "script:\nwrite api/last | four"})
    over = await home.until_ended(last["run"]["id"])
    assert (over["state"], over["branch"]) == ("completed", "task/two-1")
    assert git(api, "rev-parse", "task/two-1~").strip() == ended["head"]
