"""Kill hub, node and agents at random moments under load, and count what was lost. Used by a test (few rounds) and by `bench`.

What is counted, and how it is known:
- acknowledged runs lost: every run whose POST was answered must exist at the end, and have ended well
- run twice at once: a watcher looks at /proc every 50 ms for processes in the checkouts of two attempts of one run
- stuck past its deadline: a run that has not ended when all should long have
- uncommitted bytes lost: each step that an agent has said must stand in the final file with the very word it was said with
- orphans: processes in a checkout of ours once nothing runs any more
- agents killed by a hub's death: agents that lived when the hub was killed, and not a second later, with work left to do
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.journeys.house import House, git, house, make_repository

STEPS = 30
PAUSE = 0.05
AT_ONCE = 6


@dataclass
class Toll:
    """What the rounds have cost. All but `rounds` and `runs` should be 0."""

    rounds: dict[str, int] = field(default_factory=lambda: {"hub": 0, "node": 0, "agent": 0})
    runs: int = 0
    lost: int = 0
    twice: int = 0
    stuck: int = 0
    bytes_lost: int = 0
    orphans: int = 0
    killed_by_hub: int = 0
    notes: list[str] = field(default_factory=list)
    struck: set[tuple[str, int]] = field(default_factory=set)
    """Attempts that were killed on purpose, themselves or with their node: no later blow is to blame for their end."""

    @property
    def clean(self) -> bool:
        return not any((self.lost, self.twice, self.stuck, self.bytes_lost, self.orphans, self.killed_by_hub))


async def storm(folder: Path, rounds: int, seed: int, *, sandbox: str = "auto", **environment: str) -> Toll:
    """Keep some runs at work, kill something each round, then let all end and count."""
    dice = random.Random(seed)  # noqa: S311
    toll = Toll()
    repository = make_repository(folder / "repo")
    settings = {
        "CLAWLINK_LEASE_SECONDS": "3", "CLAWLINK_SLOTS": str(AT_ONCE), "CLAWLINK_SANDBOX": sandbox, **environment,
    }  # fmt: skip
    async with house(folder / "data", **settings) as home:
        await home.node_online()
        project = await home.post("/api/projects", {"name": "Storm", "key": "ST", "github_repo_url": str(repository)})
        acknowledged: list[str] = []
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(home, toll))
            feeding = tasks.create_task(_feed(home, project["id"], acknowledged, over))
            for _ in range(rounds):
                await _until_busy(home)
                await asyncio.sleep(dice.uniform(0.0, 1.0))
                await _strike(home, dice, toll)
            over.set()
            await feeding
            ended = await _wait_for_all(home, acknowledged, toll)
            watching.cancel()
        toll.runs = len(acknowledged)
        await _count_bytes(home, repository, ended, toll)
        orphans = home.agent_pids()
        toll.orphans = len(orphans)
        toll.notes += [f"orphan {pid} of {where}" for pid, where in orphans.items()]
    return toll


async def _feed(home: House, project: int, acknowledged: list[str], over: asyncio.Event) -> None:
    """Submit whenever fewer than some are open, over the hub's restarts. Only what was answered counts."""
    while not over.is_set():
        with contextlib.suppress(httpx2.HTTPError, AssertionError):
            states = await home.get("/api/runs?limit=100")
            if sum(run["state"] not in ("completed", "failed", "cancelled") for run in states) < AT_ONCE + 2:
                task = await home.post("/api/tasks", {"project_id": project, "title": "Go on"})
                body = {"agent": "steady", "prompt": f"steps={STEPS} pause={PAUSE}", "task_id": task["id"], "tries": 20}
                acknowledged.append((await home.post("/api/runs", body))["id"])
        await asyncio.sleep(0.1)


async def _until_busy(home: House) -> None:
    """A blow that hits nobody proves nothing: wait until agents are at work."""
    async with asyncio.timeout(30):
        while not home.agent_pids():
            await asyncio.sleep(0.02)


async def _strike(home: House, dice: random.Random, toll: Toll) -> None:
    what = dice.choices(["hub", "node", "agent"], [4, 3, 3])[0]
    agents = home.agent_pids()
    if what == "hub":
        await home.kill_hub()
        await asyncio.sleep(dice.uniform(0.0, 1.0))
        alive = home.agent_pids()
        held = home.node_pid is not None
        gone = {where for pid, where in agents.items() if pid not in alive} if held else set()
        await home.start()
        for run, attempt in gone - toll.struck:
            # It may just have finished: then it is among those whose attempt ended well.
            if (how := await _was_cut(home, run, attempt)) is not None:
                toll.killed_by_hub += 1
                toll.notes.append(f"attempt {attempt} of {run} ended with the hub: {how}")
    elif what == "node" and (node := home.node_pid) is not None:
        os.kill(node, signal.SIGSTOP)  # so that it starts no agent that we would not know of
        toll.struck |= set(home.agent_pids().values())
        os.kill(node, signal.SIGKILL)
    elif what == "agent" and agents:
        victim = dice.choice(sorted(agents))
        toll.struck.add(agents[victim])
        os.kill(victim, signal.SIGKILL)
    else:
        return
    toll.rounds[what] += 1


async def _was_cut(home: House, run: str, attempt: int) -> str | None:
    """How an attempt ended if otherwise than well."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx2.HTTPError, AssertionError):
                found = await home.get(f"/api/runs/{run}")
                one = next(each for each in found["attempts"] if each["number"] == attempt)
                if one["outcome"] is not None:
                    return None if one["outcome"] == "completed" else f"{one['outcome']}, {one['error']}"
            await asyncio.sleep(0.1)


async def _watch(home: House, toll: Toll) -> None:
    while True:
        at_work: defaultdict[str, set[int]] = defaultdict(set)
        for run, attempt in home.agent_pids().values():
            at_work[run].add(attempt)
        for run, attempts in at_work.items():
            if len(attempts) > 1:
                toll.twice += 1
                toll.notes.append(f"attempts {sorted(attempts)} of {run} at once")
        await asyncio.sleep(0.05)


async def _wait_for_all(home: House, acknowledged: list[str], toll: Toll) -> list[Any]:
    ended: list[Any] = []
    for run in acknowledged:
        answer = await home.http.get(f"{home.url}/api/runs/{run}")
        if answer.status_code == 404:
            toll.lost += 1
            toll.notes.append(f"run {run} is not there")
            continue
        try:
            found = await home.until_ended(run, 120)
        except TimeoutError:
            toll.stuck += 1
            why = (await home.http.get(f"{home.url}/api/runs/{run}/why")).text
            toll.notes.append(f"run {run} is stuck: {why}")
            continue
        if found["state"] != "completed":
            toll.lost += 1
            toll.notes.append(f"run {run} is {found['state']}: {found['error']}")
        ended.append(found)
    return ended


async def _count_bytes(home: House, repository: Path, ended: list[Any], toll: Toll) -> None:
    for run in ended:
        if run["state"] != "completed":
            continue
        lines = set(git(repository, "show", f"{run['head']}:progress.txt").splitlines())
        said = {
            event["text"]
            for event in await home.events(run["id"])
            if event["kind"] == "agent.message" and event["text"][0].isdigit()
        }
        missing = said - lines
        if missing or len(lines) != STEPS:
            toll.bytes_lost += sum(map(len, missing)) or 1
            toll.notes.append(f"run {run['id']}: {len(missing)} steps were said and are not there; {len(lines)} lines")
