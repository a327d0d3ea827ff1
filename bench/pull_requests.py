"""Propose results while the hub is killed as each step passes, and time a click beside the bare push and call: `python -m bench pull_requests`.

50 kills, five at each of ten places between the push and the note of the opened pull request. One pull request each; GitHub's stand-in would
take any number of them.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import get_args

from bench.rows import Found, Row, not_run
from tests.journeys.code_host import PASSING, TOKEN, Door, When
from tests.journeys.house import make_repository
from tests.journeys.test_pull_requests import Town, town
from tests.peers.github import PeerMissing

EACH = 5
TIMED = 5


def measure(quick: bool) -> Found:
    with tempfile.TemporaryDirectory(prefix="clawlink-pulls-") as folder:
        try:
            rows = asyncio.run(_measure(Path(folder), 1 if quick else EACH, 1 if quick else TIMED, quick))
        except PeerMissing as missing:
            rows = [not_run("pull requests", missing)]
    return Found(
        "Pull requests: the hub killed between push and pull request",
        "Real hub, node and git; GitHub is npm's `emulate`, which refuses no second pull request of a branch.",
        rows,
    )


async def _measure(folder: Path, each: int, timed: int, quick: bool) -> list[Row]:
    points = [(what, when) for what in PASSING for when in get_args(When)][: 2 if quick else None]
    async with town(folder) as here:
        clicks, bare = [], []
        for _ in range(timed):
            task = await here.result()
            began = time.perf_counter()
            await here.create_pr(task)
            clicks.append(time.perf_counter() - began)
            bare.append(await asyncio.to_thread(_bare, here.door, folder))
        killed, ones, other = 0, 0, []
        for what, when in points:
            for _ in range(each):
                killed += 1
                made = await _kill(here, what, when)
                ones += made == 1
                if made != 1:
                    other.append(f"{made} at {what} {when}")
    return [
        Row(f"hub killed {killed} times: exactly one pull request", f"{ones} of {killed}", "all", "; ".join(other)),
        Row("click to pull request", _seconds(clicks), "", f"median of {timed}; bare push and call: {_seconds(bare)}"),
    ]


async def _kill(here: Town, what: str, when: When) -> int:
    """How many pull requests the branch has in the end."""
    task = await here.result()
    await here.click_and_die(task, what, when)
    await here.until_open(task)
    await here.create_pr(task)
    return len(here.door.pulls(f"task/{task['key'].lower()}"))


def _bare(door: Door, folder: Path) -> float:
    """The same without a hub: git pushes a commit with one more file, and one call opens the pull request."""
    name = f"bare-{time.monotonic_ns()}"
    made = make_repository(folder / name)
    url = door.url.replace("http://", f"http://x-access-token:{TOKEN}@")
    began = time.perf_counter()
    words = ("git", "push", "-q", f"{url}/ada/shop.git", f"HEAD:refs/heads/{name}")
    subprocess.run(words, cwd=made, check=True, capture_output=True)
    body = json.dumps({"title": name, "head": name, "base": "main"}).encode()
    fields = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{door.url}/api/v3/repos/ada/shop/pulls", data=body, headers=fields)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - loopback
        answer.read()
    return time.perf_counter() - began


def _seconds(times: list[float]) -> str:
    return f"{sorted(times)[len(times) // 2]:.2f} s"
