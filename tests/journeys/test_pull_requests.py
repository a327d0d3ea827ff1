"""From a click to one pull request, whatever dies in between: real hub, real node, git's own server, somebody else's GitHub."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.journeys.code_host import TOKEN, Door, When, code_host
from tests.journeys.house import House, git, house, make_repository
from tests.peers.github import PeerMissing

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
SECONDS = 60
AWAY = (httpx2.HTTPError, AssertionError)


@dataclass
class Town:
    """A house and the code host that its project lies on."""

    house: House
    door: Door
    project: int

    async def result(self, title: str = "Make progress", prompt: str = "steps=2 pause=0.01") -> Any:
        """A task whose run has completed with a commit."""
        task = await self.house.post("/api/tasks", {"project_id": self.project, "title": title})
        run = {"agent": "steady", "prompt": prompt, "task_id": task["id"]}
        made = await self.house.post("/api/runs", run)
        ended = await self.house.until_ended(made["id"])
        assert ended["state"] == "completed", ended
        return task

    async def unmade(self) -> Any:
        """A run that has failed."""
        task = await self.house.post("/api/tasks", {"project_id": self.project, "title": "Not to be had"})
        made = await self.house.post("/api/runs", {"agent": "steady", "prompt": "steps=1", "task_id": task["id"]})
        ended = await self.house.until_ended(made["id"])
        assert ended["state"] == "failed", ended
        return ended

    async def create_pr(self, task: Any, **words: str) -> Any:
        return await self.house.post(f"/api/tasks/{task['id']}/create_pr", words)

    async def click(self, task: Any) -> httpx2.Response:
        return await self.house.http.post(f"{self.house.url}/api/tasks/{task['id']}/create_pr", json={})

    def head_of(self, branch: str) -> str:
        return git(self.door.folder / "ada" / "shop.git", "rev-parse", branch).strip()

    async def click_and_die(self, task: Any, what: str, when: When) -> None:
        """The hub is killed as this passes, and another one comes."""
        await self.house.at_rest()
        assert self.house.hub is not None
        self.door.kill_at(what, when, self.house.hub.pid)
        with contextlib.suppress(*AWAY):
            await self.create_pr(task)
        assert await asyncio.to_thread(self.door.killed.wait, SECONDS), f"nothing passed: {what}"
        await self.house.hub.wait()
        await self.house.start()

    async def until_open(self, task: Any) -> list[Any]:
        """Nobody asks again: the hub goes on with it by itself."""
        async with asyncio.timeout(SECONDS):
            while not (found := (await self.house.get(f"/api/tasks/{task['id']}/pull_requests"))["pull_requests"]):
                await asyncio.sleep(0.05)
        return list(found)


@contextlib.asynccontextmanager
async def town(scratch: Path) -> AsyncIterator[Town]:
    with code_host(scratch, make_repository(scratch / "repository")) as door:
        given = {"GITHUB_SERVER_URL": door.url, "GITHUB_TOKEN": TOKEN, "CLAWLINK_LEASE_SECONDS": "3"}
        async with house(scratch / "data", **given) as opened:
            await opened.node_online()
            wanted = {"name": "Shop", "key": "SHOP", "github_repo_url": f"{door.url}/ada/shop"}
            project = await opened.post("/api/projects", wanted)
            yield Town(opened, door, project["id"])


@pytest.fixture(scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    try:
        async with town(tmp_path_factory.mktemp("town")) as opened:
            yield opened
    except PeerMissing as missing:
        pytest.skip(str(missing))


async def test_a_click_pushes_the_commit_and_opens_one_pull_request(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result("Shout @everyone")
    made = await here.create_pr(task)
    assert (made["success"], made["branch_name"]) == (True, f"task/{task['key'].lower()}")
    assert made["pr_url"].endswith(f"/ada/shop/pull/{made['pr_number']}")
    (run,) = await here.house.get(f"/api/runs?task_id={task['id']}")
    assert here.head_of(made["branch_name"]) == run["head"]
    (pull,) = here.door.pulls(made["branch_name"])
    assert (pull["number"], pull["base"]["ref"], pull["draft"]) == (made["pr_number"], "main", True)
    assert pull["title"] == f"{task['key']}: Shout @everyone"
    assert "@everyone" not in pull["body"]
    assert f"[{task['key']} on the board]({here.house.url}/tasks/{task['key']})" in pull["body"]
    card = await here.house.get(f"/api/tasks/{task['id']}")
    assert (card["github_pr_number"], card["github_pr_url"]) == (made["pr_number"], made["pr_url"])
    assert (await here.create_pr(task, title="Another"))["pr_number"] == made["pr_number"]
    assert len(here.door.pulls(made["branch_name"])) == 1


async def test_what_goes_on_after_it_moves_the_same_pull_request(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result(prompt="ten steps")
    made = await here.create_pr(task)
    before = here.head_of(made["branch_name"])
    (run,) = await here.house.get(f"/api/runs?task_id={task['id']}")
    more = await here.house.post(f"/api/runs/{run['id']}/prompts", {"text": "steps=14 pause=0.01"})
    ended = await here.house.until_ended(more["run"]["id"])
    async with asyncio.timeout(SECONDS):
        while here.head_of(made["branch_name"]) != ended["head"]:
            await asyncio.sleep(0.05)
    assert ended["head"] != before
    assert len(here.door.pulls(made["branch_name"])) == 1


async def test_what_the_code_host_being_away_holds_up_is_done_when_it_is_back(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result()
    here.door.is_away = True
    try:
        refused = await here.click(task)
        assert (refused.status_code, "goes on by itself" in refused.json()["detail"]) == (503, True)
        (waits,) = (await here.house.get(f"/api/tasks/{task['id']}/pull_requests"))["deliveries"]
        assert (waits["state"], waits["tries"] > 0) == ("pushed", True)
    finally:
        here.door.is_away = False
    (pull,) = await here.until_open(task)
    assert [one["number"] for one in here.door.pulls(pull["branch"])] == [pull["number"]]


async def test_what_the_node_being_away_holds_up_is_done_when_it_is_back(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result()
    pid = here.house.node_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        refused = await here.click(task)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert refused.status_code == 503
    assert "The node local holds the work, and is away. It is under way" in refused.json()["detail"]
    (pull,) = await here.until_open(task)
    (run,) = await here.house.get(f"/api/runs?task_id={task['id']}")
    assert here.head_of(pull["branch"]) == run["head"]


async def test_over_a_plain_git_remote_the_branch_is_pushed_and_told_how_to_look_at(here: Town, tmp_path: Path) -> None:
    """Behind the same door, as one of another host: its name is another, and it takes no pull requests. The hub's token for GitHub is not
    shown to it; the project's own is."""
    await here.house.at_rest()
    url = here.door.url.replace("127.0.0.1", "localhost") + "/ada/shop.git"
    wanted = {"name": "Plain", "key": "PLAIN", "github_repo_url": url}
    project = await here.house.post("/api/projects", wanted)
    assert project["github_repo_owner"] is None
    at = f"{here.house.url}/api/projects/{project['id']}/connection"
    assert (await here.house.http.put(at, json={"token": TOKEN})).json()["of"] == "project"
    task = await Town(here.house, here.door, project["id"]).result()
    made = await here.create_pr(task)
    branch = f"task/{task['key'].lower()}"
    assert (made["success"], made["pr_url"], made["pr_number"], made["branch_name"]) == (True, None, None, branch)
    assert made["compare"] == f"git fetch {url} {branch} && git diff HEAD...FETCH_HEAD"
    (run,) = await here.house.get(f"/api/runs?task_id={task['id']}")
    assert here.head_of(branch) == run["head"]
    assert here.door.pulls(branch) == []
    assert (await here.create_pr(task))["compare"] == made["compare"]
    assert (await here.house.http.delete(at)).status_code == 204
    without = await Town(here.house, here.door, project["id"]).unmade()
    assert "Authentication failed" in without["error"] or "could not read" in without["error"], without


async def test_without_a_result_there_is_nothing_to_propose(here: Town) -> None:
    await here.house.at_rest()
    task = await here.house.post("/api/tasks", {"project_id": here.project, "title": "Nothing yet"})
    bare = await here.house.post("/api/projects", {"name": "Bare", "key": "BARE"})
    other = await here.house.post("/api/tasks", {"project_id": bare["id"], "title": "Nowhere"})
    for at, status in ((task["id"], 409), (other["id"], 400), (999_999, 404)):
        answer = await here.house.http.post(f"{here.house.url}/api/tasks/{at}/create_pr")
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("what", "when"),
    [
        ("pushed", "before"),
        ("pushed", "after"),
        ("pull opened", "after"),
    ],
)
async def test_a_hub_killed_as_something_passes_leaves_one_pull_request(here: Town, what: str, when: When) -> None:
    await here.house.at_rest()
    task = await here.result()
    await here.click_and_die(task, what, when)
    (pull,) = await here.until_open(task)
    assert [one["number"] for one in here.door.pulls(pull["branch"])] == [pull["number"]]
    assert (await here.create_pr(task))["pr_number"] == pull["number"]
    (run,) = await here.house.get(f"/api/runs?task_id={task['id']}")
    assert here.head_of(pull["branch"]) == run["head"]


async def test_the_command_line_makes_it_and_shows_it(here: Town) -> None:
    await here.house.at_rest()
    task = await here.result("From the command line")

    async def clawlink(*words: str) -> str:
        command = (sys.executable, "-m", "coderclawlink", *words, "--url", here.house.url)
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async with asyncio.timeout(SECONDS):
        made = await clawlink("pr", "create", task["key"], "--title", "By hand", "--no-draft")
        shown = await clawlink("pr", "show", task["key"])
        listed = await clawlink("pr", "list", "--project", "SHOP")
        at = await clawlink("pr", "open", task["key"])
    assert at.strip() in made
    assert "By hand" in shown
    assert task["key"] in listed
    (pull,) = here.door.pulls(f"task/{task['key'].lower()}")
    assert pull["draft"] is False
