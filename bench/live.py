"""How long a line takes from the agent to a browser: the agent writes the time of day, a WebSocket client reads it.

Real agent processes in the sandbox, real node, real hub; one client that watches the whole board.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path

from websockets.asyncio.client import connect

from bench.rows import Found, Row, not_run, quantile
from tests.journeys.house import House, house

RUNS = (1, 50, 200)
PAUSE_SECONDS = 0.5
STEPS_AT_LEAST = 20
STARTS_A_SECOND = 5
"""Agents that this machine starts in a second, at the least: the first must still be at work when the last has begun."""


def measure(quick: bool) -> Found:
    rows = [asyncio.run(_with(count, 3 if quick else _steps(count))) for count in ((1, 3) if quick else RUNS)]
    return Found(
        "Live: an agent's line until a WebSocket client has it",
        "two cores carry the agents, the node, the hub and the client; the node sends what is shown at once, the live "
        "stream gathers for 10 ms.",
        rows,
    )


def _steps(count: int) -> int:
    return STEPS_AT_LEAST + round(count / STARTS_A_SECOND / PAUSE_SECONDS)


async def _with(count: int, steps: int) -> Row:
    with tempfile.TemporaryDirectory(prefix="clawlink-live-") as folder:
        async with house(Path(folder), CLAWLINK_SLOTS=str(count), CLAWLINK_PROJECT_LIMIT=str(count)) as home:
            await home.node_online()
            samples = await _watch(home, count, steps)
    if not samples:
        return not_run(f"{count} runs at once", "the first had ended before the last began")
    return Row(
        f"{count} runs at once, {count / PAUSE_SECONDS:g} lines/s, p50 / p99",
        f"{quantile(samples, 0.5) * 1000:.1f} / {quantile(samples, 0.99) * 1000:.1f} ms",
        "p99 ≤ 50 ms",
        f"{len(samples)} lines while all were at work",
    )


async def _watch(home: House, count: int, steps: int) -> list[float]:
    samples: list[float] = []
    ended = 0
    async with asyncio.timeout(180), connect(home.url.replace("http", "ws") + "/api/live", max_size=None) as live:
        runs = []
        for _ in range(count):
            body = {"agent": "steady", "prompt": f"clock steps={steps} pause={PAUSE_SECONDS}"}
            runs.append((await home.post("/api/runs", body))["id"])
        await live.send(json.dumps({"subscribe": {"runs": runs}, "after": 0}))
        # Only while all of them are at work does the figure mean what it says: what came before is left out.
        begun: set[str] = set()
        while ended < count:
            for event in json.loads(await live.recv()).get("events", []):
                now = time.time()
                if event["kind"] == "attempt.started":
                    begun.add(event["run_id"])
                elif event["kind"] == "agent.chunk" and event["text"][0].isdigit() and "." in event["text"]:
                    if len(begun) == count and not ended:
                        samples.append(now - float(event["text"].split()[1]))
                elif event["kind"] in ("run.completed", "run.failed"):
                    ended += 1
    return samples
