"""What runs cost that only wait: memory and CPU of the hub for a thousand of them, on both databases.

A run waits as a durable workflow inside a wait step. Beside it: as many asyncio tasks that wait for an event and are no more.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from bench.process import resident, settle, share_of_a_core
from bench.rows import Found, Row, not_run
from tests import postgres
from tests.journeys.house import House, house

RUNS, CLIENTS, SECONDS = 1000, 8, 10.0
AIMS = {"SQLite": "≤ 27 MiB, 1.6 %", "PostgreSQL": "≤ 27 MiB, 4.5 %"}
SETTLED_PERCENT, SETTLE_SECONDS = 15.0, 90.0


def measure(quick: bool) -> Found:
    runs, seconds = (20, 0.5) if quick else (RUNS, SECONDS)
    rows = [asyncio.run(_waiting("SQLite", runs, seconds))]
    try:
        with postgres.server() as server, postgres.database(server) as url:
            rows.append(asyncio.run(_waiting("PostgreSQL", runs, seconds, DATABASE_URL=url)))
    except postgres.PostgresMissing as missing:
        rows.append(not_run("PostgreSQL", missing))
    rows.append(asyncio.run(_bare(runs)))
    return Found(
        f"Waiting: what {runs:,} runs cost the hub that wait for a place",
        "a coroutine, a step's context and a look at the rows every 30 seconds for each, and what Python keeps of the "
        "submits' memory.",
        rows,
    )


async def _waiting(name: str, runs: int, seconds: float, **environment: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder:
        async with house(Path(folder), CLAWLINK_SLOTS="1", **environment) as home:
            await home.node_online()
            assert home.hub is not None
            hub = home.hub.pid
            await _submit(home, 3, "ask")  # the first takes the only place and asks; submitting has loaded all it needs
            await settle(hub, SETTLED_PERCENT, SETTLE_SECONDS)
            memory, idle = resident(hub), await share_of_a_core(hub, seconds)
            await _submit(home, runs, "steps=1")
            await settle(hub, SETTLED_PERCENT, SETTLE_SECONDS)
            more, busy = resident(hub) - memory, await share_of_a_core(hub, seconds)
            held = await home.get("/api/runs?state=pending&limit=1000")
            assert len(held) >= runs, f"only {len(held)} wait"
    return Row(
        name,
        f"+{more:.0f} MiB, +{busy - idle:.1f} % of a core",
        AIMS[name],
        f"the idle hub: {memory:.0f} MiB, {idle:.1f} % of a core",
    )


async def _submit(home: House, count: int, prompt: str) -> None:
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            await home.post("/api/runs", {"agent": "steady", "prompt": prompt})

    async with asyncio.TaskGroup() as tasks:
        for _ in range(min(CLIENTS, count)):
            tasks.create_task(client())


async def _bare(count: int) -> Row:
    before = resident(os.getpid())
    event = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(count):
            tasks.create_task(_wait(event))
        await asyncio.sleep(0)
        more = resident(os.getpid()) - before
        event.set()
    return Row("bare asyncio tasks", f"+{more:.1f} MiB, 0 % of a core")


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
