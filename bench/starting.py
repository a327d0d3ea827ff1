"""From the POST to an agent that has started: what the hub, the link, the checkout and the sandbox add to the agent's own start.

The agent is a small Python program that speaks ACP; its own start is measured beside, run by run, without anything around it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.rows import Found, Row, quantile, spread
from coderclawlink.clock import seconds
from coderclawlink.node import supervise
from coderclawlink.workspaces import checkout as checkouts
from coderclawlink.workspaces.sandbox import choice
from coderclawlink.workspaces.sandbox.base import Confinement
from coderclawlink.workspaces.sandbox.none import Unconfined
from coderclawlink.workspaces.store import Store
from tests.journeys.house import STEADY, House, house, make_repository

TIMES = 40


def measure(quick: bool) -> Found:
    return asyncio.run(_measure(3 if quick else TIMES))


async def _measure(times: int) -> Found:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="clawlink-starting-") as folder:
        repository = make_repository(Path(folder) / "repo")
        for sandbox in ("auto", "none"):
            async with house(Path(folder) / sandbox, CLAWLINK_SANDBOX=sandbox) as home:
                await home.node_online()
                body = {"name": "B", "key": "B", "github_repo_url": str(repository)}
                project = (await home.post("/api/projects", body))["id"]
                await _once(home, None)
                for where, asked in (("an empty folder", None), ("a checkout", project)):
                    rows.append(await _row(home, f"{where}, sandbox {sandbox}", asked, times))
        rows += await _stages(Path(folder), repository, times)
    return Found(
        "Starting: POST until the agent's process is up and has answered",
        "the checkout's git commands (a fork and exec each), and the launcher, which is a Python start of its own.",
        rows,
    )


async def _row(home: House, what: str, project: int | None, times: int) -> Row:
    whole: list[float] = []
    alone: list[float] = []
    stages: dict[str, list[float]] = {"answered": [], "placed": [], "begun": []}
    for _ in range(times):
        took = await _once(home, project)
        whole.append(took["started"])
        for stage, samples in stages.items():
            samples.append(took[stage])
        alone.append(await asyncio.to_thread(_alone))
    added = [total - own for total, own in zip(whole, alone, strict=True)]
    return Row(
        f"{what}, p50 / p99 added",
        f"{median(added) * 1000:.0f} / {quantile(added, 0.99) * 1000:.0f} ms",
        "p50 ≤ 25 ms",
        f"agent alone {median(alone) * 1000:.0f} ms; POST answered after {median(stages['answered']) * 1000:.1f}, "
        f"placed after {median(stages['placed']) * 1000:.1f}, at the node after {median(stages['begun']) * 1000:.1f} ms",
    )


async def _once(home: House, project: int | None) -> dict[str, float]:
    """Seconds from the POST to its answer, to the place, to the node's beginning, to the agent that has started."""
    began = time.time()
    run = await home.post("/api/runs", {"agent": "steady", "prompt": "steps=1 pause=0", "project_id": project})
    answered = time.time() - began
    await home.until_ended(run["id"])
    at = {event["kind"]: seconds(event["at"]) for event in await home.events(run["id"])}
    return {
        "answered": answered,
        "placed": at["attempt.placed"] - began,
        "begun": _begun(home, run["id"]) - began,
        "started": at["attempt.started"] - began,
    }


def _begun(home: House, run: str) -> float:
    """When the node began with the run's attempt, as its log says."""
    log = (home.home / "node.log").read_text(encoding="utf-8")
    line = next(line for line in log.splitlines() if f"attempt {run}/1: " in line and line.endswith(" begins"))
    return datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").astimezone().timestamp()


async def _stages(folder: Path, repository: Path, times: int) -> list[Row]:
    """What the node does before the agent runs, each part by itself, in this process."""
    store = Store(folder / "workspaces")
    chosen = await choice.choose("auto")
    empty: list[float] = []
    full: list[float] = []
    confined: list[float] = []
    free: list[float] = []
    for number in range(times):
        for samples, where in ((empty, None), (full, str(repository))):
            began = time.perf_counter()
            async with checkouts.prepare(store, f"run-{where is None}-{number}", 1, repository=where) as checkout:
                samples.append(time.perf_counter() - began)
                for launches, sandbox in ((confined, chosen.sandbox), (free, Unconfined())):
                    confinement = Confinement(workspace=checkout.work, home=checkout.home)
                    began = time.perf_counter()
                    process = await supervise.start(["/bin/true"], {}, confinement, sandbox)
                    launches.append(time.perf_counter() - began)
                    await process.kill()
    return [
        Row("of it: the folder, empty, p50 / p99", spread(empty)),
        Row("of it: the folder, with a checkout of one file", spread(full)),
        Row(f"of it: launcher and sandbox {chosen.sandbox.name}", spread(confined)),
        Row("of it: launcher without a sandbox", spread(free)),
    ]


def _alone() -> float:
    """The agent's own start: from its fork to its first answer."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, str(STEADY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": 1}}
        process.stdin.write(json.dumps(hello).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        took = time.perf_counter() - began
        process.kill()
    return took
