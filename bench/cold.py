"""How soon the hub answers after it was started, and what it holds and takes when nothing is asked of it.

Beside it, in the same round: the interpreter alone, and the interpreter with all that the hub imports.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx2

from bench.process import resident, share_of_a_core
from bench.rows import Found, Row
from tests.journeys.house import house

ROUNDS, SECONDS = 5, 10.0
AT_MOST_SECONDS = 30.0
LOOK_SECONDS = 0.005


def measure(quick: bool) -> Found:
    rounds, seconds = (1, 0.5) if quick else (ROUNDS, SECONDS)
    first: list[float] = []
    again: list[float] = []
    bare: list[float] = []
    imports: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder:
            first.append(asyncio.run(_start(Path(folder))))
            again.append(asyncio.run(_start(Path(folder))))
        bare.append(_python("pass"))
        imports.append(_python("import coderclawlink.cli.hosting"))
    beside = f"Python alone {median(bare):.2f} s, with the hub's imports {median(imports):.2f} s"
    rows = [
        Row("serve → first 200 of /health, new data", f"{median(first):.2f} s", "≤ 2 s", beside),
        Row("serve → first 200 of /health, old data", f"{median(again):.2f} s", "≤ 2 s", beside),
        *asyncio.run(_idle(seconds)),
    ]
    return Found(
        "Cold start, and idling",
        "the imports (FastAPI, DBOS, SQLAlchemy, Alembic), then the tables of a new database; idle CPU is DBOS's look for "
        "workflows every quarter of a second.",
        rows,
    )


async def _start(home: Path) -> float:
    """Seconds from starting the program to its first healthy answer. The hub is killed, and its node ended, afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    with (home / "serve.log").open("ab") as log:
        hub = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "coderclawlink", "serve", "--port", str(port), "--data", str(home),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        async with asyncio.timeout(AT_MOST_SECONDS), httpx2.AsyncClient(timeout=AT_MOST_SECONDS) as http:
            while True:
                with contextlib.suppress(httpx2.HTTPError):
                    if (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200:
                        return time.perf_counter() - began
                await asyncio.sleep(LOOK_SECONDS)
    finally:
        hub.send_signal(2)
        async with asyncio.timeout(AT_MOST_SECONDS):
            await hub.wait()


def _python(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


async def _idle(seconds: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="clawlink-bench-") as folder:
        async with house(Path(folder)) as home:
            await home.node_online()
            assert home.hub is not None
            pids = {"the hub": home.hub.pid, "the node": home.node_pid or home.hub.pid}
            await asyncio.sleep(seconds / 2)
            shares = await asyncio.gather(*(share_of_a_core(pid, seconds) for pid in pids.values()))
            return [
                Row(f"{name}, idle", f"{resident(pid):.0f} MiB, {share:.1f} % of a core", "≤ 150 MB")
                for (name, pid), share in zip(pids.items(), shares, strict=True)
            ]
